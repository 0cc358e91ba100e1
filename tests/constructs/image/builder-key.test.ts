import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeBuilderKey } from "../../../constructs/image/builder-key";

const hasSsh = spawnSync("sh", ["-c", "command -v ssh-keygen"]).status === 0;
const withSsh = hasSsh || process.env["POLYCAST_NO_SKIPS"] === "1" ? test : test.skip;

let workspace: string;
let secrets: string[];
const key = () => makeBuilderKey({ workspace, secret: (value) => secrets.push(value) });

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), "polycast-key-"));
  secrets = [];
});
afterEach(() => {
  rmSync(workspace, { recursive: true });
});

withSsh("the public half is that of the private one, as OpenSSH reads them", () => {
  const { file, authorized } = key();
  const read = execFileSync("ssh-keygen", ["-y", "-f", file], { encoding: "utf8" });
  expect(authorized.split(" ").slice(0, 2)).toEqual(read.trim().split(" ").slice(0, 2));
});

test("nobody else may read it, and it is kept out of the log", () => {
  const { file } = key();
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(secrets).toEqual([readFileSync(file, "utf8")]);
});

test("each build has one of its own", () => {
  const { file, authorized } = key();
  rmSync(file);
  expect(key().authorized).not.toBe(authorized);
});

test("none is written over another", () => {
  key();
  expect(key).toThrow(/EEXIST/);
});
