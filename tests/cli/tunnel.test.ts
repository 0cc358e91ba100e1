import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../cli/program";

let directory: string;
let out: string;
let err: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "tunnel-"));
  out = err = "";
  process.exitCode = 0;
  jest.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  jest.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
});
afterEach(() => {
  jest.restoreAllMocks();
  process.exitCode = undefined;
  rmSync(directory, { recursive: true });
});

async function config(...args: string[]): Promise<unknown> {
  await run(["tunnel", "config", ...args]);
  return process.exitCode;
}

test("writes the configuration of the chosen environment to the standard output", async () => {
  expect(await config("--user", "joe", "--forward", "80:localhost:8080", "443:localhost:8443")).toBe(0);
  expect(out).toContain("Host polycast-sandbox-aws polycast-sandbox-stackpath\n  Port 2222\n  User joe\n");
  expect(out.match(/RemoteForward/g)).toHaveLength(2);
  expect(err).toBe("");
});

test("writes into a file for its owner only, and again over what it wrote", async () => {
  const file = join(directory, "polycast.conf");
  expect(await config("--output", file)).toBe(0);
  expect(await config("--output", file, "--user", "joe")).toBe(0);
  expect([out, readFileSync(file, "utf8")]).toEqual(["", expect.stringContaining("User joe")]);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("leaves a file alone that somebody else wrote", async () => {
  const file = join(directory, "config");
  writeFileSync(file, "Host mine\n");
  expect(await config("--output", file)).toBe(1);
  expect(err).toContain("was not written by this command");
  expect(readFileSync(file, "utf8")).toBe("Host mine\n");
});

test("says why it cannot write", async () => {
  expect(await config("--output", join(directory, "none", "config"))).toBe(1);
  expect(err).toContain("ENOENT");
  expect(err).not.toContain("    at ");
});

test("writes nothing where something is wrong", async () => {
  const file = join(directory, "polycast.conf");
  expect(await config("--output", file, "--user", "a b", "--forward", "x")).toBe(1);
  expect(err).toMatch(/--user: "a b"[^]*--forward: "x"/);
  expect(() => statSync(file)).toThrow("ENOENT");
});
