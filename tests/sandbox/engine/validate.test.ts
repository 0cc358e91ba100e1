import {
  UNKNOWN,
  type BlockSchema,
  type Diagnostic,
  type ResourceBehaviour,
  type Values,
} from "../../../constructs/fleet/simulation";
import { validate } from "../../../sandbox/engine/validate";
import { asText, emptyBlock } from "../../../sandbox/engine/values";
import { sampleProvider } from "./sample-provider";

const RULE: BlockSchema = {
  attributes: { port: { type: "number", optional: true }, kind: { type: "string", optional: true } },
};
const BLOCK: BlockSchema = {
  attributes: {
    id: { type: "string", optional: true, computed: true },
    a: { type: "string", optional: true },
    b: { type: "string", optional: true },
    c: { type: "string", optional: true },
    items: { type: ["list", "string"], optional: true },
    members: { type: ["set", "string"], optional: true },
  },
  block_types: { rule: { nesting_mode: "list", block: RULE }, other: { nesting_mode: "list", block: RULE } },
};

const rule = (values: Values): Values => ({ ...emptyBlock(RULE), ...values });

function problems(config: Values, behaviour: ResourceBehaviour, type = "sample_thing"): Diagnostic[] {
  const simulation = sampleProvider({ block: BLOCK, behaviour });
  return validate(simulation, type, { ...emptyBlock(BLOCK), ...config }, {});
}

const summaries = (config: Values, behaviour: ResourceBehaviour): string[] =>
  problems(config, behaviour).map(({ summary, detail }) =>
    detail === undefined ? summary : `${summary}: ${detail}`,
  );

describe("values, in the SDK's words", () => {
  test.each<[string, Values, ResourceBehaviour, string | undefined]>([
    ["one of, allowed", { a: "x" }, { a: { one_of: ["x", "y"] } }, undefined],
    ["one of", { a: "z" }, { a: { one_of: ["x", "y"] } }, 'expected a to be one of ["x" "y"], got z'],
    ["one of, case counts", { a: "X" }, { a: { one_of: ["x"] } }, 'expected a to be one of ["x"], got X'],
    ["one of, in any case", { a: "X" }, { a: { one_of: ["x"], ignore_case: true } }, undefined],
    [
      "one of, in any case, something else",
      { a: "Z" },
      { a: { one_of: ["x"], ignore_case: true } },
      'expected a to be one of ["x"], got Z',
    ],
    ["in a list with something unknown", { items: ["z", UNKNOWN] }, { items: { one_of: ["x"] } }, undefined],
    [
      "beside something unknown in a block",
      { rule: [rule({ port: 0 }), rule({ kind: UNKNOWN })] },
      { "rule.port": { range: [1, 65535] } },
      undefined,
    ],
    [
      "beside something unknown in another block",
      { rule: [rule({ port: 0 })], other: [rule({ kind: UNKNOWN })] },
      { "rule.port": { range: [1, 65535] } },
      "expected rule.0.port to be in the range (1 - 65535), got 0",
    ],
    [
      "one of, numbers",
      { rule: [rule({ port: 2 })] },
      { "rule.port": { one_of: ["0", "1"] } },
      "expected rule.0.port to be one of [0 1], got 2",
    ],
    ["range, lowest", { rule: [rule({ port: 1 })] }, { "rule.port": { range: [1, 65535] } }, undefined],
    [
      "range, below",
      { rule: [rule({ port: 0 })] },
      { "rule.port": { range: [1, 65535] } },
      "expected rule.0.port to be in the range (1 - 65535), got 0",
    ],
    [
      "range, above",
      { rule: [rule({}), rule({ port: 65536 })] },
      { "rule.port": { range: [1, 65535] } },
      "expected rule.1.port to be in the range (1 - 65535), got 65536",
    ],
    ["length, most", { a: "abc" }, { a: { length: [1, 3] } }, undefined],
    [
      "length, too long",
      { a: "abcd" },
      { a: { length: [1, 3] } },
      "expected length of a to be in the range (1 - 3), got abcd",
    ],
    [
      "length, empty",
      { a: "" },
      { a: { length: [1, 3] } },
      "expected length of a to be in the range (1 - 3), got ",
    ],
    [
      "length counts bytes, as Go does",
      { a: "äöü" },
      { a: { length: [1, 3] } },
      "expected length of a to be in the range (1 - 3), got äöü",
    ],
    [
      "a list's elements",
      { items: ["x", "z"] },
      { items: { one_of: ["x"] } },
      'expected items.1 to be one of ["x"], got z',
    ],
    ["arn, good", { a: "arn:aws:iam::123456789012:role/x" }, { a: { format: "arn" } }, undefined],
    ["arn, empty passes", { a: "" }, { a: { format: "arn" } }, undefined],
    [
      "arn, prefix",
      { a: "role/x" },
      { a: { format: "arn" } },
      '"a" (role/x) is an invalid ARN: arn: invalid prefix',
    ],
    [
      "arn, sections",
      { a: "arn:aws:iam" },
      { a: { format: "arn" } },
      '"a" (arn:aws:iam) is an invalid ARN: arn: not enough sections',
    ],
    ["null passes", {}, { a: { one_of: ["x"], length: [1, 3], format: "arn" } }, undefined],
    [
      "unknown passes",
      { a: UNKNOWN, items: ["x", UNKNOWN] },
      { a: { one_of: ["x"], format: "arn" }, items: { one_of: ["x"] } },
      undefined,
    ],
  ])("%s", (_, config, behaviour, expected) => {
    expect(summaries(config, behaviour)).toEqual(expected === undefined ? [] : [expected]);
  });

  test("all problems are reported, each with its path", () => {
    const found = problems(
      { a: "z", rule: [rule({ port: 0 })] },
      { a: { one_of: ["x"], length: [2, 3] }, "rule.port": { range: [1, 2] } },
    );
    expect(found.map(({ path }) => path)).toEqual([["a"], ["a"], ["rule", 0, "port"]]);
  });

  test("a set's element has the set's path: it has no index", () => {
    expect(problems({ members: ["z"] }, { members: { one_of: ["x"] } })).toMatchObject([
      { path: ["members"] },
    ]);
  });
});

describe("attributes that exclude or need each other, in the SDK's words", () => {
  const conflict: ResourceBehaviour = { a: { conflicts_with: ["b", "rule"] } };
  const exactly = { exactly_one_of: ["b", "a", "c"] };
  const exactlyOne: ResourceBehaviour = { a: exactly, b: exactly };

  test.each<[string, Values, ResourceBehaviour, string[]]>([
    ["no conflict", { a: "1" }, conflict, []],
    [
      "a conflict",
      { a: "1", b: "1" },
      conflict,
      ['Conflicting configuration arguments: "a": conflicts with b'],
    ],
    [
      "a conflict with a block",
      { a: "1", rule: [rule({})] },
      conflict,
      ['Conflicting configuration arguments: "a": conflicts with rule'],
    ],
    [
      "a conflict with an empty string",
      { a: "1", b: "" },
      conflict,
      ['Conflicting configuration arguments: "a": conflicts with b'],
    ],
    ["an unknown may turn out null", { a: "1", b: UNKNOWN }, conflict, []],
    ["an unknown of its own may too", { a: UNKNOWN, b: "1" }, conflict, []],
    [
      "blocks",
      { rule: [rule({})], other: [rule({})] },
      { rule: { conflicts_with: ["other"] } },
      ['Conflicting configuration arguments: "rule": conflicts with other'],
    ],
    ["exactly one", { c: "1" }, exactlyOne, []],
    [
      "none of exactly one",
      {},
      exactlyOne,
      [
        'Invalid combination of arguments: "a": one of `a,b,c` must be specified',
        'Invalid combination of arguments: "b": one of `a,b,c` must be specified',
      ],
    ],
    [
      "two of exactly one",
      { a: "1", c: "1" },
      { a: exactly },
      [
        'Invalid combination of arguments: "a": only one of `a,b,c` can be specified, but `a,c` were specified.',
      ],
    ],
    ["none of exactly one, one unknown", { b: UNKNOWN }, exactlyOne, []],
    ["at least one", { b: "1" }, { a: { at_least_one_of: ["a", "b"] } }, []],
    [
      "none of at least one",
      {},
      { a: { at_least_one_of: ["b", "a"] } },
      ['Missing required argument: "a": one of `a,b` must be specified'],
    ],
  ])("%s", (_, config, behaviour, expected) => {
    expect(summaries(config, behaviour)).toEqual(expected);
  });

  test("an empty collection is given, an empty list of blocks is not", () => {
    const conflict = { a: { conflicts_with: ["items"] }, b: { conflicts_with: ["rule"] } };
    expect(summaries({ a: "1", b: "1", items: [], rule: [] }, conflict)).toEqual([
      'Conflicting configuration arguments: "a": conflicts with items',
    ]);
  });

  test("an attribute's first such problem hides what its value is", () => {
    expect(summaries({ a: "z", b: "1" }, { a: { conflicts_with: ["b"], one_of: ["x"] } })).toHaveLength(1);
  });
});

test("SDKv2 refuses a null inside a list or set, a framework resource does not", () => {
  expect(problems({ items: ["a", null] }, {})).toEqual([
    {
      severity: "error",
      summary: "Null value found in list",
      detail: "Null values are not allowed for this attribute value.",
      path: ["items", 1],
    },
  ]);
  expect(problems({ members: [null] }, {})).toMatchObject([{ path: ["members"] }]);
  expect(problems({ items: ["a", null] }, {}, "sample_modern")).toEqual([]);
});

test("a simulation adds its own words and sees the provider's configuration", () => {
  const simulation = sampleProvider({
    block: BLOCK,
    resource: {
      validate: ({ a }, { region }) => [
        { severity: "warning", summary: `${asText(a)} in ${asText(region)}` },
      ],
    },
  });
  expect(validate(simulation, "sample_thing", { ...emptyBlock(BLOCK), a: "x" }, { region: "r" })).toEqual([
    { severity: "warning", summary: "x in r" },
  ]);
});

test("an unknown resource type is an error", () => {
  expect(validate(sampleProvider(), "sample_none", {}, {})).toMatchObject([
    { summary: "unknown resource type: sample_none" },
  ]);
});
