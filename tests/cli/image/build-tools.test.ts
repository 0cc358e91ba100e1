import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildTools, type BuildTools } from "../../../cli/image/build-tools";
import { runningProcesses } from "../../../sandbox/process-table";

const SECRET = "s3cr3t-s3cr3t-s3cr3t";

let directory: string;
let build: BuildTools;
let told: string[];
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "polycast-tools-"));
  told = [];
  build = open();
});
afterEach(() => {
  build.close();
  rmSync(directory, { recursive: true, force: true });
});

function open(log = path.join(directory, "logs", "build.log")): BuildTools {
  return buildTools({
    env: { PATH: process.env["PATH"], NS1_APIKEY: SECRET },
    sandbox: false,
    state: () => ({ local: { path: "" } }),
    log,
    progress: (what) => told.push(what),
    scale: () => Promise.resolve(1),
    now: Date.now,
  });
}

const sh = (script: string, options = {}) => build.tools.run("sh", ["-c", script], options);
const log = (): string => readFileSync(build.log, "utf8");
const groupOf = (pid: number) => runningProcesses().filter(({ group }) => group === pid);

test("a program's output, of both streams, is given back and logged, line by line", async () => {
  expect(await sh("echo one; echo two >&2; printf three")).toMatchObject({ code: 0 });
  expect(log()).toMatch(/^\$ sh -c echo one/);
  for (const word of ["one", "two", "three"]) expect(log()).toContain(`\n${word}\n`);
  expect((await sh("exit 7")).code).toBe(7);
});

test("a secret is in neither, though it comes in two pieces or in base64", async () => {
  const { output } = await sh(
    `printf s3cr3t-s3; sleep 0.1; echo cr3t-s3cr3t; printf %s "$NS1_APIKEY" | base64; echo "$NS1_APIKEY" >&2`,
  );
  expect(output.match(/\(NS1_APIKEY\)/g)).toHaveLength(3);
  build.tools.secret("another-secret");
  build.tools.log("it is another-secret");
  build.tools.progress(`it is ${SECRET}`);
  expect(log()).not.toMatch(/s3cr3t-s3cr3t|another-secret|czNjcjN0/);
  expect(told).toEqual(["it is (NS1_APIKEY)"]);
  expect(build.close()).toBeUndefined();
});

test("a secret that came into the log on another way is found at the end, and taken out", () => {
  build.tools.log("begin");
  writeFileSync(build.log, `a line with ${SECRET}\n`);
  expect(build.close()).toMatch(/the log held what must be in none, and was cleaned: NS1_APIKEY/);
  expect(log()).toBe("a line with (NS1_APIKEY)\n");
});

test("a program that is not there is named", async () => {
  await expect(build.tools.run("no-such-program-here", [])).rejects.toThrow(
    /no program "no-such-program-here"/,
  );
});

describe("told to stop", () => {
  test("it interrupts the program as a terminal would, waits for its clean-up, and says why it stopped", async () => {
    const running = sh("trap 'echo cleaned up; exit 1' INT; echo ready; while :; do sleep 0.05; done");
    await ready();
    build.stop(new Error("the time is up"));
    await expect(running).rejects.toThrow("the time is up");
    expect(log()).toMatch(/^cleaned up$/m);
  });

  test("it starts nothing any more, but what cleans up", async () => {
    build.stop(new Error("the time is up"));
    await expect(sh("echo never")).rejects.toThrow("the time is up");
    expect(await sh("echo cleaning", { cleaning: true })).toMatchObject({ code: 0, output: "cleaning\n" });
    await expect(build.tools.sleep(60, build.tools.signal)).rejects.toThrow("the time is up");
  });

  test("it does not interrupt what cleans up", async () => {
    const running = sh("echo ready; sleep 0.3; echo whole", { cleaning: true });
    await ready();
    build.stop(new Error("the time is up"));
    expect((await running).output).toContain("whole");
  });
});

test("no process is left of a program that has ended, though it put some behind itself", async () => {
  const { output } = await sh("sleep 60 >/dev/null 2>&1 & echo $$");
  // It is killed before this goes on, but the system may take a moment.
  while (groupOf(Number(output)).length > 0) await new Promise((resolve) => setTimeout(resolve, 10));
});

test("the workspace is for nobody else, and gone at the end", () => {
  const { workspace } = build.tools;
  expect(statSync(workspace).mode & 0o777).toBe(0o700);
  writeFileSync(path.join(workspace, "key"), "");
  build.close();
  expect(existsSync(workspace)).toBe(false);
});

test("the log is for nobody else; that it cannot be written ends no build, and is told", async () => {
  build.tools.log("a line");
  expect(statSync(build.log).mode & 0o077).toBe(0);
  writeFileSync(path.join(directory, "file"), "");
  const broken = open(path.join(directory, "file", "build.log"));
  expect(await broken.tools.run("echo", ["fine"])).toEqual({ code: 0, output: "fine\n" });
  expect(broken.close()).toMatch(/the log is not whole: E/);
});

async function ready(): Promise<void> {
  while (!existsSync(build.log) || !log().includes("\nready\n"))
    await new Promise((resolve) => setTimeout(resolve, 10));
}
