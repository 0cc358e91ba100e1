import { execFile } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { run } from "../../cli/program";
import { requireTerraform } from "../../cli/terraform";
import { PROJECT_ROOT } from "../../live/state-location";

let directory: string;
let out: string;
let err: string;
const environment = { ...process.env };

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cli-"));
  process.env = { PATH: environment["PATH"], POLYCAST_HOME: join(directory, "home") };
  Object.defineProperty(process.stdin, "isTTY", { value: false, configurable: true });
  out = err = "";
  jest.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
  jest.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
});

afterEach(() => {
  jest.restoreAllMocks();
  process.env = environment;
  process.exitCode = undefined;
  rmSync(directory, { recursive: true });
});

/** Runs the command in this process; what it printed is in `out` and `err`. */
async function polycast(...args: string[]): Promise<unknown> {
  process.exitCode = 0;
  await run(args);
  return process.exitCode;
}

/** A program that prints something, to be named in TERRAFORM_BINARY_NAME. */
function program(script: string): string {
  const path = join(directory, "program");
  writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return path;
}

describe("usage", () => {
  test.each<[string[], string]>([
    [["strat"], "unknown command 'strat'\n(Did you mean start?)"],
    [["sandbox", "upp"], "unknown command 'upp'\n(Did you mean up?)"],
    [["deploy", "--auto-aprove"], "unknown option '--auto-aprove'\n(Did you mean --auto-approve?)"],
    [["sandbox", "exec"], "missing required argument 'command'"],
    [["sandbox", "up", "extra"], "too many arguments"],
    [
      ["sandbox", "fault", "add", "explode", "--type", "x"],
      "Allowed choices are refuse, delay, failAfter, vanish, crash",
    ],
    [["sandbox", "fault", "add", "crash"], "required option '--type <type>' not specified"],
    [
      ["sandbox", "fault", "add", "crash", "--type", "x", "--operation", "creat"],
      "Allowed choices are create, read",
    ],
    [["deploy"], "there is no terminal to ask at; add --auto-approve"],
    [["destroy", "aws-fleet"], "there is no terminal to ask at; add --auto-approve"],
    [["dns", "apply"], "there is no terminal to ask at; add --auto-approve"],
  ])("%j", async (args, message) => {
    expect(await polycast(...args)).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toContain("    at ");
  });

  test.each([["deploy"], ["destroy"]])(
    "%s of a stack that is none: said before anything is asked",
    async (verb) => {
      expect(await polycast(verb, "edge-dns", "aws-flet")).toBe(1);
      expect(err).toMatch(
        /^There is no such stack; nothing was changed\n {2}- "aws-flet": nearest: "aws-fleet";/,
      );
      expect(err).not.toContain('"edge-dns"');
      expect(await polycast(verb, "aws-fle*")).toBe(2);
    },
  );

  test.each([[[]], [["sandbox"]], [["dns"]]])("%j alone shows the help", async (args: string[]) => {
    expect(await polycast(...args)).toBe(2);
    expect(err).toContain("Usage: polycast");
  });

  test.each([["--help"], ["start", "--help"], ["--version"]])("%s %s is no failure", async (...args) => {
    expect(await polycast(...args.filter(Boolean))).toBe(0);
    expect(out).toMatch(/Usage: polycast|^\d+\.\d+\.\d+\n$/);
  });
});

describe("Terraform", () => {
  const verbs = [
    ["start"],
    ["deploy", "--auto-approve"],
    ["destroy", "--auto-approve"],
    ["dns", "apply", "--auto-approve"],
  ];

  test.each(verbs)("%s %s %s refuses to begin without it", async (...args) => {
    process.env["PATH"] = directory;
    expect(await polycast(...args)).toBe(1);
    expect(err).toMatch(
      /^Terraform was not found\n {2}- terraform: there is no such program in PATH\n {4}Install Terraform 1\.5\.0/,
    );
    expect(existsSync(join(directory, "home"))).toBe(false);
  });

  test("the program that TERRAFORM_BINARY_NAME names is the one", async () => {
    process.env["TERRAFORM_BINARY_NAME"] = "no-such-tofu";
    expect(await polycast("start")).toBe(1);
    expect(err).toContain("no-such-tofu: there is no such program");
  });

  test.each(["1.4.7", "0.15.5", "1.4.9-rc1"])("%s is too old", async (version) => {
    process.env["TERRAFORM_BINARY_NAME"] = program(`echo '{"terraform_version":"${version}"}'`);
    expect(await polycast("start")).toBe(1);
    expect(err).toContain(`Terraform is too old\n`);
    expect(err).toContain(`is version ${version}; needed: 1.5.0 or newer`);
  });

  test.each(["1.5.0", "1.5.0-beta1", "1.11.4", "2.0.0-dev"])(
    "%s is new enough, whatever it is called",
    async (version) => {
      const path = program(
        `[ "$CHECKPOINT_DISABLE" = 1 ] && echo '{"terraform_version":"${version}","x":1}'`,
      );
      expect(await requireTerraform({ TERRAFORM_BINARY_NAME: path })).toBe(version);
    },
  );

  test.each(["echo 'Terraform v0.11.0'", "exit 3", "echo '{}'"])(
    "an answer that is none: %s",
    async (script) => {
      process.env["TERRAFORM_BINARY_NAME"] = program(script);
      expect(await polycast("start")).toBe(1);
      expect(err).toMatch(/^Terraform does not say its version\n[^]*version -json" failed/);
    },
  );
});

describe("another environment than the sandbox", () => {
  test.each([["start"], ["sandbox", "up"], ["sandbox", "exec", "--", "true"]])(
    "%s %s: refused first of all",
    async (...args) => {
      process.env["POLYCAST_ENV"] = "production";
      process.env["PATH"] = directory;
      expect(await polycast(...args.filter(Boolean))).toBe(1);
      expect(err).toContain("The sandbox takes the sandbox's environments only");
      expect(err).toContain('POLYCAST_ENV: is "production"');
      expect(existsSync(join(directory, "home"))).toBe(false);
    },
  );

  test.each([["up"], ["status"], ["fault"]])(
    "sandbox %s --environment takes another of the sandbox's",
    async (verb) => {
      const more = verb === "fault" ? ["list"] : ["--json"];
      expect(
        await polycast("sandbox", verb, "--environment", "production", ...(verb === "up" ? [] : more)),
      ).toBe(1);
      expect(err).toContain('POLYCAST_ENV: is "production"');
      expect(process.env["POLYCAST_ENV"]).toBe("production");
    },
  );

  test("sandbox status --environment is of that environment's own sandbox", async () => {
    await polycast("sandbox", "status", "--json", "--environment", "everywhere");
    expect(JSON.parse(out)).toMatchObject({
      state: "none",
      directory: join(directory, "home", "everywhere"),
    });
  });
});

describe("live await", () => {
  const node = ["live", "await", "--fleet", "vultr", "--node", "edge-1"];

  test("says all that it cannot work with", async () => {
    expect(await polycast(...node, "--port", "0")).toBe(1);
    expect(err).toContain("--address: is missing; or say --sandbox");
    expect(err).toContain('--port: "0" is not a port; 1 to 65535 are');
  });

  test("waits for nobody where there is no sandbox to ask", async () => {
    expect(await polycast(...node, "--sandbox")).toBe(0);
    expect(out).toBe("vultr: no sandbox runs, so no node does; edge-1 is not awaited.\n");
  });
});

describe("without a sandbox", () => {
  test.each([
    ["sandbox", "exec", "--", "true"],
    ["deploy", "--auto-approve"],
    ["dns", "apply", "--auto-approve"],
  ])("%s %s %s %s says how to start it", async (...args) => {
    expect(await polycast(...args.filter(Boolean))).toBe(1);
    expect(err).toBe(
      "No sandbox is running\n  - sandbox: there is none yet\n    Start it: npx polycast sandbox up\n",
    );
  });

  test.each([
    ["sandbox", "curl", "www.edge.example.net"],
    ["sandbox", "kill", "aws"],
    ["sandbox", "heal", "aws/us-east-1"],
    ["sandbox", "clock"],
    ["sandbox", "clock", "60"],
  ])("%s %s %s says how to start it", async (...args) => {
    expect(await polycast(...args.filter(Boolean))).toBe(1);
    expect(err).toContain("there is none yet\n    Start it: npx polycast sandbox up\n");
  });

  test("the status of the edge, with nothing deployed", async () => {
    expect(await polycast("status")).toBe(0);
    expect(out).toMatch(/^aws +- +- +- +- +not deployed$/m);
    expect(out).toContain("the sandbox does not run; start it: npx polycast sandbox up");
    out = "";
    await polycast("status", "--json");
    expect(JSON.parse(out)).toMatchObject({ environment: "sandbox", nodesFrom: "none", nodes: [] });
    expect(existsSync(join(directory, "home"))).toBe(false);
  });

  test("what is recorded of images can be read all the same; to build them it has to run", async () => {
    expect(await polycast("image", "list")).toBe(0);
    expect(out).toMatch(/^aws +[0-9a-f]{12} +not built/m);
    expect(await polycast("image", "build")).toBe(1);
    expect(err).toContain("No sandbox is running");
  });

  test("status", async () => {
    expect(await polycast("sandbox", "status")).toBe(1);
    expect(out).toBe("there is none\nStart it: npx polycast sandbox up\n");
  });

  test("status as JSON", async () => {
    expect(await polycast("sandbox", "status", "--json")).toBe(1);
    expect(JSON.parse(out)).toEqual({ state: "none", directory: join(directory, "home", "sandbox") });
  });

  test("a state directory that cannot be written", async () => {
    process.env["POLYCAST_HOME"] = "/dev/null/home";
    expect(await polycast("sandbox", "up")).toBe(1);
    expect(err).toMatch(/^The state directory cannot be written\n {2}- \/dev\/null\/home\/sandbox: ENOTDIR/);
  });
});

describe("what is refused before the sandbox is asked", () => {
  test.each<[string[], string]>([
    [["up", "--clock", "0"], "got 0; allowed are numbers above 0"],
    [["up", "--clock=-3"], "got -3; allowed"],
    [["up", "--clock", "fast"], '"fast": is not a number of world seconds'],
    [["clock", "0"], "got 0; allowed"],
    [["clock", "-3"], "got -3; allowed"],
    [["clock", "1e9"], "got 1000000000; allowed"],
    [["clock", ""], '"": is not a number'],
    [["clock", "NaN"], '"NaN": is not a number'],
    [["clock", "Infinity"], "allowed"],
    [["curl", "www.example.net:0"], "is not NAME or NAME:PORT"],
    [["curl", "www.example.net:99999"], "is not NAME or NAME:PORT"],
    [["curl", ":443"], "is not NAME or NAME:PORT"],
    [["curl", "x", "--count", "0"], "allowed are whole numbers from 1"],
    [["curl", "x", "--count", "many"], '--count: is "many"'],
    [["kill", "aws/"], '"aws/": is not FLEET, FLEET/SITE or FLEET/SITE/NODE'],
    [["freeze", "a/b/c/d"], "is not FLEET"],
    [["heal", ""], "is not FLEET"],
  ])("sandbox %j", async (args, message) => {
    expect(await polycast("sandbox", ...args)).toBe(1);
    expect(err).toContain(message);
    expect(err).not.toContain("    at ");
    expect(existsSync(join(directory, "home"))).toBe(false);
  });
});

test("sandbox down says whether there was one", async () => {
  mkdirSync(join(directory, "home", "sandbox"), { recursive: true });
  expect(await polycast("sandbox", "down")).toBe(0);
  expect(out).toBe("The sandbox is gone; nothing is left of it.\n");
  out = "";
  expect(await polycast("sandbox", "down")).toBe(0);
  expect(out).toBe("There was no sandbox.\n");
});

describe("sandbox fault", () => {
  test.each([
    ["aws_lbb", 'nearest: "aws_lb"'],
    ["awz_*", "none of the simulated types"],
  ])("on %s, which nothing has, is refused", async (type, said) => {
    expect(await polycast("sandbox", "fault", "add", "refuse", "--type", type, "--message", "no")).toBe(1);
    expect(err).toContain("The fault would hit nothing; it was not added");
    expect(err).toContain(said);
    expect(existsSync(join(directory, "home", "sandbox", "faults.json"))).toBe(false);
  });

  test.each(["aws_*", "*", "ns1_record", "stackpath_image"])("on %s is added", async (type) => {
    expect(await polycast("sandbox", "fault", "add", "refuse", "--type", type, "--message", "no")).toBe(0);
    expect(out).toContain(`on create of ${type}, always`);
  });

  const file = (): unknown =>
    JSON.parse(readFileSync(join(directory, "home", "sandbox", "faults.json"), "utf8"));

  test("added, listed, cleared", async () => {
    await polycast("sandbox", "fault", "list");
    expect(out).toBe("There are none.\n");
    await polycast(
      "sandbox",
      "fault",
      "add",
      "refuse",
      "--type",
      "aws_lb",
      "--message",
      "no more",
      "--times",
      "2",
    );
    await polycast("sandbox", "fault", "add", "vanish", "--type", "ns1_record", "--object", "*.edge");
    expect(file()).toEqual([
      { type: "aws_lb", operation: "create", times: 2, effect: { kind: "refuse", message: "no more" } },
      { type: "ns1_record", operation: "read", object: "*.edge", effect: { kind: "vanish" } },
    ]);
    out = "";
    await polycast("sandbox", "fault", "list");
    expect(out).toBe(
      'refuse "no more" on create of aws_lb, 2 times\nvanish on read of ns1_record "*.edge", always\n',
    );
    out = "";
    await polycast("sandbox", "fault", "list", "--json");
    expect(JSON.parse(out)).toEqual(file());
    await polycast("sandbox", "fault", "clear");
    expect(file).toThrow("ENOENT");
  });

  test.each<[string[], string]>([
    [["delay", "--milliseconds", "-5"], "fault.0.effect.milliseconds"],
    [["delay", "--milliseconds", "soon"], "fault.0.effect.milliseconds"],
    [["refuse"], "fault.0.effect.message"],
    [["crash", "--times", "0"], "fault.0.times"],
    [["crash", "--message", "x"], "fault.0.effect: Unrecognized key"],
    [["vanish", "--operation", "create"], "fault.0.operation: an object vanishes when it is read"],
  ])("%j is no fault", async (args, where) => {
    expect(await polycast("sandbox", "fault", "add", "--type", "x", ...args)).toBe(1);
    expect(err).toContain(where);
    expect(existsSync(join(directory, "home"))).toBe(false);
  });

  test("a file that somebody broke can be cleared", async () => {
    await polycast("sandbox", "fault", "add", "crash", "--type", "*");
    writeFileSync(join(directory, "home", "sandbox", "faults.json"), "[");
    expect(await polycast("sandbox", "fault", "list")).toBe(1);
    expect(err).toContain("polycast sandbox fault clear");
    expect(await polycast("sandbox", "fault", "clear")).toBe(0);
    expect(file).toThrow("ENOENT");
  });

  test("nothing to clear", async () => {
    expect(await polycast("sandbox", "fault", "clear")).toBe(0);
  });
});

describe("live", () => {
  const shown = (): unknown => JSON.parse(out);
  const pin = ["live", "pin", "--environment", "sandbox", "--fleet", "aws", "--release"];

  test("shows an empty record where nothing was deployed", async () => {
    expect(await polycast("live", "show")).toBe(0);
    expect(shown()).toEqual({ version: 1, environment: "sandbox", fleets: {} });
  });

  test("pins a release once, and refuses another", async () => {
    expect(await polycast(...pin, "r1")).toBe(0);
    expect(await polycast(...pin, "r1")).toBe(0);
    expect(await polycast(...pin, "r2")).toBe(1);
    expect(err).toContain('runs the release "r1", and this deploy was planned for "r2"');
    out = "";
    await polycast("live", "show", "--environment", "sandbox");
    expect(shown()).toMatchObject({ fleets: { aws: { release: "r1", share: 100 } } });
  });

  test("pins sites of another release", async () => {
    const sites = ["--sites", "us-east-1=r2"];
    expect(await polycast(...pin, "r1", ...sites)).toBe(0);
    expect(out).toContain("aws runs r1, us-east-1=r2, with 100 %");
    expect(await polycast(...pin, "r1", ...sites)).toBe(0);
    expect(await polycast(...pin, "r1")).toBe(1);
    out = "";
    await polycast("live", "show");
    expect(shown()).toMatchObject({ fleets: { aws: { release: "r1", sites: { "us-east-1": "r2" } } } });
  });

  test("pins no site that there is not, in no other form, and none where they cannot differ", async () => {
    expect(await polycast(...pin, "r1", "--sites", "us-east-2=r99")).toBe(1);
    expect(err).toContain('--sites: no site "us-east-2" of aws; nearest: "us-east-1"');
    expect(err).toContain('--sites: no release "r99"');
    expect(await polycast(...pin, "r1", "--sites", "us-east-1")).toBe(1);
    expect(err).toContain('--sites: "us-east-1" is not of the form "us-east-1=r2,eu-west-1=r2"');
    expect(
      await polycast("live", "pin", "--fleet", "stackpath", "--release", "r1", "--sites", "SEA=r2"),
    ).toBe(1);
    expect(err).toContain("--sites: stackpath cannot run different releases at different sites");
    await polycast("live", "show");
    expect(shown()).toMatchObject({ fleets: {} });
  });

  test("records no fleet and no release that there is not", async () => {
    expect(await polycast("live", "pin", "--fleet", "asw", "--release", "r99")).toBe(1);
    expect(err).toContain('--fleet: no fleet "asw"; nearest: "aws"');
    expect(err).toContain('--release: no release "r99"; nearest: "r1"');
    await polycast("live", "show");
    expect(shown()).toMatchObject({ fleets: {} });
  });

  test("forgets a fleet", async () => {
    await polycast(...pin, "r1");
    expect(await polycast("live", "forget", "--fleet", "aws")).toBe(0);
    expect(await polycast("live", "forget", "--fleet", "aws")).toBe(1);
    expect(err).toContain('holds no fleet "aws"');
  });

  test("names the environments where there is none of that name", async () => {
    expect(await polycast("live", "show", "--environment", "sandbx")).toBe(1);
    expect(err).toContain(
      'No environment "sandbx"; nearest: "sandbox"; there are: everywhere, production, sandbox.',
    );
  });
});

test("the program itself works from any directory, and takes POLYCAST_HOME from there", async () => {
  const polycastJs = join(PROJECT_ROOT, "bin", "polycast.js");
  const options = { cwd: realpathSync(directory), env: { PATH: environment["PATH"], POLYCAST_HOME: "near" } };
  const run = promisify(execFile)(process.execPath, [polycastJs, "sandbox", "status", "--json"], options);
  const { stdout } = (await run.catch((failed: unknown) => failed)) as { stdout: string };
  expect(JSON.parse(stdout)).toEqual({
    state: "none",
    directory: join(realpathSync(directory), "near", "sandbox"),
  });
});
