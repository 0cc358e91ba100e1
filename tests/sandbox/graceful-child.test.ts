import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { runGracefully, signalCode, type GracefulResult } from "../../sandbox/graceful-child";
import { commandLine, descendants, parsePs, runningProcesses } from "../../sandbox/process-table";

/** Stands in for Terraform: works until it is interrupted, then still needs a moment for its state. */
const TERRAFORM = `
const { appendFileSync } = require("node:fs");
const [log, name, works] = process.argv.slice(2);
const note = (what) => appendFileSync(log, name + " " + what + "\\n");
let interrupts = 0;
process.on("SIGINT", () => {
  note("SIGINT");
  if (++interrupts > 1) process.exit(3);
  setTimeout(() => { note("state written"); process.exit(1); }, Number(process.env.SLOW ?? 100));
});
process.on("SIGTERM", () => note("SIGTERM"));
setTimeout(() => process.exit(0), Number(works));
note("started");
`;

/** Stands in for cdktf: runs Terraforms in sessions of their own, and kills them when it hears a signal itself. */
const CDKTF = `
const { spawn } = require("node:child_process");
const { appendFileSync } = require("node:fs");
const [log, script, ...stacks] = process.argv.slice(2);
const running = new Set();
const run = (stack) => new Promise((done) => {
  const [program, name, works = "30000"] = stack.split(":");
  const child = spawn(program, [script, log, name, works], { detached: true, stdio: "ignore" });
  running.add(child);
  child.on("exit", (code) => { running.delete(child); done(code ?? 9); });
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {
  appendFileSync(log, "cdktf " + signal + "\\n");
  for (const child of running) child.kill("SIGKILL");
  process.exit(7);
});
(async () => {
  let code = 0;
  for (const group of stacks) for (const one of await Promise.all(group.split("+").map(run))) code ||= one;
  appendFileSync(log, "cdktf done\\n");
  process.exit(code);
})();
`;

let directory: string;
let log: string;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "graceful-")));
  log = join(directory, "log");
  writeFileSync(log, "");
  writeFileSync(join(directory, "terraform.js"), TERRAFORM);
  writeFileSync(join(directory, "cdktf.js"), CDKTF);
  for (const name of [
    "terraform",
    "tofu",
    "terraform-provider-aws_v5",
    "my-terraform-1.11.4",
    "polycast-image",
  ]) {
    symlinkSync(process.execPath, join(directory, name));
  }
});

afterEach(() => {
  const strays = runningProcesses().filter(({ pid }) => commandLine(pid)?.includes(directory));
  for (const { pid } of strays) process.kill(pid, "SIGKILL");
  rmSync(directory, { recursive: true });
  expect(strays).toEqual([]);
});

/** Runs the stand-in for cdktf; "a:x+b:y" are side by side, arguments one after the other. */
function cdktf(stacks: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<GracefulResult> {
  const args = stacks.map((group) => group.replace(/(^|\+)/g, `$1${directory}/`));
  return node(["cdktf.js", log, join(directory, "terraform.js"), ...args], env);
}

function node([script = "", ...args]: string[], env: NodeJS.ProcessEnv = {}): Promise<GracefulResult> {
  return runGracefully(process.execPath, [join(directory, script), ...args], {
    env: { ...process.env, ...env },
    stdio: "ignore",
  });
}

function logged(): string[] {
  return readFileSync(log, "utf8").split("\n").filter(Boolean);
}

async function until(line: string): Promise<void> {
  for (let tries = 0; !logged().includes(line); tries++) {
    if (tries > 500) throw new Error(`"${line}" never came; the log has: ${logged().join(", ")}`);
    await sleep(10);
  }
}

/** What the terminal or \`kill\` would do; the listeners hear it, other processes do not. */
function signal(name: NodeJS.Signals): void {
  process.emit(name, name);
}

describe("without a signal", () => {
  test.each([0, 1, 42])("the exit code %i is passed through", async (code) => {
    writeFileSync(join(directory, "exit.js"), `process.exit(${code})`);
    expect(await node(["exit.js"])).toEqual({ code });
  });

  test("a command that a signal ends has the shell's code", async () => {
    writeFileSync(
      join(directory, "exit.js"),
      "process.kill(process.pid, 'SIGKILL'); setTimeout(() => {}, 9000)",
    );
    expect(await node(["exit.js"])).toEqual({ code: 137 });
  });

  test("a command that is not there is an error", async () => {
    await expect(runGracefully(join(directory, "nothing"), [], { env: {} })).rejects.toMatchObject({
      code: "ENOENT",
    });
    expect(process.listenerCount("SIGINT")).toBe(0);
  });

  test("what a command leaves behind is ended", async () => {
    writeFileSync(
      join(directory, "leave.js"),
      `const child = require("node:child_process").spawn(process.execPath, [__filename, "stay"], { stdio: "ignore" });
       if (process.argv[2] === "stay") setTimeout(() => {}, 30000); else { child.unref(); setTimeout(() => process.exit(5), 50); }`.replace(
        "const child",
        "if (process.argv[2] !== 'stay') var child",
      ),
    );
    expect(await node(["leave.js"])).toEqual({ code: 5 });
  });

  test("a cdktf that forgets a failed stack for a while goes on; another program does not", async () => {
    const script = `Promise.reject(new Error("stack")); setTimeout(() => process.exit(4), 100);`;
    writeFileSync(join(directory, "cdktf"), script);
    writeFileSync(join(directory, "app.js"), script);
    expect(await node(["cdktf"])).toEqual({ code: 4 });
    expect(await node(["app.js"])).toEqual({ code: 1 });
  });

  test("a cdktf goes on whose output nobody reads any more", async () => {
    const script = `let lines = 0;
      const timer = setInterval(() => {
        console.log("more");
        console.error("more");
        if (++lines === 20) { clearInterval(timer); process.exitCode = 4; }
      }, 5);`;
    writeFileSync(join(directory, "cdktf"), script);
    const { code } = await runGracefully(process.execPath, [join(directory, "cdktf")], {
      env: {},
      stdio: ["ignore", "pipe", "pipe"],
      onStart: ({ stdout, stderr }) => {
        stdout?.destroy();
        stderr?.destroy();
      },
    });
    expect(code).toBe(4);
  });

  test("NODE_OPTIONS keeps what it had", async () => {
    const print = `require("node:fs").writeFileSync(${JSON.stringify(log)}, process.env.NODE_OPTIONS)`;
    writeFileSync(join(directory, "options.js"), print);
    await node(["options.js"], { NODE_OPTIONS: "--max-old-space-size=99 --no-warnings" });
    expect(logged()[0]).toMatch(/^--max-old-space-size=99 --no-warnings --require="[^"]+settle-cdktf\.js"$/);
    await node(["options.js"], { NODE_OPTIONS: "" });
    expect(logged()[0]).toMatch(/^--require="[^"]+settle-cdktf\.js" --max-old-space-size=4096$/);
  });

  test("no listener stays", async () => {
    await cdktf(["terraform:a:1"]);
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) expect(process.listenerCount(name)).toBe(0);
  });
});

describe("a signal", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s: Terraform gets one SIGINT, cdktf none",
    async (name) => {
      const run = cdktf(["terraform:a"]);
      await until("a started");
      signal(name);
      expect(await run).toEqual({ code: 1, stoppedBy: name });
      expect(logged()).toEqual(["a started", "a SIGINT", "a state written", "cdktf done"]);
    },
  );

  test("all Terraforms that run side by side are stopped", async () => {
    const run = cdktf(["terraform:a+tofu:b"]);
    await Promise.all([until("a started"), until("b started")]);
    signal("SIGINT");
    expect(await run).toMatchObject({ code: 1 });
    expect(
      logged()
        .filter((line) => line.endsWith("SIGINT"))
        .sort(),
    ).toEqual(["a SIGINT", "b SIGINT"]);
    expect(logged()).toEqual(expect.arrayContaining(["a state written", "b state written", "cdktf done"]));
  });

  test("a Terraform that starts later is stopped too, before it has begun or just after", async () => {
    const run = cdktf(["terraform:a", "terraform:b"]);
    await until("a started");
    signal("SIGINT");
    await run; // b would work for half a minute
    expect(logged().filter((line) => !line.startsWith("b "))).toEqual([
      "a started",
      "a SIGINT",
      "a state written",
      "cdktf done",
    ]);
    // How far it came is a matter of milliseconds; what it began, it was let end.
    const begun = logged().filter((line) => line.startsWith("b "));
    expect([[], ["b started", "b SIGINT", "b state written"]]).toContainEqual(begun);
  });

  test("a provider's plugin is left to Terraform", async () => {
    const run = cdktf(["terraform:a+terraform-provider-aws_v5:plugin:500"]);
    await Promise.all([until("a started"), until("plugin started")]);
    signal("SIGINT");
    await run;
    expect(logged()).toContain("a SIGINT");
    expect(logged()).not.toContain("plugin SIGINT");
  });

  test("TERRAFORM_BINARY_NAME says which program is Terraform", async () => {
    const run = cdktf(["my-terraform-1.11.4:a"], { TERRAFORM_BINARY_NAME: "/opt/my-terraform-1.11.4" });
    await until("a started");
    signal("SIGINT");
    await run;
    expect(logged()).toEqual(["a started", "a SIGINT", "a state written", "cdktf done"]);
  });

  test("a build of images is stopped and waited for as a Terraform", async () => {
    const run = cdktf(["polycast-image:a"]);
    await until("a started");
    signal("SIGINT");
    await run;
    expect(logged()).toEqual(["a started", "a SIGINT", "a state written", "cdktf done"]);
  });

  test("a build of images is waited for though its cdktf has died", async () => {
    const run = cdktf(["polycast-image:a"], { SLOW: "600" });
    await until("a started");
    signal("SIGINT");
    await until("a SIGINT");
    const parent = runningProcesses().find(({ pid }) => commandLine(pid)?.includes("cdktf.js"));
    process.kill(parent?.pid ?? 0, "SIGKILL");
    await run;
    expect(logged()).toEqual(["a started", "a SIGINT", "a state written"]);
  });

  test("without Terraform the command and what it has started are ended", async () => {
    writeFileSync(
      join(directory, "synth.js"),
      `if (process.argv[2] !== "app") require("node:child_process").spawn(process.execPath, [__filename, "app"], { stdio: "ignore" });
       else require("node:fs").appendFileSync(${JSON.stringify(log)}, "app started\\n");
       setTimeout(() => {}, 30000);`,
    );
    const run = node(["synth.js"]);
    await until("app started");
    signal("SIGINT");
    expect(await run).toEqual({ code: 143, stoppedBy: "SIGINT" });
  });

  test("is told of once", async () => {
    const told: string[] = [];
    writeFileSync(join(directory, "wait.js"), "setTimeout(() => {}, 30000)");
    const run = runGracefully(process.execPath, [join(directory, "wait.js")], {
      env: process.env,
      stdio: "ignore",
      onStopping: (name) => told.push(name),
    });
    signal("SIGTERM");
    signal("SIGINT");
    expect(await run).toMatchObject({ stoppedBy: "SIGTERM" });
    expect(told).toEqual(["SIGTERM"]);
  });

  test("Terraform is waited for though its cdktf has died", async () => {
    const run = cdktf(["terraform:a"], { SLOW: "600" });
    await until("a started");
    signal("SIGINT");
    await until("a SIGINT");
    const parent = runningProcesses().find(({ pid }) => commandLine(pid)?.includes("cdktf.js"));
    process.kill(parent?.pid ?? 0, "SIGKILL");
    expect(await run).toEqual({ code: 137, stoppedBy: "SIGINT" });
    expect(logged()).toEqual(["a started", "a SIGINT", "a state written"]);
  });
});

describe("a second signal", () => {
  test("at once is the same wish: npm repeats the terminal's Ctrl-C", async () => {
    const run = cdktf(["terraform:a"], { SLOW: "300" });
    await until("a started");
    signal("SIGINT");
    signal("SIGINT");
    await sleep(100);
    signal("SIGINT");
    expect(await run).toMatchObject({ code: 1 });
    expect(logged()).toEqual(["a started", "a SIGINT", "a state written", "cdktf done"]);
  });

  test("later makes Terraform stop at once", async () => {
    const run = cdktf(["terraform:a"], { SLOW: "30000" });
    await until("a started");
    signal("SIGINT");
    await sleep(600);
    signal("SIGINT");
    expect(await run).toEqual({ code: 3, stoppedBy: "SIGINT" });
    expect(logged()).toEqual(["a started", "a SIGINT", "a SIGINT", "cdktf done"]);
  });

  test("ends a command without Terraform that will not go", async () => {
    writeFileSync(
      join(directory, "stubborn.js"),
      `process.on("SIGTERM", () => {}); require("node:fs").appendFileSync(${JSON.stringify(log)}, "up\\n"); setTimeout(() => {}, 30000);`,
    );
    const run = node(["stubborn.js"]);
    await until("up");
    signal("SIGINT");
    await sleep(600);
    signal("SIGINT");
    expect(await run).toEqual({ code: 137, stoppedBy: "SIGINT" });
  });
});

test("signals have the shell's exit codes", () => {
  expect([signalCode("SIGHUP"), signalCode("SIGINT"), signalCode("SIGTERM")]).toEqual([129, 130, 143]);
});

describe("the table of processes", () => {
  test("as ps prints it where there is no /proc", () => {
    const table = [
      "    1     0     1 Ss   /sbin/launchd",
      "  501     1   501 S    /Applications/Some App.app/Contents/MacOS/Some App",
      "  777   501   501 S+   /opt/homebrew/bin/terraform",
      "  778   501   501 Z    (terraform)",
      "",
    ];
    expect(parsePs(table.join("\n"))).toEqual([
      { pid: 1, parent: 0, group: 1, name: "launchd" },
      { pid: 501, parent: 1, group: 501, name: "Some App" },
      { pid: 777, parent: 501, group: 501, name: "terraform" },
    ]);
  });

  test("the same by ps as by /proc", () => {
    const own = runningProcesses().find(({ pid }) => pid === process.pid);
    const byPs = parsePs(
      execFileSync("ps", ["-A", "-o", "pid=,ppid=,pgid=,stat=,comm="], { encoding: "utf8" }),
    );
    expect(byPs.find(({ pid }) => pid === process.pid)).toEqual(own);
  });

  test("descendants are those of one process, at any depth", () => {
    const table = [
      { pid: 2, parent: 1, group: 2, name: "a" },
      { pid: 3, parent: 2, group: 2, name: "b" },
      { pid: 4, parent: 3, group: 4, name: "c" },
      { pid: 5, parent: 1, group: 5, name: "d" },
    ];
    expect(descendants(2, table).map(({ name }) => name)).toEqual(["b", "c"]);
    expect(descendants(9, table)).toEqual([]);
  });

  test("no command line of a process that is not there", () => {
    expect(commandLine(2 ** 22 + 1)).toBeUndefined();
  });
});
