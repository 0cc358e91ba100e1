import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readToken, signToken } from "../../../sandbox/control-plane/node-token";
import { nodeKeys } from "../../../sandbox/world/node-keys";

describe("the keys of simulated nodes", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), "polycast-keys-"));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  test("sign what their public halves verify", () => {
    const key = nodeKeys(directory)("n1 0");
    const token = signToken(key.privateKey, key.keyId, { sub: "n1", aud: "x", iat: 0, exp: 1 });
    expect(readToken(token)?.keyId).toBe(key.keyId);
    expect(readToken(token)?.isSignedBy(key.publicKey)).toBe(true);
  });

  test("differ by boot and by sandbox, and outlive the process", () => {
    const { keyId } = nodeKeys(directory)("n1 0");
    expect(nodeKeys(directory)("n1 0").keyId).toBe(keyId);
    expect(nodeKeys(directory)("n1 1").keyId).not.toBe(keyId);
    expect(nodeKeys(path.join(directory, "other"))("n1 0").keyId).not.toBe(keyId);
  });

  test("come from a secret that only its owner may read", () => {
    nodeKeys(directory);
    const file = path.join(directory, "node-keys.secret");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file)).toHaveLength(32);
  });
});
