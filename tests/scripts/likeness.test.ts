import { ns1 } from "../../constructs/dns/ns1/simulation";
import {
  UNKNOWN,
  type BlockSchema,
  type ProviderSchema,
  type ProviderSimulation,
  type Values,
} from "../../constructs/fleet/simulation";
import { aws } from "../../constructs/providers/aws/simulation";
import { stackpath } from "../../constructs/providers/stackpath/simulation";
import type { PluginPlanRequest } from "../../sandbox/engine/plugin-client";
import { validate } from "../../sandbox/engine/validate";
import { emptyBlock } from "../../sandbox/engine/values";
import { nullProvider } from "../../sandbox/null/simulation";
import { providerBlock, samplesOf } from "../../scripts/ask-plugin";
import { judge, lines, summary, type AcceptedDifference } from "../../scripts/likeness/accepted-differences";
import { AWS_ANSWERS, AWS_PROVIDER } from "../../scripts/likeness/aws-questions";
import { comparePlans, leavesOf } from "../../scripts/likeness/compare-plans";
import { compareProvider, type Configurable } from "../../scripts/likeness/compare-provider";
import { fuzz, planToCompare, type Found } from "../../scripts/likeness/fuzz";
import { schemaDifferences } from "../../scripts/likeness/schema-subset";
import { differencesOf, fixtureStacks, report, type PluginVerdict } from "../../scripts/verify-plugins";
import { configurationsOf } from "../../scripts/likeness/stack-configurations";

/** A plugin that is what a simulation says it is, so that the comparing code runs without a binary. */
function pluginOf(
  simulation: ProviderSimulation,
  provider: Values,
  schema = simulation.schema,
): Configurable {
  return {
    schema,
    configure: () => Promise.resolve([]),
    validate: (type, config) => Promise.resolve(validate(simulation, type, config, provider)),
    plan: (request: PluginPlanRequest) => {
      const { planned, replaces, refusal } = planToCompare(simulation, { ...request, provider });
      const diagnostics = refusal === undefined ? [] : [{ severity: "error" as const, summary: refusal }];
      return Promise.resolve({ planned, replaces, diagnostics, legacy: true });
    },
  };
}

/** A copy whose resource type's block may be changed. */
function tampered(
  schema: ProviderSchema,
  type: string,
  tamper: (block: { attributes: Record<string, object>; block_types: Record<string, object> }) => void,
): ProviderSchema {
  const copy = structuredClone(schema);
  tamper(copy.resource_schemas[type]?.block as never);
  return copy;
}

describe("a cut-down schema", () => {
  const cut = (block: BlockSchema, version = 0): ProviderSchema => ({
    provider: { version: 0, block: { attributes: { key: { type: "string", sensitive: true } } } },
    resource_schemas: { thing: { version, block } },
  });
  const schema = cut({
    attributes: {
      name: { type: "string", required: true },
      size: { type: "number", optional: true, computed: true },
      secret: { type: "string", optional: true, sensitive: true },
      both: { type: ["set", ["object", { a: "string", b: "bool" }]], optional: true },
    },
    block_types: {
      rule: {
        nesting_mode: "list",
        min_items: 1,
        max_items: 2,
        block: { attributes: { port: { type: "number", required: true } } },
      },
    },
  });
  const real = (tamper: Parameters<typeof tampered>[2]): ProviderSchema => tampered(schema, "thing", tamper);

  test("of the plugin itself is a subset, and so is one that leaves out what is optional", () => {
    expect(schemaDifferences(schema, schema)).toEqual([]);
    const more = real(({ attributes, block_types: blocks }) => {
      attributes["more"] = { type: "string", optional: true };
      blocks["other"] = { nesting_mode: "set", block: {} };
    });
    const types = { ...more.resource_schemas, other: { version: 0, block: {} } };
    expect(schemaDifferences(schema, { ...more, resource_schemas: types })).toEqual([]);
  });

  test("does not care for the order of an object's attributes, or for a limit of zero", () => {
    const other = real(({ attributes, block_types: blocks }) => {
      attributes["both"] = { type: ["set", ["object", { b: "bool", a: "string" }]], optional: true };
      Object.assign(blocks["rule"] ?? {}, { min_items: 1 });
    });
    expect(schemaDifferences(schema, other)).toEqual([]);
  });

  test.each<[string, Parameters<typeof tampered>[2], string[]]>([
    ["a name", ({ attributes: a }) => delete a["size"], ["thing.size: the plugin has no such attribute"]],
    [
      "a type",
      ({ attributes: a }) => (a["size"] = { ...a["size"], type: "string" }),
      ['thing.size: type is "number", the plugin\'s "string"'],
    ],
    [
      "the type of an element",
      ({ attributes: a }) =>
        (a["both"] = { ...a["both"], type: ["set", ["object", { a: "string", b: "string" }]] }),
      [
        'thing.both: type is ["set",["object",{"a":"string","b":"bool"}]], the plugin\'s ["set",["object",{"a":"string","b":"string"}]]',
      ],
    ],
    [
      "what is required",
      ({ attributes: a }) => (a["name"] = { type: "string" }),
      ["thing.name: required is true, the plugin's false"],
    ],
    [
      "what is optional",
      ({ attributes: a }) => (a["size"] = { type: "number", computed: true }),
      ["thing.size: optional is true, the plugin's false"],
    ],
    [
      "what is computed",
      ({ attributes: a }) => (a["name"] = { type: "string", required: true, computed: true }),
      ["thing.name: computed is false, the plugin's true"],
    ],
    [
      "what is sensitive",
      ({ attributes: a }) => (a["secret"] = { type: "string", optional: true }),
      ["thing.secret: sensitive is true, the plugin's false"],
    ],
    [
      "a block's name",
      ({ block_types: b }) => delete b["rule"],
      ["thing.rule: the plugin has no such block"],
    ],
    [
      "how a block nests",
      ({ block_types: b }) => (b["rule"] = { ...b["rule"], nesting_mode: "set" }),
      ['thing.rule: nesting_mode is "list", the plugin\'s "set"'],
    ],
    [
      "the fewest blocks",
      ({ block_types: b }) => (b["rule"] = { ...b["rule"], min_items: 0 }),
      ["thing.rule: min_items is 1, the plugin's 0"],
    ],
    [
      "the most blocks",
      ({ block_types: b }) => (b["rule"] = { ...b["rule"], max_items: 1 }),
      ["thing.rule: max_items is 2, the plugin's 1"],
    ],
    [
      "what is inside a block",
      ({ block_types: b }) =>
        (b["rule"] = { ...b["rule"], block: { attributes: { port: { type: "string", required: true } } } }),
      ['thing.rule.port: type is "number", the plugin\'s "string"'],
    ],
    [
      "an attribute that has to be given",
      ({ attributes: a }) => (a["must"] = { type: "string", required: true }),
      ["thing.must: the plugin requires this attribute, ours lacks it"],
    ],
    [
      "a block that has to be given",
      ({ block_types: b }) => (b["must"] = { nesting_mode: "list", min_items: 1, block: {} }),
      ["thing.must: the plugin requires this block, ours lacks it"],
    ],
  ])("differs in %s", (_, tamper, expected) => {
    expect(schemaDifferences(schema, real(tamper))).toEqual(expected);
  });

  test("differs in resource types, versions and the provider block; all is told at once", () => {
    const { provider, resource_schemas: resources } = schema;
    expect(schemaDifferences(schema, { provider, resource_schemas: {} })).toEqual([
      "thing: the plugin has no such resource type",
    ]);
    const other: ProviderSchema = {
      provider: { version: 1, block: { attributes: { key: { type: "number" } } } },
      resource_schemas: { thing: { version: 3, block: resources["thing"]?.block ?? {} } },
    };
    expect(schemaDifferences(schema, other)).toEqual([
      "provider: version is 0, the plugin's 1",
      'provider.key: type is "string", the plugin\'s "number"',
      "provider.key: sensitive is true, the plugin's false",
      "thing: version is 0, the plugin's 3",
    ]);
  });
});

describe("comparing a provider with its plugin", () => {
  const providers = [stackpath, ns1, nullProvider].map(
    (simulation) => [simulation.source, simulation] as const,
  );
  const ofFixtures = ({ source, schema }: ProviderSimulation) =>
    fixtureStacks(source).flatMap((stack) => configurationsOf(stack, schema));

  test.each(providers)("%s: finds nothing where there is nothing", async (_, simulation) => {
    const provider = providerBlock(simulation.schema);
    const types = Object.entries(simulation.schema.resource_schemas);
    const empty = types.map(([type, { block }]) => ({ type, name: "empty", config: emptyBlock(block) }));
    const asked = [...ofFixtures(simulation), ...empty];
    const compared = await compareProvider(pluginOf(simulation, provider), simulation, provider, asked);
    expect(compared).toMatchObject({
      schema: [],
      refused: [],
      differences: [],
      configurations: asked.length,
    });
    expect(compared.leaves).toBeGreaterThanOrEqual(asked.length);
  });

  test("the fixtures have configurations of both providers that they are about", () => {
    expect(ofFixtures(stackpath).length).toBeGreaterThan(3);
    expect(ofFixtures(ns1).length).toBeGreaterThan(3);
    expect(ofFixtures(nullProvider)).toEqual([]);
  });

  test.each(providers)("%s: finds a tampered schema, and then asks nothing", async (_, simulation) => {
    const provider = providerBlock(simulation.schema);
    const [type = ""] = Object.keys(simulation.schema.resource_schemas);
    const schema = tampered(simulation.schema, type, ({ attributes }) => delete attributes["id"]);
    const plugin = pluginOf(simulation, provider, schema);
    const compared = await compareProvider(plugin, simulation, provider, ofFixtures(simulation));
    expect(compared).toMatchObject({ configurations: 0, leaves: 0 });
    expect(differencesOf(compared)).toEqual([`schema: ${type}.id: the plugin has no such attribute`]);
  });

  test("finds what is planned, refused and configured otherwise", async () => {
    const provider = providerBlock(nullProvider.schema);
    const like = pluginOf(nullProvider, provider);
    const config = { id: null, triggers: { a: "b" } };
    const asked = [{ type: "null_resource", name: "x", config }];
    const other = (changes: Partial<Configurable>) =>
      compareProvider({ ...like, ...changes }, nullProvider, provider, asked).then(differencesOf);

    const planned = { id: "known", triggers: { a: "b" } };
    expect(
      await other({ plan: () => Promise.resolve({ planned, replaces: [], diagnostics: [], legacy: true }) }),
    ).toEqual(['1 x create null_resource id: real "known", simulated (known after apply)']);
    const no = [{ severity: "error" as const, summary: "no" }];
    expect(
      await other({
        plan: () => Promise.resolve({ planned: null, replaces: [], diagnostics: no, legacy: true }),
      }),
    ).toEqual(["1 x create null_resource (refused): real no, simulated planned"]);
    expect(await other({ validate: () => Promise.resolve(no) })).toEqual([
      "1 x refusal null_resource (refused): real no, simulated -",
    ]);
    expect(await other({ configure: () => Promise.resolve(no) })).toEqual([
      "the plugin refuses the dummy provider block: no",
    ]);
  });

  test("the report says what could not be had, and how to provide it", () => {
    const compared = { schema: [], refused: [], configurations: 2, leaves: 9, differences: [] };
    const verdicts: PluginVerdict[] = [
      { source: "a/a", version: "1", compared, differences: [] },
      { source: "b/b", version: "2", missing: "no network", differences: [] },
      { source: "c/c", version: "3", compared, differences: ["schema: x"] },
    ];
    const text = report(verdicts);
    expect(text).toContain("✓ a/a 1: schema and 2 configurations, 9 leaves");
    expect(text).toContain("- b/b 2: not compared, its plugin could not be had (no network)");
    expect(text).toContain("✗ c/c 3: schema and 2 configurations, 9 leaves\n    schema: x");
    expect(text).toContain("Not compared: b/b 2.");
    expect(text).toContain("POLYCAST_PLUGIN_MIRROR");
    expect(report(verdicts.slice(0, 1))).not.toContain("POLYCAST_PLUGIN_MIRROR");
  });
});

describe("the differential fuzz", () => {
  const options = {
    simulation: aws,
    provider: AWS_PROVIDER,
    samples: samplesOf("hashicorp/aws"),
    answers: AWS_ANSWERS,
    cases: 400,
    seed: 7,
  };
  const plugin = pluginOf(aws, AWS_PROVIDER);

  test("covers every resource type, every stage and refusals, and finds nothing against itself", async () => {
    const run = await fuzz({ ...options, plugin });
    expect(run.differences).toEqual([]);
    expect([...run.types.keys()].toSorted()).toEqual(Object.keys(aws.resources).toSorted());
    const { refusal, create, update } = run.tallies;
    expect(refusal.cases + create.cases + update.cases).toBeGreaterThanOrEqual(400);
    for (const { cases, leaves } of [refusal, create, update])
      expect([cases > 50, leaves >= cases]).toEqual([true, true]);
    expect(refusal.refused).toBeGreaterThan(50);
    expect(summary(run)[1]).toMatch(
      /^refusal: \d+ cases, \d+ refused by the plugin, \d+ leaves, 100\.000 % alike$/,
    );
  });

  test("finds the same from the same seed, and other cases from another", async () => {
    const asked = async (seed: number): Promise<string> => {
      const configs: unknown[] = [];
      const spy: Configurable = {
        ...plugin,
        validate: (type, config) => {
          configs.push(JSON.stringify([type, config]));
          return plugin.validate(type, config);
        },
      };
      await fuzz({ ...options, plugin: spy, cases: 60, seed });
      return JSON.stringify(configs.toSorted());
    };
    expect(await asked(1)).toBe(await asked(1));
    expect(await asked(1)).not.toBe(await asked(2));
  });

  test("finds a difference of every kind, with the case that shows it", async () => {
    const wrong: Configurable = {
      ...plugin,
      validate: () => Promise.resolve([]),
      plan: async (request) => {
        const answer = await plugin.plan(request);
        return answer.planned === null || !("tags_all" in answer.planned)
          ? answer
          : { ...answer, planned: { ...answer.planned, tags_all: null }, replaces: ["tags_all"] };
      },
    };
    const { differences } = await fuzz({ ...options, plugin: wrong });
    const found = new Set(differences.map(({ stage, path }) => `${stage} ${path.split(".")[0] ?? ""}`));
    expect([...found]).toEqual(
      expect.arrayContaining([
        "refusal (refused)",
        "create tags_all",
        "update tags_all",
        "update (replaces)",
      ]),
    );
    expect(differences.find(({ stage }) => stage === "create")).toMatchObject({ prior: null, real: "null" });
    expect(differences.find(({ stage }) => stage === "update")?.prior).not.toBeNull();
  });
});

describe("accepted differences", () => {
  const found: Found = {
    stage: "update",
    type: "t",
    path: "rule.0.port",
    real: "1",
    simulated: "2",
    prior: null,
    config: {},
  };
  const accepted: AcceptedDifference = { stage: "update", type: "t", path: "rule", reason: "r" };

  test("cover what lies below their path, of their type and stage alone", () => {
    expect(judge([found], [accepted])).toEqual({ unlisted: [], unused: [] });
    expect(judge([found], [{ ...accepted, path: "rule.port" }]).unlisted).toEqual([]);
    for (const other of [
      { path: "rul" },
      { path: "rule.port.x" },
      { type: "u" },
      { stage: "create" as const },
    ])
      expect(judge([found], [{ ...accepted, ...other }])).toEqual({
        unlisted: [found],
        unused: [{ ...accepted, ...other }],
      });
  });

  test("what is not accepted is told a line each, the commonest first", () => {
    expect(lines([{ ...found, path: "a" }, found, { ...found, path: "rule.1.port" }])).toEqual([
      "2 x update t rule.port: real 1, simulated 2",
      "1 x update t a: real 1, simulated 2",
    ]);
  });
});

describe("comparing plans", () => {
  const block: BlockSchema = {
    attributes: { name: { type: "string" }, some: { type: ["set", "string"] } },
  };
  const plan = (planned: Values | null, replaces: string[] = [], refusal?: string) => ({
    planned,
    replaces,
    refusal,
  });

  test("looks at values, at what is unknown and at what replaces", () => {
    const real = plan({ name: "a", some: ["x", "y"] });
    expect(comparePlans(block, null, real, plan({ name: "a", some: ["y", "x"] }))).toEqual({
      leaves: 4,
      differences: [],
    });
    expect(comparePlans(block, null, real, plan({ name: UNKNOWN, some: ["x", "y"] })).differences).toEqual([
      { path: "name", real: '"a"', simulated: "(known after apply)" },
    ]);
    const prior = { name: "b", some: null };
    expect(comparePlans(block, prior, plan(real.planned, ["name"]), real).differences).toEqual([
      { path: "(replaces)", real: "name", simulated: "" },
    ]);
  });

  test("disregards a replacement's cause that does not change", () => {
    const same = { name: "a", some: null };
    expect(comparePlans(block, same, plan(same, ["name"]), plan(same)).differences).toEqual([]);
  });

  test("compares refusals by their words", () => {
    const [yes, no, other] = [plan({ name: "a", some: null }), plan(null, [], "no"), plan(null, [], "never")];
    expect(comparePlans(block, null, no, no).differences).toEqual([]);
    expect(comparePlans(block, null, no, yes).differences).toEqual([
      { path: "(refused)", real: "no", simulated: "planned" },
    ]);
    expect(comparePlans(block, null, no, other).differences).toHaveLength(1);
  });

  test("a set holds a known value once", () => {
    expect([...leavesOf(["x", "x"], ["set", "string"]).keys()]).toEqual(["0"]);
    expect([...leavesOf(["x", "x"], ["list", "string"]).keys()]).toEqual(["0", "1"]);
    expect([...leavesOf([UNKNOWN, UNKNOWN], ["set", "string"]).keys()]).toEqual(["0", "1"]);
  });
});
