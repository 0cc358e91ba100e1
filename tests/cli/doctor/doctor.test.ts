import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../../../cli/program";

// It loads an environment and all providers, which takes a while on a busy machine.
jest.setTimeout(30_000);

const directory = mkdtempSync(join(tmpdir(), "doctor-"));
const before = { ...process.env };
let out: string;

beforeEach(() => {
  const terraform = join(directory, "terraform");
  writeFileSync(terraform, `#!/bin/sh\necho '{"terraform_version":"1.11.4"}'\n`, { mode: 0o755 });
  process.env = { PATH: directory, POLYCAST_HOME: join(directory, "home") };
  out = "";
  jest.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
});
afterEach(() => {
  jest.restoreAllMocks();
  process.env = before;
  process.exitCode = undefined;
});
afterAll(() => {
  rmSync(directory, { recursive: true });
});

interface Report {
  readonly environment: string;
  readonly healthy: boolean;
  readonly findings: readonly { topic: string; verdict: string; says: string }[];
}

describe("polycast doctor", () => {
  test("is content with a sandbox that does not run yet, and says that no API was asked", async () => {
    await run(["doctor", "--json"]);
    const { environment, healthy, findings } = JSON.parse(out) as Report;
    expect([environment, healthy, process.exitCode]).toEqual(["sandbox", true, undefined]);
    expect(findings.filter(({ verdict }) => verdict === "fail")).toEqual([]);
    expect(findings.map(({ topic }) => topic)).toEqual([
      ...["Node.js", "Terraform", "packer", "ssh", "dig"],
      ...["environment sandbox", "sandbox", "state", "plugins", "credentials"],
    ]);
    expect(findings.at(-1)?.says).toBe("simulated: none is needed, no API was asked");
  });

  test("fails for an environment that is not there, and looks at the tools all the same", async () => {
    process.env["POLYCAST_ENV"] = "prodcution";
    await run(["doctor"]);
    expect(process.exitCode).toBe(1);
    expect(out).toMatch(/^ok +Node\.js/m);
    expect(out).toMatch(/^fail +environment prodcution +No environment "prodcution"; nearest: "production"/m);
  });
});
