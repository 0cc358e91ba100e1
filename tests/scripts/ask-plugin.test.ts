import type { AttributeFacts, ProviderSimulation, Values } from "../../constructs/fleet/simulation";
import { plan } from "../../sandbox/engine/plan";
import type { PluginPlanRequest } from "../../sandbox/engine/plugin-client";
import { validate } from "../../sandbox/engine/validate";
import {
  askType,
  combinationOf,
  differences,
  factOf,
  providerBlock,
  samplesOf,
  type Askable,
} from "../../scripts/ask-plugin";
import { cutSchema, schemaFile } from "../../scripts/cut-schema";

/** Facts of an imaginary resource; asked of a simulation that has them, they come back. */
const FACTS: Record<string, AttributeFacts> = {
  size: { default: 3, range: [1, 9] },
  name: { force_new: true, length: [2, 8] },
  kind: { one_of: ["large", "small"] },
  first: { conflicts_with: ["second"] },
  second: { conflicts_with: ["first"] },
  role: { format: "arn" },
  one: { exactly_one_of: ["one", "two"] },
  two: { exactly_one_of: ["one", "two"] },
  check: { computed_on_create: true },
  "check.port": { default: "traffic-port" },
  "check.path": { computed_on_create: true },
  "rule.number": { force_new: true },
};

const optional = { optional: true } as const;
const simulation: ProviderSimulation = {
  source: "imaginary/thing",
  schema: {
    provider: { version: 0, block: {} },
    resource_schemas: {
      thing: {
        version: 0,
        block: {
          attributes: {
            id: { type: "string", optional: true, computed: true },
            name: { type: "string", required: true },
            size: { type: "number", ...optional },
            kind: { type: "string", ...optional },
            role: { type: "string", ...optional },
            first: { type: "string", ...optional },
            second: { type: "string", ...optional },
            one: { type: "string", ...optional },
            two: { type: "string", ...optional },
            plain: { type: "bool", ...optional },
            made: { type: "string", computed: true },
          },
          block_types: {
            check: {
              nesting_mode: "list",
              max_items: 1,
              block: {
                attributes: {
                  port: { type: "string", ...optional },
                  path: { type: "string", optional: true, computed: true },
                },
              },
            },
            rule: {
              nesting_mode: "set",
              block: { attributes: { number: { type: "number", required: true } } },
            },
          },
        },
      },
    },
  },
  behaviour: { thing: FACTS },
  resources: { thing: { create: () => ({}) } },
};

/** The simulation answering as a plugin would. */
const plugin: Askable = {
  schema: simulation.schema,
  plan: (request: PluginPlanRequest) => {
    const { planned, replaces } = plan(simulation, { ...request, provider: {} });
    const causes = replaces.map((path) => path.join("."));
    return Promise.resolve({ planned, replaces: causes, diagnostics: [], legacy: true });
  },
  validate: (type: string, config: Values) => Promise.resolve(validate(simulation, type, config, {})),
};

describe("asking a plugin", () => {
  const set = { samples: { name: ["ab", "cd"], kind: ["small", "large"] }, always: [] };

  test("gives back every fact that the plugin has, and no other", async () => {
    const asked = await askType(plugin, "thing", set);
    expect(asked).toEqual({
      "*": { engine: "sdkv2" },
      ...FACTS,
      id: { computed_on_create: true },
      made: { computed_on_create: true },
    });
  });

  test("refuses a type that the plugin does not have", async () => {
    await expect(askType(plugin, "thong", set)).rejects.toThrow('no resource type "thong"');
  });

  test("finds what a file says otherwise, misses or has too much", async () => {
    const asked = await askType(plugin, "thing", set);
    const file = structuredClone(asked);
    expect(differences("thing", file, asked)).toEqual([]);
    file["size"] = { default: 4, range: [1, 9], notes: "somebody's knowledge" };
    file["plain"] = { force_new: true };
    delete file["role"];
    expect(differences("thing", file, asked)).toEqual([
      "thing.plain force_new: file true, plugin -",
      'thing.role format: file -, plugin "arn"',
      "thing.size default: file 4, plugin 3",
    ]);
  });
});

describe("what a refusal says", () => {
  test.each<[string, string, Record<string, unknown>]>([
    ['expected a to be one of ["x" "y"], got z', "", { one_of: ["x", "y"] }],
    ["expected a to be one of [3 1], got 9", "", { one_of: ["1", "3"] }],
    ["expected a to be in the range (1 - 9), got 0", "", { range: [1, 9] }],
    ["expected length of a to be in the range (1 - 9), got ", "", { length: [1, 9] }],
    ['expected "a" to be a valid port number, got: 0', "", { range: [1, 65535] }],
    [
      "Invalid Attribute Value",
      "Attribute a value must be between -1 and 65535, got: -9",
      { range: [-1, 65535] },
    ],
    ['"a" (x) is an invalid ARN: arn: invalid prefix', "", { format: "arn" }],
    ["something else", "", {}],
  ])("%s", (summary, detail, fact) => {
    expect(factOf({ severity: "error", summary, detail })).toEqual(fact);
  });

  test.each<[string, string, unknown]>([
    ["Conflicting configuration arguments", '"a": conflicts with b.0.c', ["conflicts_with", ["b.c"]]],
    [
      "Invalid combination of arguments",
      '"a": one of `b,a` must be specified',
      ["exactly_one_of", ["a", "b"]],
    ],
    [
      "Invalid combination of arguments",
      '"a": only one of `a,b` can be specified, but `a,b` were specified.',
      ["exactly_one_of", ["a", "b"]],
    ],
    ["Missing required argument", '"a": one of `a,b` must be specified', ["at_least_one_of", ["a", "b"]]],
    ["Missing required argument", '"a": all of `a,b` must be specified', ["required_with", ["a", "b"]]],
    [
      "Missing Attribute Configuration",
      "Exactly one of these attributes must be configured: [b,a]",
      ["exactly_one_of", ["a", "b"]],
    ],
    ["Missing required argument", 'The argument "a" is required, but no definition was found.', undefined],
  ])("%s: %s", (summary, detail, combination) => {
    expect(combinationOf({ severity: "error", summary, detail })).toEqual(combination);
  });
});

test("samples of a provider nobody wrote any for are none", () => {
  expect(samplesOf("imaginary/thing")).toEqual({ samples: {}, always: [] });
  expect(samplesOf("hashicorp/aws").samples["policy"]?.length).toBeGreaterThan(1);
});

test("a made-up provider block skips whatever can be skipped and holds no real key", () => {
  const attributes = {
    region: { type: "string", optional: true },
    access_key: { type: "string", optional: true },
    skip_checks: { type: "bool", optional: true },
    skip_metadata: { type: "string", optional: true },
    retries: { type: "number", optional: true },
  } as const;
  const schema = { ...simulation.schema, provider: { version: 0, block: { attributes } } };
  expect(providerBlock(schema)).toEqual({
    region: "us-east-1",
    access_key: "made-up",
    skip_checks: true,
    skip_metadata: "true",
    retries: null,
  });
});

describe("cutting a schema", () => {
  test("keeps the provider block and the types named, in their order", () => {
    const { thing } = simulation.schema.resource_schemas;
    const whole = { ...simulation.schema, resource_schemas: { other: thing, thing } as never };
    const cut = cutSchema(whole, ["thing"]);
    expect(cut).toEqual(simulation.schema);
    expect(JSON.parse(schemaFile("imaginary/thing", cut))).toEqual({
      format_version: "1.0",
      provider_schemas: { "registry.terraform.io/imaginary/thing": simulation.schema },
    });
  });

  test("names every type that the provider does not have, and the nearest that it has", () => {
    expect(() => cutSchema(simulation.schema, ["thong", "thing", "tring"])).toThrow(
      /thong: nearest: "thing"[^]*tring: nearest: "thing"/,
    );
  });
});
