/** The node's own helper, as the image has it, against the sandbox's authority and its stand-in for CreateSession. */
import "reflect-metadata"; // what @peculiar/x509 is built on demands it first
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { ExtendedKeyUsage, Pkcs10CertificateRequest, X509Certificates } from "@peculiar/x509";
import type { NodeLogSettings } from "../../constructs/fleet/node-log-access";
import { CertificateAuthority, type Validity } from "../../sandbox/authority/certificate-authority";
import { serveEst, type EstServer } from "../../sandbox/authority/est-server";
import { serveSessions, type SessionRules, type SessionServer } from "../../sandbox/authority/sessions";

const HELPER = path.join(
  __dirname,
  "../../images/edge-node/provision/files/usr/lib/polycast/log-credentials",
);
const HOUR = 3600 * 1000;
const DAY = 24 * HOUR;
const ARNS = {
  trustAnchorArn: "arn:aws:rolesanywhere:us-east-1:123456789012:trust-anchor/a",
  profileArn: "arn:aws:rolesanywhere:us-east-1:123456789012:profile/p",
  roleArn: "arn:aws:iam::123456789012:role/production-stackpath-logs",
};
const between = (from: number, until: number) => (): Validity => ({
  from: new Date(Date.now() + from),
  until: new Date(Date.now() + until),
});

let authority: CertificateAuthority;
let est: EstServer;
let sessions: SessionServer;
let home: string;

const rules = (changes: Partial<SessionRules> = {}): SessionRules => ({
  region: "us-east-1",
  ...ARNS,
  certificates: authority.certificates,
  subject: { O: "production", OU: "stackpath" },
  sessionSeconds: 3600,
  ...changes,
});

beforeAll(async () => {
  authority = await CertificateAuthority.create();
  est = await serveEst(authority);
});
afterAll(() => est.close());
beforeEach(async () => {
  home = mkdtempSync(path.join(tmpdir(), "polycast-node-"));
  authority.validity = between(0, DAY);
  sessions = await serveSessions(rules());
  writeFileSync(file("healthz.json"), JSON.stringify({ identity: { node: "edge-sea-0" } }));
  giveToken({ environment: "production", fleet: "stackpath" });
  giveFile({});
});
afterEach(async () => {
  jest.restoreAllMocks();
  await sessions.close();
  rmSync(home, { recursive: true });
});

const file = (...names: string[]) => path.join(home, ...names);
const read = (name: string) => readFileSync(file("log-access", name), "utf8");
const giveToken = (of: { environment: string; fleet: string }) => {
  writeFileSync(file("enrol-token"), `${authority.issueToken(of)}\n`);
};
const giveFile = (changes: object) => {
  const logAccess = {
    strategy: "rolesAnywhere",
    region: "us-east-1",
    ...ARNS,
    enrolUrl: est.url,
    enrolCa: authority.certificates,
    subject: { organization: "production", organizationalUnit: "stackpath" },
    ...changes,
  };
  writeFileSync(file("node.json"), JSON.stringify({ logAccess: logAccess as NodeLogSettings }));
};

interface Ran {
  readonly code: number;
  readonly out: string;
}

async function run(env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const args = [file("node.json"), "--node", file("healthz.json"), "--directory", file("log-access")];
  const more = ["--secrets", home, "--endpoint", sessions.url, "--registered", file("registration")];
  const child = spawn("python3", [HELPER, ...args, ...more], { env: { ...process.env, ...env } });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (out += text));
  const [code] = (await once(child, "close")) as [number];
  return { code, out };
}

/** Lets the session that is there end soon, as time would. */
function ageSession(): void {
  const text = read("credentials").replace(
    /^# until .*/,
    `# until ${new Date(Date.now() + 60_000).toISOString()}`,
  );
  writeFileSync(file("log-access", "credentials"), text);
}

describe("by IAM Roles Anywhere", () => {
  test("a node makes a key, enrols, and gets a session, all for root alone; soon after, nothing is to do", async () => {
    const { code, out } = await run();
    expect(out).toMatch(/^made a key\nhas a certificate until .*\nhas a session until .*\n$/);
    expect(code).toBe(0);
    expect(read("credentials")).toMatch(
      /^# until \S+\n\[default\]\naws_access_key_id = SIMS\w+\naws_secret_access_key = \S+\naws_session_token = \S+\n$/,
    );
    for (const name of ["key.pem", "certificate.pem", "chain.pem", "credentials"]) {
      expect(statSync(file("log-access", name)).mode & 0o777).toBe(0o600);
    }
    expect(statSync(file("log-access")).mode & 0o777).toBe(0o700);
    expect(sessions.given.map(({ subject }) => subject)).toEqual([
      "O=production, OU=stackpath, CN=edge-sea-0",
    ]);

    expect(await run()).toEqual({ code: 0, out: "" });
    expect(sessions.given).toHaveLength(1);
  });

  test("a session that ends soon is renewed by the same certificate, without the token", async () => {
    await run();
    const [key, certificate, credentials] = ["key.pem", "certificate.pem", "credentials"].map(read);
    rmSync(file("enrol-token"));
    ageSession();
    expect(await run()).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^has a session until/) as string,
    });
    expect([read("key.pem"), read("certificate.pem")]).toEqual([key, certificate]);
    expect(read("credentials")).not.toBe(credentials);
  });

  test("a certificate is renewed by itself when a third of its life is left, for the same key", async () => {
    authority.validity = between(-2 * DAY, 23 * HOUR);
    await run();
    const [key, certificate] = [read("key.pem"), read("certificate.pem")];
    rmSync(file("enrol-token"));
    authority.validity = between(0, 3 * DAY);
    expect(await run()).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^has a certificate until/) as string,
    });
    expect(read("certificate.pem")).not.toBe(certificate);
    expect(read("key.pem")).toBe(key);
    ageSession();
    expect((await run()).code).toBe(0);
  });

  test("while no certificate is to be had, sessions go on with the one that is good still", async () => {
    authority.validity = between(-2 * DAY, 23 * HOUR);
    await run();
    giveFile({ enrolUrl: "https://127.0.0.1:9/.well-known/est" });
    ageSession();
    const { code, out } = await run();
    expect(out).toMatch(/^has a session until[^]*cannot be asked/);
    expect(code).toBe(1);
  });

  test("a certificate that has ended gets no session; the node enrols anew with its token", async () => {
    authority.validity = between(-2 * DAY, -HOUR);
    const { code, out } = await run();
    expect(out).toContain("the certificate has ended");
    expect(code).toBe(1);
    expect(existsSync(file("log-access", "credentials"))).toBe(false);
    authority.validity = between(0, DAY);
    expect((await run()).code).toBe(0);
  });

  test("a certificate of an authority that the account does not trust gets no session; credentials that work stay", async () => {
    await run();
    await sessions.close();
    const other = await CertificateAuthority.create();
    sessions = await serveSessions(rules({ certificates: other.certificates }));
    ageSession();
    const before = read("credentials");
    expect(await run()).toMatchObject({ code: 1, out: expect.stringContaining("refuses: 403") as string });
    expect(read("credentials")).toBe(before);
  });

  test("a node of another fleet: the authority gives its token no other certificate, the role no session", async () => {
    giveToken({ environment: "production", fleet: "other" });
    expect(await run()).toMatchObject({ code: 1, out: expect.stringContaining("refuses: 401") as string });
    expect(existsSync(file("log-access", "certificate.pem"))).toBe(false);

    giveFile({ subject: { organization: "production", organizationalUnit: "other" } });
    expect(await run()).toMatchObject({ code: 1, out: expect.stringContaining("refuses: 403") as string });
    expect(sessions.given).toEqual([]);
  });

  test("a certificate for another node or fleet than was asked for is not taken, and it is said why", async () => {
    jest.spyOn(authority, "enrol").mockImplementation(async (_, __, request) => {
      const { publicKey } = new Pkcs10CertificateRequest(request);
      const [subject, usage] = ["O=production, CN=edge-sea-1", ExtendedKeyUsage.clientAuth];
      const issued = await authority["sign"](subject, publicKey, usage, authority.validity());
      return new Uint8Array(new X509Certificates([issued]).export("raw"));
    });
    expect(await run()).toMatchObject({
      code: 1,
      out: expect.stringMatching(
        /gave a certificate for \S*CN=edge-sea-1\S*, without OU=stackpath, CN=edge-sea-0/,
      ) as string,
    });
    expect(existsSync(file("log-access", "certificate.pem"))).toBe(false);
  });

  test("an authority that has not decided yet is asked again, with the same key", async () => {
    const undecided = createServer(await authority.serverIdentity(), (_, response) => {
      response.writeHead(202, { "Retry-After": "60" }).end();
    }).listen(0, "127.0.0.1");
    await once(undecided, "listening");
    const { port } = undecided.address() as AddressInfo;
    giveFile({ enrolUrl: `https://127.0.0.1:${port}/.well-known/est` });
    const { code, out } = await run();
    undecided.close();
    expect([code, out]).toEqual([1, expect.stringContaining("simpleenroll has not decided yet")]);
    const key = read("key.pem");
    giveFile({});
    expect((await run()).code).toBe(0);
    expect(read("key.pem")).toBe(key);
  });

  test("a stolen certificate is of no use without its key", async () => {
    await run();
    writeFileSync(file("healthz.json"), JSON.stringify({ identity: { node: "edge-sea-1" } }));
    rmSync(file("log-access", "key.pem"));
    ageSession();
    expect((await run()).out).toContain("refuses: 403");
    expect(sessions.given).toHaveLength(1);
  });

  test.each<[string, () => void, RegExp]>([
    [
      "no token",
      () => {
        rmSync(file("enrol-token"));
      },
      /enrol-token cannot be read: No such file/,
    ],
    [
      "a wrong token",
      () => {
        writeFileSync(file("enrol-token"), "wrong-and-secret\n");
      },
      /refuses: 401/,
    ],
    [
      "a server that nobody vouches for",
      () => {
        giveFile({ enrolCa: undefined });
      },
      /certificate verify failed/,
    ],
    [
      "a server that is not there",
      () => {
        giveFile({ enrolUrl: "https://127.0.0.1:9/x" });
      },
      /cannot be asked/,
    ],
  ])("%s: an error in a line, without any secret", async (_, spoil, expected) => {
    const token = readFileSync(file("enrol-token"), "utf8").trim();
    spoil();
    const { code, out } = await run();
    expect(code).toBe(1);
    expect(out).toMatch(expected);
    expect(out).not.toContain("Traceback");
    for (const secret of [token, "wrong-and-secret"]) expect(out).not.toContain(secret);
  });

  test("no secret is ever printed", async () => {
    const token = readFileSync(file("enrol-token"), "utf8").trim();
    const { out } = await run();
    const secrets = read("credentials").matchAll(/= (\S+)$/gm);
    for (const [, secret = ""] of secrets) expect(out).not.toContain(secret);
    expect(out).not.toContain(token);
  });
});

describe("by Systems Manager", () => {
  const agent = (script: string) => {
    writeFileSync(file("amazon-ssm-agent"), `#!/bin/sh\n${script}\n`);
    chmodSync(file("amazon-ssm-agent"), 0o755);
    return { PATH: `${home}:${process.env["PATH"] ?? ""}` };
  };
  beforeEach(() => {
    writeFileSync(file("activation-code"), "c0de-and-secret\n");
    const logAccess = { strategy: "ssmActivation", region: "eu-west-1", secretId: "1234" };
    writeFileSync(file("node.json"), JSON.stringify({ logAccess }));
  });

  test("a node registers once", async () => {
    const env = agent(`echo "$@" >>${file("asked")}; touch ${file("registration")}`);
    expect(await run(env)).toEqual({ code: 0, out: "registered with Systems Manager\n" });
    expect(await run(env)).toEqual({ code: 0, out: "" });
    expect(readFileSync(file("asked"), "utf8")).toBe(
      "-register -y -code c0de-and-secret -id 1234 -region eu-west-1\n",
    );
  });

  test("a refusal does not show the code", async () => {
    const { code, out } = await run(agent('echo "bad code: $4" >&2; exit 1'));
    expect(code).toBe(1);
    expect(out).toBe("log-credentials: amazon-ssm-agent did not register this node (CalledProcessError)\n");
  });
});

test.each([{}, { logAccess: { strategy: "staticKey", region: "us-east-1", secretId: "AKIA" } }])(
  "with a role or a key of its own there is nothing to do: %j",
  async (nodeFile) => {
    writeFileSync(file("node.json"), JSON.stringify(nodeFile));
    expect(await run()).toEqual({ code: 0, out: "" });
    expect(existsSync(file("log-access"))).toBe(false);
  },
);
