import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { PolycastError } from "../../../../constructs/fleet/problem";
import type { CloudObject, Values } from "../../../../constructs/fleet/simulation";
import type { BuildJob, ImageTools, RunResult } from "../../../../constructs/image/image-source";
import { PLUGIN } from "../../../../constructs/providers/stackpath/builder-workload";
import { stackpath } from "../../../../constructs/providers/stackpath/simulation";
import { stackpathImageBuilder } from "../../../../constructs/providers/stackpath/stackpath-image-builder";
import { stackpathImageSettings } from "../../../../constructs/providers/stackpath/stackpath-image-settings";
import { spend, type Fault } from "../../../../sandbox/engine/fault";
import { serveStackPathApi, type ServedStackPathApi } from "../../../../sandbox/stackpath-api/server";
import { manualClock, type ManualClock } from "../../../../sandbox/world/clock";

const NAME = "proof-edge-node-0123456789ab";
const SLUG = `${NAME}-builder`;
const JOB: BuildJob = {
  ...{ name: NAME, environment: "proof", image: "edge-node", hash: "0123456789ab".padEnd(64, "c") },
  ...{ folder: "/images/edge-node", settings: { baseImage: "stackpath-edge/debian-12:v1" } },
  variables: { apt_mirror: "http://deb.debian.org/debian", allow_missing: ["cloudwatch-agent"] },
};
const ENTRY = "polycast-sandbox/proof-edge-node:0123456789ab";
const CHECKS = "    null.edge-node: ok 1 - packages are all whole\n    null.edge-node: 1..1\n";

let directory: string;
let objects: Map<string, CloudObject>;
let faults: readonly Fault[];
let clock: ManualClock;
let served: ServedStackPathApi;
let stop: AbortController;
/** What ran, in order: `terraform apply`. */
let ran: string[];
/** What a program does besides, or instead; by `PROGRAM VERB`. */
let instead: Record<string, (cwd: string) => RunResult | Promise<RunResult> | undefined>;
let said: string[];

const store = {
  list: (type: string) => [...objects.values()].filter((each) => each.type === type),
  put: (each: CloudObject) => void objects.set(each.id, each),
  remove: (_: string, id: string) => void objects.delete(id),
};
const left = (): string[] => [...objects.keys()].sort();
const stateFile = (): string => join(directory, "state", `${NAME}.tfstate`);
const workspace = (): string => join(directory, "workspace");
const failed = (output: string): RunResult => ({ code: 1, output });

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "polycast-builder-"));
  mkdirSync(workspace());
  objects = new Map();
  [faults, ran, instead, said] = [[], [], {}, []];
  clock = manualClock();
  stop = new AbortController();
  served = await serveStackPathApi({
    objects: store,
    clock,
    faults: {
      faults: () => faults,
      struck: (fault) => {
        faults = spend(faults, fault);
      },
    },
  });
});
afterEach(async () => {
  await served.close();
  rmSync(directory, { recursive: true });
});

/** What Terraform would do with the module, its state kept where the module says. */
function terraform(verb: string, cwd: string): RunResult {
  if (verb === "version") return { code: 0, output: "Terraform v1.11.4\non linux_amd64\n" };
  const { terraform: settings, resource = {} } = JSON.parse(
    readFileSync(join(cwd, "main.tf.json"), "utf8"),
  ) as {
    terraform: { backend: { local: { path: string } } };
    resource?: Record<string, { builder: { slug: string; labels?: Values } }>;
  };
  const { path } = settings.backend.local;
  if (verb === "apply") {
    const ids = Object.entries(resource).map(([type, { builder }]) => {
      const instances = [
        { name: `${builder.slug}-b-sea-0`, phase: "RUNNING", external_ip_address: "198.18.0.2" },
      ];
      const id = `${type} ${builder.slug}`;
      store.put({
        provider: "stackpath/stackpath",
        type,
        id,
        attributes: { id, ...builder, name: builder.slug, instances },
      });
      return id;
    });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, JSON.stringify(ids));
  }
  if (verb === "destroy" && existsSync(path)) {
    for (const id of JSON.parse(readFileSync(path, "utf8")) as string[]) objects.delete(id);
    writeFileSync(path, "[]");
  }
  return { code: 0, output: "" };
}

function packer(verb: string): RunResult {
  if (verb === "version") return { code: 0, output: "Packer v1.6.6\n" };
  const output = join(workspace(), "packer");
  if (verb === "build") {
    writeFileSync(join(output, "packages.tsv"), "nginx\t1.22.1-9\tamd64\tnginx\t1.22.1-9\n");
    const builds = [{ artifact_id: "", packer_run_uuid: "u" }];
    writeFileSync(join(output, "manifest.json"), JSON.stringify({ builds, last_run_uuid: "u" }));
  }
  return { code: 0, output: verb === "build" ? CHECKS : "" };
}

function tools(changes: Partial<ImageTools> = {}): ImageTools {
  return {
    env: { ...served.variables, POLYCAST_BUILDER_CIDRS: "198.51.100.7/32" },
    sandbox: false,
    workspace: workspace(),
    state: () => ({ local: { path: stateFile() } }),
    signal: stop.signal,
    async run(program, [verb = ""], { cwd = "", cleaning = false } = {}) {
      if (!cleaning) stop.signal.throwIfAborted();
      ran.push(`${program} ${verb}`);
      const result = await instead[`${program} ${verb}`]?.(cwd);
      if (!cleaning) stop.signal.throwIfAborted();
      if (result !== undefined) return result;
      return program === "packer" ? packer(verb) : terraform(verb, cwd);
    },
    log: (line) => void said.push(line),
    progress: (what) => void said.push(what),
    secret: () => undefined,
    fetch,
    now: () => clock.now(),
    sleep: (seconds, signal) => {
      signal?.throwIfAborted();
      clock.advance(seconds * 10); // fewer questions, and the same course of things
      return Promise.resolve();
    },
    ...changes,
  };
}

const SCOPE = { environment: "proof", image: "edge-node", places: [] };
const builder = (changes: Partial<ImageTools> = {}) => stackpathImageBuilder(SCOPE, tools(changes), "SEA");
const build = async (changes: Partial<ImageTools> = {}) => (await builder(changes)).build(JOB);
const moduleText = (): string => readFileSync(join(workspace(), "builder", "main.tf.json"), "utf8");
const bootable = (): string[] => (stackpath.life?.images?.(store) ?? []).map(({ id }) => id);

describe("a build", () => {
  test("makes a machine, provisions it, captures it, and destroys it", async () => {
    expect(await build()).toEqual({
      entry: ENTRY,
      sizeBytes: 1_300_000_000,
      checks: { ran: "in-builder", lines: ["ok 1 - packages are all whole"] },
      packages: "nginx\t1.22.1-9\tamd64\tnginx\t1.22.1-9\n",
      tools: { packer: "1.6.6", terraform: "1.11.4" },
    });
    expect(ran).toEqual([
      ...["terraform version", "packer version", "packer validate", "terraform init", "terraform apply"],
      ...["packer version", "packer validate", "packer build"],
      ...["terraform init", "terraform destroy"],
    ]);
    expect(left()).toEqual(["proof-edge-node:0123456789ab"]);
    expect(bootable()).toEqual([ENTRY]);
    expect(existsSync(stateFile())).toBe(false);
  });

  test("the module: the base image, one machine, and SSH from there only", async () => {
    let text = "";
    instead["terraform apply"] = () => void (text = moduleText());
    await build();
    const { terraform: settings, provider, resource } = JSON.parse(text) as Record<string, unknown>;
    expect(settings).toEqual({
      required_providers: { stackpath: { source: "stackpath/stackpath", version: "2.1.0" } },
      backend: { local: { path: stateFile() } },
    });
    expect(provider).toEqual({ stackpath: {} });
    expect(resource).toMatchObject({
      stackpath_compute_workload: {
        builder: {
          slug: SLUG,
          labels: { "polycast-builder": SLUG },
          virtual_machine: { image: "stackpath-edge/debian-12:v1", port: { port: 22, protocol: "TCP" } },
          target: { min_replicas: 1, max_replicas: 1, selector: { key: "cityCode", values: ["SEA"] } },
        },
      },
      stackpath_compute_network_policy: {
        builder: {
          policy_types: ["INGRESS"],
          instance_selector: { key: "polycast-builder", operator: "in", values: [SLUG] },
          ingress: {
            action: "ALLOW",
            protocol: { tcp: { destination_ports: ["22"] } },
            from: { ip_block: [{ cidr: "198.51.100.7/32" }] },
          },
        },
      },
    });
  });

  test("the plugin is the one that fleets have", () => {
    const facts = readFileSync(
      join(__dirname, "../../../../constructs/providers/stackpath/behaviour.json"),
      "utf8",
    );
    expect(JSON.parse(facts)).toMatchObject({ _: { provider: `${PLUGIN.source} ${PLUGIN.version}` } });
  });

  test("Packer gets the machine's address, the key, and the recipe's variables", async () => {
    let given: Record<string, unknown> = {};
    let mode = 0;
    instead["packer build"] = () => {
      given = JSON.parse(readFileSync(join(workspace(), "variables.pkrvars.json"), "utf8")) as typeof given;
      mode = statSync(String(given["ssh_private_key_file"])).mode & 0o777;
      return undefined;
    };
    await build();
    expect(given).toMatchObject({
      ...{ ssh_host: "198.18.0.2", ssh_port: "22", ssh_username: "root", ssh_timeout: "10m" },
      ...JOB.variables,
    });
    expect(mode).toBe(0o600);
  });

  test("the private half of the key is in no file but its own, and the public one in the user data", async () => {
    let publicHalf = "";
    let holders: string[] = [];
    instead["packer build"] = () => {
      const secret = readFileSync(join(workspace(), "builder-key"), "utf8").split("\n")[1] ?? "";
      const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((each) =>
        each.isFile(),
      );
      holders = files
        .map((each) => join(each.parentPath, each.name))
        .filter((file) => readFileSync(file, "utf8").includes(secret));
      publicHalf = /ecdsa-sha2-nistp256 [\w+/=]+/.exec(moduleText())?.[0] ?? "";
      return undefined;
    };
    await build();
    expect(holders).toEqual([join(workspace(), "builder-key")]);
    expect(publicHalf.length).toBeGreaterThan(100);
  });

  test("takes the place of an unfinished image of that name", async () => {
    store.put({
      ...{ provider: "stackpath/stackpath", type: "stackpath_image", id: "proof-edge-node:0123456789ab" },
      attributes: {
        ...{ family: "proof-edge-node", tag: "0123456789ab", reference: ENTRY, description: "" },
        ...{ status: "FAILED", captured_at: -1_000_000, failure: "once" },
      },
    });
    await build();
    expect(bootable()).toEqual([ENTRY]);
  });

  test("in the sandbox all but the provisioning is done", async () => {
    const { checks, packages, entry } = await build({ sandbox: true });
    expect({ checks, packages, entry }).toEqual({
      checks: { ran: "simulated", lines: [] },
      packages: undefined,
      entry: ENTRY,
    });
    expect(ran).toContain("packer validate");
    expect(ran).not.toContain("packer build");
    expect(said).toContainEqual(
      expect.stringMatching(/ran packer 1\.6\.6 fmt -check, packer validate; .* is simulated/),
    );
    expect(JSON.parse(moduleText())).toMatchObject({ provider: { stackpath: { client_secret: "sandbox" } } });
    expect(left()).toEqual(["proof-edge-node:0123456789ab"]);
  });
});

describe("a build that fails leaves nothing", () => {
  const REFUSED = "│ Error: failed to create compute workload: a 429 error was returned: quota exceeded\n";
  const cases: [string, RegExp, () => void][] = [
    [
      "the workload is refused",
      /Terraform cannot do[^]*terraform apply: .*quota exceeded/,
      () => (instead["terraform apply"] = () => failed(REFUSED)),
    ],
    [
      "Terraform is not there",
      /no such program/,
      () =>
        (instead["terraform init"] = () => {
          throw new PolycastError("no such program");
        }),
    ],
    [
      "Terraform fails when it has made the machine",
      /timeout/,
      () =>
        (instead["terraform apply"] = (cwd) => {
          terraform("apply", cwd);
          rmSync(stateFile()); // and it never got into the state
          return failed("Error: timeout");
        }),
    ],
    [
      "the machine does not start",
      /gives no machine to build on[^]*FAILED/,
      () => {
        phase("FAILED");
      },
    ],
    [
      "the machine never gets so far",
      /is SCHEDULING/,
      () => {
        phase("SCHEDULING");
      },
    ],
    [
      "the machine's sshd never answers",
      /sshd never answered[^]*POLYCAST_BUILDER_CIDRS/,
      () => (instead["packer build"] = () => failed("Timeout waiting for SSH.")),
    ],
    [
      "a script fails",
      /FAILED: the base image is arm64; amd64 is wanted/,
      () =>
        (instead["packer build"] = () =>
          failed("    null.edge-node: FAILED: the base image is arm64; amd64 is wanted")),
    ],
    [
      "a check is red though Packer is content",
      /checks did not pass/,
      () =>
        (instead["packer build"] = () => (
          packer("build"),
          { code: 0, output: CHECKS.replace("ok 1", "not ok 1") }
        )),
    ],
    [
      "the capture is refused",
      /status 400: "no room"/,
      () => {
        fault("create", { kind: "refuse", message: "no room" });
      },
    ],
    [
      "the capture fails",
      /could not capture[^]*FAILED: unreadable volume/,
      () => {
        fault("create", { kind: "failAfter", message: "unreadable volume" });
      },
    ],
    [
      "the capture vanishes",
      /gone before it was ready/,
      () => {
        fault("read", { kind: "vanish" });
      },
    ],
    [
      "the API fails meanwhile",
      /status 400: "broken"/,
      () => {
        fault("read", { kind: "refuse", message: "broken" });
      },
    ],
  ];
  function fault(operation: Fault["operation"], effect: Fault["effect"]): void {
    faults = [{ type: "stackpath_image", operation, effect }];
  }
  function phase(to: string): void {
    instead["terraform apply"] = (cwd) => {
      const result = terraform("apply", cwd);
      for (const each of store.list("stackpath_compute_workload")) {
        const instances = [{ name: "x", phase: to, external_ip_address: "" }];
        store.put({ ...each, attributes: { ...each.attributes, instances } });
      }
      return result;
    };
  }

  test.each(cases)("%s", async (_, expected, arrange) => {
    arrange();
    await expect(build()).rejects.toThrow(expected);
    expect(left()).toEqual([]);
    expect(await (await builder()).builders()).toEqual([]);
  });

  test("a capture that never ends has a time limit", async () => {
    let now = 0;
    // Only the builder's own time passes, and in leaps.
    const sleep = (seconds: number): Promise<void> => {
      now += seconds * 100_000;
      return Promise.resolve();
    };
    await expect(build({ now: () => now, sleep })).rejects.toThrow(/still PENDING after 3600 s/);
    expect(left()).toEqual([]);
  });

  test.each(["terraform init", "terraform apply", "packer build"])(
    "whoever stops it at %s gets the reason back",
    async (step) => {
      instead[step] = (cwd) => {
        if (step === "terraform apply") terraform("apply", cwd); // finishes what is in flight
        instead = {};
        stop.abort(new Error("Ctrl-C"));
        return undefined;
      };
      await expect(build()).rejects.toThrow("Ctrl-C");
      expect(ran.at(-1)).toBe("terraform destroy");
      expect(left()).toEqual([]);
    },
  );

  test("stopped while it captures, the half image goes too", async () => {
    const sleep: ImageTools["sleep"] = (_, signal) => {
      stop.abort(new Error("Ctrl-C"));
      signal?.throwIfAborted();
      return Promise.resolve();
    };
    await expect(build({ sleep })).rejects.toThrow("Ctrl-C");
    expect(left()).toEqual([]);
  });
});

describe("a builder that cannot be destroyed", () => {
  const stuck: Fault = {
    ...{ type: "stackpath_compute_workload", operation: "delete", object: SLUG },
    effect: { kind: "refuse", message: "locked" },
  };

  test("is told, by its name, with what went wrong before", async () => {
    faults = [stuck];
    instead["terraform destroy"] = () => failed("Error: no way");
    instead["packer build"] = () => failed("    null.edge-node: FAILED: disk full");
    const message = await build().then(String, String);
    expect(message).toMatch(
      /cannot be destroyed; it costs money[^]*disk full[^]*proof-edge-node-0123456789ab-builder: .*locked/s,
    );
    expect(said).toContainEqual(
      expect.stringMatching(/^the builder .*-builder is left, and costs money: [^]*locked/),
    );
    expect(await (await builder()).builders()).toEqual([NAME]);
  });

  test("spoils a build that went well, too: somebody has to know", async () => {
    faults = [stuck];
    instead["terraform destroy"] = () => failed("Error: no way");
    await expect(build()).rejects.toThrow(/cannot be destroyed/);
  });

  test("by Terraform is destroyed by its name", async () => {
    instead["terraform destroy"] = () => failed("Error: no way");
    await build();
    expect(left()).toEqual(["proof-edge-node:0123456789ab"]);
  });
});

describe("a run that was killed", () => {
  const never = new Promise<never>(() => undefined);
  const steps: [string, (() => void)?][] = [
    ["terraform init"],
    ["terraform apply"],
    ["packer version"],
    ["packer validate"],
    ["packer build"],
    ["terraform destroy"],
  ];

  test.each(steps)("before %s is cleared up by the next one", async (step) => {
    await killedAt(step, () => never);
  });

  test("whose Terraform makes its machine only when the next run has cleared all away", async () => {
    instead["terraform apply"] = (cwd) => {
      instead = {};
      terraform("apply", cwd);
      rmSync(stateFile());
      return failed("Error: slug is already in use");
    };
    expect((await build()).entry).toBe(ENTRY);
    expect(said).toContainEqual(expect.stringMatching(/destroying .*-builder, which came from elsewhere/));
    expect(left()).toEqual(["proof-edge-node:0123456789ab"]);
  });

  test("after Terraform made the machine and before it wrote its state", async () => {
    await killedAt("terraform apply", (cwd) => {
      terraform("apply", cwd);
      rmSync(stateFile());
      return never;
    });
  });

  /** Kills a build there, and has the next run clear up and build. */
  async function killedAt(step: string, doing: (cwd: string) => Promise<never>): Promise<void> {
    const there = new Promise<void>((resolve) => {
      instead[step] = (cwd) => {
        resolve();
        return doing(cwd);
      };
    });
    void build();
    await there;
    instead = {};
    rmSync(workspace(), { recursive: true });
    mkdirSync(workspace());

    const next = await builder();
    for (const name of await next.builders()) await next.destroyBuilder(name);
    expect(store.list("stackpath_compute_workload")).toEqual([]);
    expect(store.list("stackpath_compute_network_policy")).toEqual([]);
    await next.build(JOB);
    expect(left()).toEqual(["proof-edge-node:0123456789ab"]);
  }
});

describe("what is there", () => {
  test("an image counts once it is ready", async () => {
    const { find, remove } = bound(await builder());
    expect(await find(NAME, undefined)).toEqual({ entry: undefined, missing: [] });
    await build();
    expect(await find(NAME, undefined)).toEqual({ entry: ENTRY, missing: [] });
    expect(await find(NAME, ENTRY)).toEqual({ entry: ENTRY, missing: [] });
    await remove(NAME, ENTRY);
    expect(await find(NAME, ENTRY)).toEqual({ entry: undefined, missing: [] });
    await expect(remove(NAME, undefined)).resolves.toBeUndefined();
    await expect(find(NAME, { ami: 1 })).rejects.toThrow(/not "<stack>\/<family>:<tag>"/);
  });

  test("builders of this environment's image, and of nothing else", async () => {
    const slugs = [
      SLUG,
      "proof-stackpath",
      "other-edge-node-0123456789ab-builder",
      "proof-edge-node-2-0123456789ab-builder",
    ];
    for (const slug of slugs) {
      store.put({
        provider: "stackpath/stackpath",
        type: "stackpath_compute_workload",
        id: slug,
        attributes: { id: slug, slug, name: slug },
      });
    }
    expect(await (await builder()).builders()).toEqual([NAME]);
    await (await builder()).destroyBuilder(NAME);
    expect(left()).toEqual(slugs.slice(1).sort());
  });

  function bound(made: Awaited<ReturnType<typeof builder>>) {
    return { find: made.find.bind(made), remove: made.remove.bind(made) };
  }
});

describe("before anything is made", () => {
  test.each<[string, string, () => RunResult, RegExp]>([
    [
      "no Packer",
      "packer version",
      () => {
        throw new PolycastError("no such program");
      },
      /There is no Packer/,
    ],
    ["a Packer that is too old", "packer version", () => ({ code: 0, output: "Packer v1.5.0\n" }), /too old/],
    ["a template that is invalid", "packer validate", () => failed("Error: no"), /packer validate ended/],
  ])("%s is refused", async (_, step, answer, message) => {
    instead[step] = answer;
    await expect(build()).rejects.toThrow(message);
    expect(ran.filter((each) => each.startsWith("terraform"))).toEqual(["terraform version"]);
    expect(left()).toEqual([]);
  });

  test("a name that is too long is refused", async () => {
    const name = `${"e".repeat(31)}-edge-node-0123456789ab`;
    await expect((await builder()).build({ ...JOB, name })).rejects.toThrow(/has \d+ characters; 55 fit/);
    expect(ran).toEqual([]);
  });

  test("nobody who could reach the builder is refused", async () => {
    await expect(build({ env: served.variables })).rejects.toThrow(/POLYCAST_BUILDER_CIDRS/);
    expect(ran).toEqual([]);
  });

  test.each(["debian-12", "stackpath-edge/debian-12", 12])("the base image %s is refused", (baseImage) => {
    expect(stackpathImageSettings.safeParse({ baseImage }).success).toBe(false);
  });

  test("credentials that are missing are named", async () => {
    await expect(builder({ env: {} })).rejects.toThrow(/STACKPATH_CLIENT_SECRET: is not set/);
  });
});
