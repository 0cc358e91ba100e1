import { UNKNOWN, type BlockSchema, type CtyType, type Value } from "../../../constructs/fleet/simulation";
import { diagnosticOf, pathOf, schemaReply } from "../../../sandbox/engine/schema-wire";
import { blockType } from "../../../sandbox/engine/values";
import { decodeJson, decodeValue, encodeValue } from "../../../sandbox/engine/wire";

const bytes = (...values: number[]): { msgpack: Uint8Array } => ({ msgpack: Uint8Array.from(values) });
const roundTrip = (value: Value, type: CtyType): Value => decodeValue(encodeValue(value, type), type);

const NESTED: CtyType = [
  "object",
  { name: "string", sizes: ["list", "number"], labels: ["map", "string"], on: "bool" },
];

describe("values on the wire", () => {
  test.each<[string, Value, CtyType]>([
    ["null", null, "string"],
    ["a string", "ä 𝄞", "string"],
    ["zero", 0, "number"],
    ["a fraction", 0.1, "number"],
    ["a negative number", -7, "number"],
    ["the largest safe integer", Number.MAX_SAFE_INTEGER, "number"],
    ["a bool", false, "bool"],
    ["an unknown", UNKNOWN, "string"],
    ["an empty list", [], ["list", "string"]],
    ["an unknown in a list", ["a", UNKNOWN], ["list", "string"]],
    ["an object", { name: "n", sizes: [1, 2.5], labels: { "a.b": "c" }, on: true }, NESTED],
    ["an object with unknowns", { name: UNKNOWN, sizes: UNKNOWN, labels: { a: UNKNOWN }, on: null }, NESTED],
  ])("%s comes back as it was", (_, value, type) => {
    expect(roundTrip(value, type)).toEqual(value);
  });

  test("an unknown is extension type 0 with one byte", () => {
    expect(encodeValue(UNKNOWN, "string").msgpack).toEqual(Uint8Array.from([0xd4, 0, 0]));
  });

  test("an unknown with refinements (extension type 12) is just unknown", () => {
    expect(decodeValue(bytes(0xd5, 12, 0x81, 0x01), "string")).toBe(UNKNOWN);
    expect(decodeValue(bytes(0xc7, 3, 12, 0x81, 0x01, 0xc2), "string")).toBe(UNKNOWN);
  });

  test.each<[string, bigint]>([
    ["beyond what a double holds", 9_007_199_254_740_993n],
    ["the largest of 64 bits", 9_223_372_036_854_775_807n],
    ["beyond 64 bits", 123_456_789_012_345_678_901_234_567_890n],
    ["negative", -9_007_199_254_740_993n],
  ])("a whole number %s keeps every digit", (_, value) => {
    expect(roundTrip(value, "number")).toBe(value);
  });

  test("a number that comes as text is a number", () => {
    expect(decodeValue(encodeValue("12", "string"), "number")).toBe(12);
    expect(decodeValue(encodeValue("0.5", "string"), "number")).toBe(0.5);
    expect(decodeValue(encodeValue("12", "string"), "string")).toBe("12");
  });

  test("what an object lacks is null", () => {
    expect(roundTrip({ name: "n" }, NESTED)).toEqual({ name: "n", sizes: null, labels: null, on: null });
  });

  test("what the type does not have is refused", () => {
    expect(() => encodeValue({ name: "n", colour: "red" }, NESTED)).toThrow("no such attribute: colour");
    expect(() => encodeValue("n", NESTED)).toThrow('expected an object, got "n"');
  });

  test("JSON is read too; nothing at all is null", () => {
    const json = Buffer.from('{"name":"n","sizes":[1],"gone":true}');
    expect(decodeValue({ json }, NESTED)).toEqual({ name: "n", sizes: [1], labels: null, on: null });
    expect(decodeJson(json, NESTED)).toMatchObject({ name: "n" });
    expect([decodeValue(undefined, NESTED), decodeValue(null, NESTED), decodeValue({}, NESTED)]).toEqual([
      null,
      null,
      null,
    ]);
  });
});

const BLOCK: BlockSchema = {
  attributes: {
    name: { type: "string", required: true, sensitive: true },
    labels: { type: ["map", "string"], optional: true, computed: true },
  },
  block_types: {
    rule: {
      nesting_mode: "list",
      max_items: 2,
      block: { attributes: { port: { type: "number", optional: true } } },
    },
    one: { nesting_mode: "single", block: {} },
  },
};

describe("schemas on the wire", () => {
  test("carry flags, types as JSON, nesting and limits, and that asking again is not needed", () => {
    const reply = schemaReply({
      provider: { version: 0, block: {} },
      resource_schemas: { thing: { version: 3, block: BLOCK } },
    });
    expect(reply).toEqual({
      provider: { version: 0, block: { attributes: [], block_types: [] } },
      resource_schemas: {
        thing: {
          version: 3,
          block: {
            attributes: [
              { name: "name", type: Buffer.from('"string"'), required: true, sensitive: true },
              { name: "labels", type: Buffer.from('["map","string"]'), optional: true, computed: true },
            ],
            block_types: [
              {
                type_name: "rule",
                nesting: 2,
                min_items: 0,
                max_items: 2,
                block: {
                  attributes: [{ name: "port", type: Buffer.from('"number"'), optional: true }],
                  block_types: [],
                },
              },
              {
                type_name: "one",
                nesting: 1,
                min_items: 0,
                max_items: 0,
                block: { attributes: [], block_types: [] },
              },
            ],
          },
        },
      },
      server_capabilities: { get_provider_schema_optional: true },
    });
  });

  test("paths tell attributes, map keys and indices apart", () => {
    expect(pathOf(["rule", 1, "port"], blockType(BLOCK)).steps).toEqual([
      { attribute_name: "rule" },
      { element_key_int: 1 },
      { attribute_name: "port" },
    ]);
    expect(pathOf(["labels", "rule"], blockType(BLOCK)).steps).toEqual([
      { attribute_name: "labels" },
      { element_key_string: "rule" },
    ]);
  });

  test("diagnostics carry severity, words and path", () => {
    expect(diagnosticOf({ severity: "error", summary: "s" }, blockType(BLOCK))).toEqual({
      severity: 1,
      summary: "s",
      detail: "",
    });
    expect(
      diagnosticOf({ severity: "warning", summary: "s", detail: "d", path: ["name"] }, blockType(BLOCK)),
    ).toEqual({
      severity: 2,
      summary: "s",
      detail: "d",
      attribute: { steps: [{ attribute_name: "name" }] },
    });
  });
});
