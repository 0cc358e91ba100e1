import { join } from "node:path";
import { UNKNOWN, type Value, type Values } from "../../constructs/fleet/simulation";
import { aws } from "../../constructs/providers/aws/simulation";
import { PluginClient } from "../../sandbox/engine/plugin-client";
import { findPlugin } from "../../sandbox/engine/plugin-mirror";
import { withZerosInside } from "../../sandbox/engine/sdkv2-values";
import { validate } from "../../sandbox/engine/validate";
import { blockType } from "../../sandbox/engine/values";
import { samplesOf } from "../../scripts/ask-plugin";
import { judge, lines, readAcceptedDifferences, summary } from "../../scripts/likeness/accepted-differences";
import { AWS_ANSWERS, AWS_PROVIDER } from "../../scripts/likeness/aws-questions";
import { comparePlans, type Comparison } from "../../scripts/likeness/compare-plans";
import { fuzz, planToCompare } from "../../scripts/likeness/fuzz";
import { existing, proposedState } from "../../scripts/likeness/proposed-state";
import { configurationsOf, type StackConfiguration } from "../../scripts/likeness/stack-configurations";
import { awsFleet, testEnvironment } from "../environment-for-tests";
import { synthesize } from "../synthesize";

/** The plugin that the simulation's facts were read from. */
const SOURCE = "hashicorp/aws";
const VERSION = "5.100.0";

/** How many validations and plans of random configurations, and from which seed; both by the environment. */
const CASES = Number(process.env["POLYCAST_LIKENESS_CASES"] ?? 1000);
const SEED = Number(process.env["POLYCAST_LIKENESS_SEED"] ?? Date.now() % 1_000_000);

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
  const provider = AWS_PROVIDER;

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
    return comparePlans(block, prior, real, planToCompare(aws, { ...request, provider }));
  }

  /** The object that the real plugin's plan makes, once AWS has answered. */
  async function made(type: string, config: Values): Promise<Values | undefined> {
    const block = blockOf(type);
    const { planned, legacy } = await plugin.plan({ type, prior: null, config, proposed: config });
    if (planned === null) return undefined;
    const object = existing(block, planned, AWS_ANSWERS);
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
    const configurations: readonly (readonly [string, StackConfiguration])[] = Object.entries(fleets).flatMap(
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
      const same = existing(block, config, AWS_ANSWERS);
      const prior = await made(type, same);
      expect(prior).toBeDefined();
      expect((await compare(type, prior ?? null, same))?.differences).toEqual([]);
    });

    test.each(configurations)(
      "changes and replaces %s as the real plugin does",
      async (_, { type, config }) => {
        const first = existing(blockOf(type), config, AWS_ANSWERS);
        const prior = await made(type, first);
        for (const changed of changesOf(first)) {
          const comparison = await compare(type, prior ?? null, changed);
          expect(comparison?.differences ?? []).toEqual([]);
        }
      },
    );
  });

  test(`judges ${CASES} random configurations and changes alike (seed ${SEED})`, async () => {
    const accepted = readAcceptedDifferences(join(__dirname, "aws-accepted-differences.json"));
    const samples = samplesOf(SOURCE);
    const report = await fuzz({
      plugin,
      simulation: aws,
      provider,
      samples,
      answers: AWS_ANSWERS,
      cases: CASES,
      seed: SEED,
    });
    const { unlisted, unused } = judge(report.differences, accepted);
    const missed = unused.map(({ stage, type, path }) => `accepted and not met: ${stage} ${type} ${path}`);
    console.info([`AWS likeness, seed ${SEED}:`, ...summary(report), ...missed].join("\n"));

    expect(lines(unlisted)).toEqual([]);
    expect([...report.types.keys()].toSorted()).toEqual(Object.keys(aws.resources).toSorted());
    for (const { cases, leaves } of Object.values(report.tallies)) {
      expect(cases).toBeGreaterThan(CASES / 10);
      expect(leaves).toBeGreaterThanOrEqual(cases);
    }
  }, 600_000);
});

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
