import { UNKNOWN, type Value, type Values } from "../../constructs/fleet/simulation";
import { aws } from "../../constructs/providers/aws/simulation";
import { plan } from "../../sandbox/engine/plan";
import { PluginClient } from "../../sandbox/engine/plugin-client";
import { findPlugin } from "../../sandbox/engine/plugin-mirror";
import { withZerosInside } from "../../sandbox/engine/sdkv2-values";
import { validate } from "../../sandbox/engine/validate";
import { blockType, emptyBlock } from "../../sandbox/engine/values";
import { samplesOf } from "../../scripts/ask-plugin";
import { awsFleet, testEnvironment } from "../environment-for-tests";
import { synthesize } from "../synthesize";
import { comparePlans, type Comparison, type PlanDifference } from "./compare-plans";
import { configurationsOf, type FleetConfiguration } from "./fleet-configurations";
import { existing, proposedState } from "./proposed-state";
import { mixed, randomConfiguration, randomNumbers } from "./random-configuration";

/** The plugin that the simulation's facts were read from. */
const SOURCE = "hashicorp/aws";
const VERSION = "5.100.0";

/** How many random configurations are created and changed, and from which seed; both by the environment. */
const CASES = Number(process.env["POLYCAST_LIKENESS_CASES"] ?? 600);
const SEED = Number(process.env["POLYCAST_LIKENESS_SEED"] ?? Date.now() % 1_000_000);

/**
 * Percent of leaves, and of refusals, that must be alike. Measured with 8,000 cases: 99.999, 99.918 and 99.664.
 * What differs: an update of a load balancer's `subnet_mapping` (SDKv2 leaves a broken element of the old set behind)
 * and of a role's deprecated `inline_policy` likewise; unknown elements in an `override` of a group's mixed instances
 * policy, which the plugin reads and sets again; validators that SDKv2 skips beside something unknown, and those of
 * addresses in `subnet_mapping`. The fleets of this project use none of these: they must be alike to the last leaf.
 */
const FLOOR = { create: 99.9, update: 99.5, refusals: 99 };

/** Refusals of attributes that exclude or need each other; Terraform never plans what is refused so. */
const COMBINATIONS = [
  "Conflicting configuration arguments",
  "Invalid combination of arguments",
  "Missing required argument",
];

/** What AWS would have answered, where the plugin's own functions read it when they plan. */
const ANSWERS: Values = {
  outpost_id: "",
  protocol: "TCP",
  load_balancer_type: "network",
  preserve_client_ip: "true",
  subnets: ["subnet-1"],
  subnet_mapping: [
    { subnet_id: "subnet-1", allocation_id: "", ipv6_address: "", outpost_id: "", private_ipv4_address: "" },
  ],
};

const binary = findPlugin(SOURCE, VERSION);
const title = `the AWS simulation against the real plugin ${VERSION}`;
const missing = `${title}: the plugin is in no mirror directory of this machine; run "terraform providers mirror DIRECTORY" and set POLYCAST_PLUGIN_MIRROR=DIRECTORY`;
const describeWithPlugin: (name: string, suite: () => void) => void =
  binary === undefined
    ? () => {
        test.skip(missing, () => undefined);
      }
    : describe;

describeWithPlugin(title, () => {
  let plugin: PluginClient;
  const provider: Values = {
    ...emptyBlock(aws.schema.provider.block),
    region: "us-east-1",
    access_key: "made-up",
    secret_key: "made-up",
    skip_credentials_validation: true,
    skip_metadata_api_check: "true",
    skip_requesting_account_id: true,
    default_tags: [{ tags: { "polycast:environment": "test", "polycast:fleet": "aws" } }],
  };

  beforeAll(async () => {
    plugin = await PluginClient.start(binary ?? "");
    expect(await plugin.configure(provider)).toEqual([]);
  }, 60_000);
  afterAll(() => plugin.close());

  const blockOf = (type: string) => aws.schema.resource_schemas[type]?.block ?? {};

  /** The real plan against the simulation's. Undefined where the plugin refuses to plan. */
  async function compare(
    type: string,
    prior: Values | null,
    config: Values,
  ): Promise<Comparison | undefined> {
    const block = blockOf(type);
    const request = { type, prior, config, proposed: proposedState(block, prior, config) };
    const real = await plugin.plan(request);
    if (real.planned === null) return undefined;
    const { planned, replaces } = plan(aws, { ...request, provider });
    return comparePlans(block, prior, real, { planned, replaces: replaces.map((path) => path.join(".")) });
  }

  /** The object that the real plugin's plan makes, once AWS has answered. */
  async function made(type: string, config: Values): Promise<Values | undefined> {
    const block = blockOf(type);
    const { planned, legacy } = await plugin.plan({ type, prior: null, config, proposed: config });
    if (planned === null) return undefined;
    const object = existing(block, planned, ANSWERS);
    return legacy ? withZerosInside(object, blockType(block)) : object;
  }

  test("has the schema of the real plugin, cut to its types", () => {
    const { provider: block, resource_schemas: resources } = aws.schema;
    expect(plugin.schema.provider).toEqual(block);
    for (const [type, schema] of Object.entries(resources))
      expect(plugin.schema.resource_schemas[type]).toEqual(schema);
  });

  test("simulates every type of its schema", () => {
    expect(Object.keys(aws.resources).toSorted()).toEqual(
      Object.keys(aws.schema.resource_schemas).toSorted(),
    );
  });

  describe("a fleet in two regions, with IPv4 only and with both families", () => {
    const sites = { "us-east-1": { nodes: 2 }, "eu-central-1": { nodes: 4 } };
    const listeners = [
      { port: 443, protocol: "TCP" },
      { port: 2222, protocol: "TCP", role: "tunnel" },
    ] as const;
    const fleets = {
      ipv4: synthesize(
        testEnvironment({
          fleets: [awsFleet({ sites })],
          listeners: [...listeners, { port: 443, protocol: "UDP" }],
        }),
      ),
      "dual stack": synthesize(
        testEnvironment({
          fleets: [awsFleet({ sites, ipv6: true })],
          listeners: [...listeners],
        }),
      ),
    };
    const configurations: readonly (readonly [string, FleetConfiguration])[] = Object.entries(fleets).flatMap(
      ([family, stacks]) => {
        const stack = stacks["aws-fleet"];
        if (stack === undefined) throw new Error(`no stack aws-fleet: ${Object.keys(stacks).join(", ")}`);
        return configurationsOf(stack, aws.schema).map(
          (each) => [`${family}: ${each.type}.${each.name}`, each] as const,
        );
      },
    );

    test.each(configurations)("creates %s as the real plugin does", async (_, { type, config }) => {
      expect(await plugin.validate(type, config)).toEqual([]);
      expect(validate(aws, type, config, provider)).toEqual([]);
      const comparison = await compare(type, null, config);
      expect(comparison?.differences).toEqual([]);
      expect(comparison?.leaves).toBeGreaterThan(2);
    });

    test.each(configurations)("sees no change in %s", async (_, { type, config }) => {
      const block = blockOf(type);
      const same = existing(block, config, ANSWERS);
      const prior = await made(type, same);
      expect(prior).toBeDefined();
      expect((await compare(type, prior ?? null, same))?.differences).toEqual([]);
    });

    test.each(configurations)(
      "changes and replaces %s as the real plugin does",
      async (_, { type, config }) => {
        const first = existing(blockOf(type), config, ANSWERS);
        const prior = await made(type, first);
        for (const changed of changesOf(first)) {
          const comparison = await compare(type, prior ?? null, changed);
          expect(comparison?.differences ?? []).toEqual([]);
        }
      },
    );
  });

  test(`plans ${CASES} random configurations and as many changes alike (seed ${SEED})`, async () => {
    const set = samplesOf(SOURCE);
    const random = randomNumbers(SEED);
    const options = { samples: set.samples, always: new Set(set.always), random };
    const types = Object.keys(aws.resources);
    const score = { create: new Score(), update: new Score(), refusals: new Score() };

    /** Compares what both say to a configuration; whether Terraform would go on to plan it. */
    const isPlanned = async (type: string, config: Values): Promise<boolean> => {
      const problems = (await plugin.validate(type, config)).filter(({ severity }) => severity === "error");
      const own = validate(aws, type, config, provider).filter(({ severity }) => severity === "error");
      score.refusals.add(type, {
        leaves: 1,
        differences:
          problems.length > 0 === own.length > 0
            ? []
            : [{ path: "(refused)", real: problems[0]?.summary ?? "-", simulated: own[0]?.summary ?? "-" }],
      });
      return !problems.some(({ summary }) => COMBINATIONS.includes(summary));
    };

    for (let i = 0; i < CASES; i += 1) {
      const type = types[i % types.length] ?? "";
      const block = blockOf(type);
      const config = randomConfiguration(type, block, options);
      if (!(await isPlanned(type, config))) continue;
      score.create.add(type, await compare(type, null, config));

      const prior = await made(type, config);
      const changed = mixed(
        existing(block, config, ANSWERS),
        randomConfiguration(type, block, options),
        random,
      );
      if (prior === undefined || !(await isPlanned(type, changed))) continue;
      score.update.add(type, await compare(type, prior, changed));
    }

    console.info(
      [
        `AWS likeness, seed ${SEED}:`,
        ...Object.entries(score).map(([name, each]) => `${name} ${each.summary()}`),
      ].join("\n"),
    );
    for (const name of ["create", "update", "refusals"] as const) {
      expect([name, score[name].percent() >= FLOOR[name], score[name].worst()]).toEqual([
        name,
        true,
        expect.anything(),
      ]);
      expect(score[name].leaves).toBeGreaterThan(0);
    }
  }, 600_000);
});

/** Leaves compared and found different, over many plans. */
class Score {
  public leaves = 0;
  private plans = 0;
  private refused = 0;
  private readonly differences: (PlanDifference & { readonly type: string })[] = [];

  public add(type: string, comparison: Comparison | undefined): void {
    if (comparison === undefined) {
      this.refused += 1;
      return;
    }
    this.plans += 1;
    this.leaves += comparison.leaves;
    this.differences.push(...comparison.differences.map((difference) => ({ type, ...difference })));
  }

  public percent(): number {
    return 100 * (1 - this.differences.length / this.leaves);
  }

  public summary(): string {
    const refused = this.refused > 0 ? `, ${this.refused} refused by the plugin` : "";
    return `${this.percent().toFixed(3)} % of ${this.leaves} leaves in ${this.plans} cases${refused}\n${this.worst().join("\n")}`;
  }

  /** The commonest differences, a line each. */
  public worst(): string[] {
    const counts = new Map<string, number>();
    for (const { type, path, real, simulated } of this.differences) {
      const line = `${type} ${path.replaceAll(/\.\d+/g, "")}: real ${real.slice(0, 80)}, simulated ${simulated.slice(0, 80)}`;
      counts.set(line, (counts.get(line) ?? 0) + 1);
    }
    const sorted = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, 12);
    return sorted.map(([line, count]) => `  ${count} x ${line}`);
  }
}

/** A configuration with each of its attributes and blocks changed, left out, or not yet known. */
function changesOf(config: Values): Values[] {
  return Object.entries(config).flatMap(([name, value]) => {
    if (value === null || (Array.isArray(value) && value.length === 0)) return [];
    const others: Value[] = typeof value === "string" ? [other(value), UNKNOWN] : [other(value)];
    return others.map((changed) => ({ ...config, [name]: changed }));
  });
}

function other(value: Value): Value {
  if (typeof value === "string") return /^\d+$/.test(value) ? String(Number(value) + 1) : `${value}x`;
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  if (Array.isArray(value)) return value.map(other);
  if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    return Object.fromEntries(Object.entries(value as Values).map(([name, each]) => [name, other(each)]));
  }
  return value;
}
