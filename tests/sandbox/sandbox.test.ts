import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { attachment, refuseOtherEnvironment } from "../../sandbox/attachment";
import { withoutCredentials } from "../../sandbox/credentials";
import { lockDirectory } from "../../sandbox/directory-lock";
import { queryDns } from "../../sandbox/dns/query";
import { checkFaults, readFaults, watchFaults, writeFaults } from "../../sandbox/fault-file";
import { PROJECT_ROOT, stateHome } from "../../live/state-location";
import { makeSandboxDirectory, sandboxPlaces } from "../../sandbox/places";
import { commandLine, runningProcesses } from "../../sandbox/process-table";
import { attachedSandbox, sandboxDown, sandboxStatus, sandboxStop, sandboxUp } from "../../sandbox/sandbox";
import { FORMAT, readJson, recordSchema, thisPolycast, writeJson } from "../../sandbox/sandbox-record";

const daemon = join(__dirname, "empty-daemon.ts");
let directory: string;
let env: NodeJS.ProcessEnv;

beforeEach(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), "sandbox-")));
  env = { PATH: process.env["PATH"], POLYCAST_HOME: join(directory, "home") };
});

afterEach(() => {
  const strays = daemons();
  for (const pid of strays) process.kill(pid, "SIGKILL");
  rmSync(directory, { recursive: true });
  expect(strays).toEqual([]);
});

function daemons(): number[] {
  return runningProcesses()
    .map(({ pid }) => pid)
    .filter((pid) => commandLine(pid)?.endsWith(`daemon.ts ${directory}/home/sandbox`));
}

const record = {
  ...thisPolycast(),
  pid: process.pid,
  started: "2030-01-01T00:00:00.000Z",
  dns: { address: "127.0.0.1", port: 5353 },
  world: { port: 5354, token: "secret" },
  controlPlane: { url: "http://127.0.0.1:5355", token: "secret" },
  dnsApis: {},
  imageApis: {},
  reattach: {
    "stackpath/stackpath": {
      Protocol: "grpc",
      ProtocolVersion: 5,
      Pid: 7,
      Test: true,
      Addr: { Network: "tcp", String: "127.0.0.1:5000" },
    },
  },
};

/** Leaves the files that a sandbox leaves. */
function leave(files: { madeBy?: unknown; record?: unknown }): void {
  const places = sandboxPlaces(env);
  mkdirSync(places.clouds, { recursive: true });
  writeJson(places.madeBy, files.madeBy ?? thisPolycast());
  if (files.record !== undefined) writeJson(places.record, files.record);
}

describe("life", () => {
  test("up, attach, stop, up again, down", async () => {
    expect(sandboxStatus(env).state).toBe("none");
    const told: string[] = [];
    const first = await sandboxUp({ env, daemon, onProgress: (what) => told.push(what) });
    expect([first.started, told]).toEqual([true, ["starting"]]);
    expect(sandboxStatus(env)).toMatchObject({ state: "running", record: first.record });
    expect((await queryDns(first.record.dns, "example.test", "A")).answers).toEqual([]);

    const second = await sandboxUp({ env, daemon });
    expect(second).toEqual({ ...first, started: false });
    expect(attachedSandbox(env)).toEqual({ places: first.places, record: first.record });

    writeFileSync(join(first.places.clouds, "kept"), "");
    await sandboxStop(env);
    expect(daemons()).toEqual([]);
    expect(sandboxStatus(env).state).toBe("stopped");
    expect(readdirSync(first.places.directory).sort()).toEqual(["clouds", "made-by.json", "sandbox.log"]);
    await sandboxStop(env);

    const third = await sandboxUp({ env, daemon });
    expect(third.record.pid).not.toBe(first.record.pid);
    expect(existsSync(join(third.places.clouds, "kept"))).toBe(true);

    await sandboxDown(env);
    expect([daemons(), readdirSync(directory)]).toEqual([[], []]);
    await sandboxDown(env);
  });

  test("two at once: one starts it, the others attach", async () => {
    const all = await Promise.all([1, 2, 3].map(() => sandboxUp({ env, daemon })));
    expect(new Set(all.map((one) => one.record.pid)).size).toBe(1);
    expect(all.filter(({ started }) => started)).toHaveLength(1);
    process.kill(all[0]?.record.pid ?? 0, "SIGKILL");
    await sleep(700); // those that lost do not take over, even if they come late
    expect(daemons()).toEqual([]);
    await sandboxDown(env);
  });

  test("killed: it is named, and up takes its clouds over", async () => {
    const { record: before } = await sandboxUp({ env, daemon });
    process.kill(before.pid, "SIGKILL");
    while (daemons().length > 0) await sleep(5);
    expect(sandboxStatus(env)).toMatchObject({ state: "dead", pid: before.pid });
    expect(() => attachedSandbox(env)).toThrow(`process ${before.pid} ended without stopping`);
    const told: string[] = [];
    const after = await sandboxUp({ env, daemon, onProgress: (what) => told.push(what) });
    expect(after.record.pid).not.toBe(before.pid);
    expect(told).toEqual([`its process ${before.pid} is gone: starting a new one`]);
    await sandboxDown(env);
  });

  test("its directory is deleted: it ends by itself", async () => {
    const { places } = await sandboxUp({ env, daemon });
    rmSync(places.directory, { recursive: true });
    for (let tries = 0; daemons().length > 0 && tries < 300; tries++) await sleep(10);
    expect(daemons()).toEqual([]);
  });

  test("it dies on the way: the error has the last lines of its log", async () => {
    env["FAIL"] = "no clouds today";
    await expect(sandboxUp({ env, daemon })).rejects.toThrow(
      /did not start[^]*no clouds today[^]*sandbox down/,
    );
    expect(sandboxStatus(env).state).toBe("stopped");
  });

  // Other systems do not show a process's environment.
  if (process.platform === "linux") {
    test("nothing of a credential reaches it", async () => {
      env["AWS_SECRET_ACCESS_KEY"] = "real";
      const { record: up } = await sandboxUp({ env, daemon });
      const environ = readFileSync(`/proc/${up.pid}/environ`, "utf8");
      expect(environ).not.toContain("real");
      await sandboxDown(env);
    });
  }
});

describe("not usable", () => {
  const own = `this is ${thisPolycast().polycast} (format ${FORMAT})`;

  test.each<[string, Parameters<typeof leave>[0], string]>([
    [
      "data of another version",
      { madeBy: { format: FORMAT, polycast: "0.0.9" } },
      `made by Polycast 0.0.9 (format ${FORMAT}); ${own}`,
    ],
    [
      "data of a newer form",
      { madeBy: { format: 99, polycast: "9.0.0" } },
      `made by Polycast 9.0.0 (format 99); ${own}`,
    ],
    ["a process of another version", { record: { ...record, polycast: "0.0.9" } }, "made by Polycast 0.0.9"],
    [
      "a record of a newer form",
      { record: { format: 99, polycast: "9.0.0", port: 1 } },
      "made by Polycast 9.0.0 (format 99)",
    ],
    ["a record without a port", { record: { ...record, dns: {} } }, "is damaged"],
    ["a record of another kind", { record: ["?"] }, "is damaged"],
    ["a mark of another kind", { madeBy: 7 }, "is damaged"],
  ])("%s", async (_, files, why) => {
    leave(files);
    expect(sandboxStatus(env)).toMatchObject({
      state: "foreign",
      why: expect.stringContaining(why) as string,
    });
    expect(() => attachedSandbox(env)).toThrow(
      "Delete it, with all that its clouds hold: npx polycast sandbox down",
    );
    await expect(sandboxUp({ env, daemon })).rejects.toThrow(why);
    expect(daemons()).toEqual([]);
    await sandboxDown(env);
    expect(sandboxStatus(env).state).toBe("none");
  });

  test("a record that is no JSON", () => {
    leave({});
    writeFileSync(sandboxPlaces(env).record, "{");
    expect(sandboxStatus(env)).toMatchObject({
      state: "foreign",
      why: expect.stringContaining("cannot be read") as string,
    });
  });

  test("a process of another version that still runs: down ends it", async () => {
    const { places, record: up } = await sandboxUp({ env, daemon });
    writeJson(places.madeBy, { format: FORMAT, polycast: "0.0.9" });
    expect(sandboxStatus(env)).toMatchObject({ state: "foreign", pid: up.pid });
    await sandboxDown(env);
    expect(daemons()).toEqual([]);
  });

  test("the process's number is another program's now", async () => {
    const other = spawn("sleep", ["30"]);
    await once(other, "spawn");
    leave({ record: { ...record, pid: other.pid } });
    expect(sandboxStatus(env)).toMatchObject({ state: "dead", pid: other.pid });
    await sandboxDown(env);
    expect(other.exitCode).toBeNull();
    other.kill();
  });

  test.each(["/dev/null/home", "file"])("a state directory that cannot be: %s", async (home) => {
    writeFileSync(join(directory, "file"), "");
    env["POLYCAST_HOME"] = join(home.startsWith("/") ? "" : directory, home);
    await expect(makeSandboxDirectory(env)).rejects.toThrow(
      /^The state directory cannot be written[^]*POLYCAST_HOME=\/some\/directory/,
    );
    await expect(sandboxUp({ env, daemon })).rejects.toThrow("The state directory cannot be written");
  });

  test.each<[string, Parameters<typeof leave>[0] | undefined, string]>([
    ["none", undefined, "there is none yet"],
    ["stopped", {}, "it is stopped"],
  ])("attach to one that is %s", (_, files, why) => {
    if (files !== undefined) leave(files);
    expect(() => attachedSandbox(env)).toThrow(`No sandbox is running\n  - sandbox: ${why}`);
    expect(() => attachedSandbox(env)).toThrow("Start it: npx polycast sandbox up");
  });
});

describe("places", () => {
  test("below the project unless POLYCAST_HOME says otherwise", () => {
    expect(stateHome({})).toBe(join(PROJECT_ROOT, ".polycast"));
    expect(stateHome({ POLYCAST_HOME: "" })).toBe(join(PROJECT_ROOT, ".polycast"));
    expect(stateHome({ POLYCAST_HOME: "rel" })).toBe(join(process.cwd(), "rel"));
    expect(sandboxPlaces({ POLYCAST_HOME: "/h" })).toMatchObject({
      directory: "/h/sandbox",
      clouds: "/h/sandbox/clouds",
    });
    // Each of the sandbox's environments has a sandbox of its own; a real one has none.
    for (const [name, directory] of [
      ["everywhere", "/h/everywhere"],
      ["production", "/h/sandbox"],
      ["", "/h/sandbox"],
    ]) {
      expect(sandboxPlaces({ POLYCAST_HOME: "/h", POLYCAST_ENV: name })).toMatchObject({ directory });
    }
  });

  test("a JSON file is replaced whole", () => {
    const path = join(directory, "x.json");
    expect(readJson(path)).toBeUndefined();
    writeJson(path, { a: 1 });
    expect([readJson(path), readdirSync(directory)]).toEqual([{ a: 1 }, ["x.json"]]);
  });

  test("the record's form", () => {
    expect(recordSchema.parse(record)).toEqual(record);
    expect(recordSchema.safeParse({ ...record, format: FORMAT + 1 }).success).toBe(false);
    expect(recordSchema.safeParse({ ...record, pid: 0 }).success).toBe(false);
    expect(recordSchema.safeParse({ ...record, dns: { address: "127.0.0.1", port: 0 } }).success).toBe(false);
  });
});

describe("the lock of a directory", () => {
  const alive = (): boolean => true;
  const dead = (): boolean => false;
  const locks = (): string[] => readdirSync(directory).filter((name) => name.startsWith("lock"));

  test("is free, taken, given back", () => {
    const unlock = lockDirectory(directory, alive);
    expect(locks()).toEqual(["lock.1"]);
    expect(readFileSync(join(directory, "lock.1"), "utf8")).toBe(String(process.pid));
    unlock?.();
    expect(locks()).toEqual([]);
  });

  test("is refused while its holder lives", () => {
    writeFileSync(join(directory, "lock.4"), "1");
    expect(lockDirectory(directory, alive)).toBeUndefined();
    expect(locks()).toEqual(["lock.4"]);
  });

  test("is taken over from the dead, and their locks are cleared away", () => {
    writeFileSync(join(directory, "lock.3"), "1");
    writeFileSync(join(directory, "lock.12"), "1");
    expect(lockDirectory(directory, dead)).toBeDefined();
    expect(locks()).toEqual(["lock.13"]);
  });

  test("with our own number, from before a restart, is dead", () => {
    writeFileSync(join(directory, "lock.1"), String(process.pid));
    expect(lockDirectory(directory, alive)).toBeDefined();
  });

  test("goes to one only where another takes it over in the same moment", () => {
    writeFileSync(join(directory, "lock.1"), "1");
    const refused = lockDirectory(directory, (pid) => {
      if (pid === 2) return true;
      writeFileSync(join(directory, "lock.2"), "2");
      return false;
    });
    expect([refused, locks()]).toEqual([undefined, ["lock.1", "lock.2"]]);
  });
});

describe("attached commands", () => {
  const sandbox = { places: sandboxPlaces({ POLYCAST_HOME: "/h" }), record: recordSchema.parse(record) };

  test("work on the environment that is chosen", () => {
    const chosen = (name?: string) =>
      attachment(sandbox, name === undefined ? {} : { POLYCAST_ENV: name }, { interactive: false })[
        "POLYCAST_ENV"
      ];
    expect([chosen(), chosen("everywhere"), chosen("production")]).toEqual([
      "sandbox",
      "everywhere",
      "sandbox",
    ]);
  });

  test("find the simulated providers and nothing else", () => {
    expect(attachment(sandbox, { PATH: "/bin", HOME: "/me" }, { interactive: false })).toEqual({
      PATH: "/bin",
      HOME: "/me",
      POLYCAST_ENV: "sandbox",
      POLYCAST_HOME: "/h",
      POLYCAST_SANDBOX: "/h/sandbox",
      TF_REATTACH_PROVIDERS: JSON.stringify(record.reattach),
      TF_CLI_CONFIG_FILE: "/dev/null",
      CHECKPOINT_DISABLE: "1",
      DISABLE_VERSION_CHECK: "1",
      CDKTF_SKIP_PROVIDER_LOCK: "true",
      CDKTF_OUTPUT: "/h/sandbox/cdktf.out",
      CDKTF_HOME: "/h/sandbox/cdktf-home",
      CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
      CI: "1",
      AWS_CONFIG_FILE: "/dev/null",
      AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
      AWS_EC2_METADATA_DISABLED: "true",
    });
  });

  test("may ask where a person is there", () => {
    expect(attachment(sandbox, {}, { interactive: true })).not.toHaveProperty("CI");
  });

  test.each([
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_ENDPOINT_URL",
    "aws_access_key_id",
    "STACKPATH_CLIENT_SECRET",
    "NS1_APIKEY",
    "VULTR_API_KEY",
    "EQUINIX_API_CLIENTSECRET",
    "METAL_AUTH_TOKEN",
    "PACKET_AUTH_TOKEN",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "CLOUDSDK_CONFIG",
    "AZURE_CLIENT_SECRET",
    "ARM_CLIENT_SECRET",
    "TF_TOKEN_app_terraform_io",
    "VAULT_TOKEN",
    "TF_WORKSPACE",
    "TF_DATA_DIR",
  ])("do not see %s", (name) => {
    expect(Object.values(withoutCredentials({ [name]: "real", PATH: "/bin" }))).not.toContain("real");
  });

  test("keep what is no credential", () => {
    const kept = {
      PATH: "/bin",
      LANG: "C",
      TERRAFORM_BINARY_NAME: "tofu",
      NODE_OPTIONS: "-r x",
      AWSOME: "1",
    };
    expect(withoutCredentials(kept)).toMatchObject(kept);
  });

  test.each([undefined, "", "sandbox", "everywhere"])("take the environment %s", (name) => {
    expect(() => {
      refuseOtherEnvironment({ POLYCAST_ENV: name });
    }).not.toThrow();
  });

  test.each(["production", "Sandbox", "sandbox "])('refuse the environment "%s"', (name) => {
    expect(() => {
      refuseOtherEnvironment({ POLYCAST_ENV: name });
    }).toThrow(`POLYCAST_ENV: is "${name}"`);
  });

  test("say how one of your own is taken, and where any other goes", () => {
    expect(() => {
      refuseOtherEnvironment({ POLYCAST_ENV: "mine" });
    }).toThrow(
      /`sandbox: true` needs its name in sandbox\/sandbox-environments\.ts; .* npx polycast deploy$/,
    );
  });
});

describe("faults", () => {
  const fault = { type: "aws_lb", operation: "create" as const, effect: { kind: "crash" as const } };
  const path = (): string => join(directory, "faults.json");

  test("none where there is no file", () => {
    expect(readFaults(path())).toEqual([]);
  });

  test("come back as they were written", () => {
    writeFaults(path(), [fault]);
    expect(readFaults(path())).toEqual([fault]);
  });

  test("all mistakes are told at once", () => {
    const wrong = [{ ...fault, times: 0, operation: "creat" }, { type: "" }];
    expect(() => checkFaults(wrong, "faults")).toThrow(/faults\.0\.times[^]*faults\.1\.type/);
    expect(() => checkFaults(wrong, "faults")).toThrow("faults.0.operation");
  });

  test("a file that is no JSON says how to make it anew", () => {
    writeFileSync(path(), "[");
    expect(() => readFaults(path())).toThrow("polycast sandbox fault clear");
  });

  test("are read anew when the file has changed, and only then", () => {
    const troubles: string[] = [];
    const faults = watchFaults(path(), (trouble) => troubles.push(trouble));
    expect(faults()).toEqual([]);
    writeFaults(path(), [fault]);
    const first = faults();
    expect(first).toEqual([fault]);
    expect(faults()).toBe(first);
    writeFileSync(path(), "[");
    expect([faults(), faults()]).toEqual([first, first]);
    expect(troubles).toHaveLength(1);
    writeFaults(path(), []);
    expect(faults()).toEqual([]);
    writeFaults(path(), [fault]);
    rmSync(path());
    expect(faults()).toEqual([]);
  });
});
