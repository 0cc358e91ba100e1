import { cpSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { PROJECT_ROOT } from "../../live/state-location";
import { commandLine, runningProcesses } from "../../sandbox/process-table";
import { loopback, type Loopback } from "../loopback";
import { canary, lookFor, lookThrough, type Canary, type Sighting } from "../secrets/secret-scanner";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome, type Done } from "./harness";

const LONG = 500_000;

/** What a person who deploys has in their environment: credentials of every API that Polycast knows. */
const PLANTED = [
  "AWS_ACCESS_KEY_ID",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "NS1_APIKEY",
  "STACKPATH_CLIENT_ID",
  "STACKPATH_CLIENT_SECRET",
  "VULTR_API_KEY",
  "METAL_AUTH_TOKEN",
  "TF_TOKEN_app_terraform_io",
].map(canary);

const stateSchema = z.object({
  resources: z.array(
    z.object({
      type: z.string(),
      name: z.string(),
      instances: z.array(z.object({ attributes: z.record(z.string(), z.unknown()) })),
    }),
  ),
});

/** Where a secret has to be, and why; whatever else is found is a leak. */
interface Allowed {
  readonly canary: string;
  readonly where: RegExp;
  readonly reason: string;
}

const ALLOWED: readonly Allowed[] = [
  {
    canary: "log key",
    where: /^home\/sandbox\/state\/stackpath-fleet\.tfstate(\.backup)?$/,
    reason: "staticKey(): Terraform keeps what it made in the state, which is why that has to be guarded",
  },
  {
    canary: "log key",
    where: /^saved\.plan$/,
    reason: "a saved plan holds the state that it was made from",
  },
  {
    canary: "log key",
    where: /^home\/sandbox\/cdktf\.out\/stacks\/stackpath-fleet\/plan$/,
    reason: "the same: `cdktf diff` saves what it plans; only its owner may read what lies in cdktf.out",
  },
  {
    canary: "log key",
    where: /^home\/sandbox\/plans\/plan-[^/]+\/plan\.bin$/,
    reason:
      "the same: what a rollout has planned, until its step ends, or the next one begins where it was killed",
  },
  {
    canary: "log key",
    where: /^home\/sandbox\/clouds\//,
    reason: "the simulated clouds: AWS knows its key, and StackPath the user data of its workload",
  },
  {
    canary: "log key",
    where: /^home\/sandbox\/world\.json$/,
    reason: "the simulated nodes: each has the key by which it writes logs",
  },
  {
    canary: "world token",
    where: /^home\/sandbox\/sandbox\.json$/,
    reason: "by it the sandbox's own commands reach its process; only its owner may read the file",
  },
  {
    canary: "operator token",
    where: /^home\/sandbox\/sandbox\.json$/,
    reason: "the same, for the reference control plane",
  },
];

const allows = (sighting: Sighting) => (allowed: Allowed) =>
  allowed.canary === sighting.canary && allowed.where.test(sighting.where);

describeWithTerraform("Secrets, through everything that Polycast does", () => {
  const home = new SandboxHome(Object.fromEntries(PLANTED.map(({ name, value }) => [name, value])));
  const printed: { readonly by: string; readonly text: string }[] = [];
  const canaries: Canary[] = [...PLANTED];
  let found: readonly Sighting[] = [];
  let failed: Done;
  const trace = join(home.directory, "terraform.log");
  const plans = join(home.places.directory, "plans");
  const [user, temporary] = [join(home.directory, "user"), join(home.directory, "tmp")];
  const commandLines = new Set<string>();
  let modes: readonly number[] = [];
  let leftByKilled: readonly Sighting[] = [];

  /** Runs a command, whatever comes of it, and keeps what it printed. */
  async function run(...args: readonly string[]): Promise<Done> {
    const done = await home.run(...args);
    printed.push({ by: args.join(" "), text: `${done.stdout}\n${done.stderr}` });
    return done;
  }

  /** Kills a rollout that plans, as soon as its saved plan holds the fleet's secret. */
  async function killPlanning(): Promise<void> {
    await home.succeed("image", "promote", "--release", "r2", "--to", "candidate");
    const planning = home.start("rollout", "start", "--release", "r2", "--auto-approve");
    do {
      if (planning.child.exitCode !== null) throw new Error(`nothing was planned: ${planning.output()}`);
      await sleep(20);
      leftByKilled = existsSync(plans) ? lookThrough(canaries, plans) : [];
    } while (leftByKilled.length === 0);
    planning.child.kill("SIGKILL");
    const { stdout, stderr } = await planning.done();
    printed.push({ by: "rollout start", text: stdout + stderr });
  }

  beforeAll(async () => {
    // Whatever is written outside of the project lies below the directory that is looked through.
    for (const directory of [user, temporary]) mkdirSync(directory);
    // Promoting writes into the manifest of the image.
    const images = join(home.directory, "images");
    cpSync(join(PROJECT_ROOT, "images"), images, { recursive: true });
    home.env["POLYCAST_IMAGES"] = images;
    const logs = { DEBUG: "*", CDKTF_LOG_LEVEL: "trace", CDKTF_LOG_FILE_DIRECTORY: temporary };
    Object.assign(home.env, { HOME: user, TMPDIR: temporary, ...logs });
    const watch = setInterval(() => {
      for (const { pid } of runningProcesses()) commandLines.add(commandLine(pid) ?? "");
    }, 100);
    await story().finally(() => {
      clearInterval(watch);
    });
  }, LONG);

  async function story(): Promise<void> {
    await home.succeed("sandbox", "up", "--clock", "600");
    const record = z
      .object({
        pid: z.number(),
        world: z.object({ token: z.string() }),
        controlPlane: z.object({ token: z.string() }),
      })
      .parse(JSON.parse(readFileSync(join(home.places.directory, "sandbox.json"), "utf8")));
    canaries.push(
      { name: "world token", value: record.world.token },
      { name: "operator token", value: record.controlPlane.token },
    );

    const deployed = await run("deploy", "--auto-approve");
    if (deployed.code !== 0) throw new Error(`${deployed.stdout}${deployed.stderr}`);
    const key = resourceIn(home, "aws_iam_access_key");
    canaries.push({ name: "log key", value: z.string().parse(key.attributes["secret"]) });

    const inStack = (...args: readonly string[]) =>
      run(
        ...["sandbox", "exec", "--", "env", "TF_LOG=TRACE", `TF_LOG_PATH=${trace}`, "terraform"],
        `-chdir=${join(home.places.directory, "cdktf.out", "stacks", "stackpath-fleet")}`,
        ...args,
      );
    await inStack("plan", "-input=false", "-no-color", `-out=${join(home.directory, "saved.plan")}`);

    // All that says something about a deployed edge.
    for (const args of [
      ["status", "--json"],
      ["sandbox", "status", "--json"],
      ["doctor", "--json"],
      ["doctor"],
      ["dns", "plan", "--json"],
      ["dns", "check", "--json"],
      ["live", "show"],
      ["sandbox", "curl", "www.edge.example.net"],
      ["secrets", "status", "--json"],
      ["image", "list", "--json"],
      ["rollout", "status", "--json"],
      ["rollout", "history", "--json"],
      ["rollout", "advance", "--json"],
      ["adopt", "stackpath-fleet", "--list"],
      ["sandbox", "exec", "--", "npx", "cdktf", "diff", "stackpath-fleet"],
    ]) {
      await run(...args);
    }

    await killPlanning();
    found = lookThrough(canaries, home.directory);
    const inOutput = join(home.places.directory, "cdktf.out");
    modes = [inOutput, ...leftByKilled.map(({ where }) => join(plans, where, ".."))].map(
      (each) => statSync(each).mode,
    );
    await run("evacuate", "stackpath", "--reason", "a test", "--json");
    leftByKilled = lookThrough(canaries, plans);
    found = [...found, ...lookThrough(canaries, home.directory)];
    for (const args of [
      ["live", "share", "--fleet", "stackpath", "--percent", "100"],
      ["dns", "apply", "--allow", "100", "--auto-approve"],
      ["secrets", "rotate", "--fleet", "stackpath", "--json"],
      ["secrets", "rotate", "--fleet", "stackpath", "--back", "--json"],
    ]) {
      await run(...args);
    }

    // An apply that fails half-way, with all that Terraform has to say about it.
    const { address } = resourceIn(home, "stackpath_compute_workload");
    const noCapacity = [
      "--type",
      "stackpath_compute_workload",
      "--operation",
      "create",
      "--message",
      "no capacity",
      "--times",
      "1",
    ];
    await home.succeed("sandbox", "fault", "add", "refuse", ...noCapacity);
    failed = await inStack("apply", "-input=false", "-no-color", "-auto-approve", `-replace=${address}`);
    found = [...found, ...lookThrough(canaries, home.directory)];

    // A crash, and another start on what it left.
    process.kill(record.pid, "SIGKILL");
    await run("sandbox", "status");
    await run("status", "--json");
    await run("sandbox", "up");
    await run("deploy", "stackpath-fleet", "--auto-approve");
    await run("deploy", "stackpath-fleet", "--keep-identity", "--auto-approve");
    found = [...found, ...lookThrough(canaries, home.directory)];
    await run("destroy", "edge-dns", "--auto-approve");

    printed.push({ by: "the list of processes", text: [...commandLines].join("\n") });
    found = [
      ...found,
      ...lookThrough(canaries, home.directory),
      ...printed.flatMap(({ by, text }) => lookFor(canaries, `printed by ${by}`, Buffer.from(text))),
    ];
  }

  afterAll(() => home.dispose(), LONG);

  test("were planted, and everything was done that could give them away", () => {
    expect(canaries.map(({ name }) => name)).toEqual([
      ...PLANTED.map(({ name }) => name),
      ...["world token", "operator token", "log key"],
    ]);
    expect(printed.filter(({ text }) => text.trim() === "")).toEqual([]);
    expect(statSync(trace).size).toBeGreaterThan(100_000);
    expect(statSync(join(temporary, "cdktf.log")).size).toBeGreaterThan(10_000);
    expect(`${failed.stdout}${failed.stderr}`).toContain("no capacity");
  });

  test("were with every program on the way", () => {
    const lines = [...commandLines].join("\n");
    for (const program of ["polycast.js rollout start", "cdktf diff", "terraform apply"])
      expect(lines).toContain(program);
  });

  test("of a rollout that was killed lie where its owner alone can read them, until the next one", () => {
    expect(modes.length).toBeGreaterThan(1);
    expect(modes.map((mode) => mode & 0o077)).toEqual(modes.map(() => 0));
    expect(leftByKilled).toEqual([]);
  });

  test("are found nowhere but where they have to be", () => {
    expect(found.filter((sighting) => !ALLOWED.some(allows(sighting)))).toEqual([]);
  });

  test("of the sandbox are in a file that only its owner may read", () => {
    expect(statSync(join(home.places.directory, "sandbox.json")).mode & 0o077).toBe(0);
  });

  test.each(ALLOWED)("$canary has to be at $where: $reason", (allowed) => {
    expect(found.some((sighting) => allows(sighting)(allowed))).toBe(true);
  });

  test("of the person who deploys are found nowhere at all", () => {
    const names = PLANTED.map(({ name }) => name);
    expect(found.filter((sighting) => names.includes(sighting.canary))).toEqual([]);
  });
});

/** The only resource of a type in the state of the fleet on StackPath. */
function resourceIn(
  home: SandboxHome,
  type: string,
): { readonly address: string; readonly attributes: Readonly<Record<string, unknown>> } {
  const state = readFileSync(join(home.places.directory, "state", "stackpath-fleet.tfstate"), "utf8");
  const { resources } = stateSchema.parse(JSON.parse(state));
  const found = resources.find((resource) => resource.type === type);
  return { address: `${type}.${found?.name ?? ""}`, attributes: found?.instances[0]?.attributes ?? {} };
}

describe("Credentials, refused and sent to an API that repeats them", () => {
  let api: Loopback;
  const home = new SandboxHome();

  beforeAll(async () => {
    // The rudest answer: all that was sent, in the error, which is AWS's own where it asked for that.
    api = await loopback(({ headers, body }) => {
      const sent = `refused: ${JSON.stringify(headers)} ${body}`;
      const isAws = headers["authorization"]?.startsWith("AWS4-") === true;
      const message = sent.replaceAll(/[<>&]/g, " ");
      return [403, isAws ? `<Error><Code>AccessDenied</Code><Message>${message}</Message></Error>` : sent];
    });
  });
  afterAll(async () => {
    await api.close();
    await home.dispose();
  });

  const variables = (ending: string): NodeJS.ProcessEnv => ({
    ...Object.fromEntries(PLANTED.map(({ name, value }) => [name, `${value}${ending}`])),
    POLYCAST_ENV: "production",
    STACKPATH_STACK_ID: "stack",
    AWS_ENDPOINT_URL: api.url,
    AWS_MAX_ATTEMPTS: "1",
    NS1_ENDPOINT: `${api.url}v1/`,
    STACKPATH_BASE_URL: api.url,
  });
  const leaks = ({ stdout, stderr }: Done) => lookFor(PLANTED, "output", Buffer.from(stdout + stderr));

  test.each([
    ["malformed", "\n"],
    ["well formed", ""],
  ])(
    "%s ones are never printed",
    async (_, ending) => {
      Object.assign(home.env, variables(ending));
      for (const args of [
        ["doctor"],
        ["doctor", "--json"],
        ["deploy", "--auto-approve"],
        ["dns", "apply", "--auto-approve"],
        ["dns", "check"],
        ["rollout", "start", "--release", "r2", "--auto-approve"],
        ["rollout", "advance"],
        ["evacuate", "stackpath"],
        ["fleet", "retire", "stackpath", "--auto-approve"],
        ["secrets", "rotate", "--fleet", "stackpath"],
        ["image", "build"],
        ["image", "list"],
        ["live", "show", "--environment", "production"],
        ["status", "--json"],
      ]) {
        const done = await home.run(...args);
        expect([args, done.code === 0, leaks(done)]).toEqual([args, false, []]);
      }
    },
    LONG,
  );
});
