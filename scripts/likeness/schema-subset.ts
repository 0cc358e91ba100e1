import type {
  AttributeSchema,
  BlockSchema,
  NestedBlockSchema,
  ProviderSchema,
  ResourceSchema,
} from "../../constructs/fleet/simulation";

/** What has to be the same of an attribute. */
const ATTRIBUTE = ["type", "required", "optional", "computed", "sensitive"] as const;

/** What has to be the same of a nested block; zero and left out are the same. */
const BLOCK = ["nesting_mode", "min_items", "max_items"] as const;

/**
 * How a cut-down schema is more, or something else, than the plugin's: a line each, all at once. The plugin may have
 * more resource types, attributes and blocks, as long as none of these has to be given.
 *
 * @param ours the cut-down schema
 * @param real the plugin's own
 */
export function schemaDifferences(ours: ProviderSchema, real: ProviderSchema): string[] {
  const resources = Object.entries(ours.resource_schemas).flatMap(([type, schema]) => {
    const own = real.resource_schemas[type];
    return own === undefined
      ? [`${type}: the plugin has no such resource type`]
      : resource(type, schema, own);
  });
  return [...resource("provider", ours.provider, real.provider), ...resources];
}

function resource(name: string, ours: ResourceSchema, real: ResourceSchema): string[] {
  return [
    ...unequal(`${name}: version`, ours.version, real.version),
    ...blockDifferences(name, ours.block, real.block),
  ];
}

function blockDifferences(at: string, ours: BlockSchema, real: BlockSchema): string[] {
  const attributes = [ours, real].map((block) => block.attributes ?? {});
  const blocks = [ours, real].map((block) => block.block_types ?? {});
  return [
    ...shared<AttributeSchema>(
      at,
      "attribute",
      attributes,
      attributeDifferences,
      (each) => each.required === true,
    ),
    ...shared<NestedBlockSchema>(at, "block", blocks, nestedDifferences, (each) => (each.min_items ?? 0) > 0),
  ];
}

/** Compares what both have, and names what only ours has or only the plugin has and needs. */
function shared<T>(
  at: string,
  what: string,
  [ours = {}, real = {}]: readonly { readonly [name: string]: T }[],
  differences: (at: string, ours: T, real: T) => string[],
  isNeeded: (real: T) => boolean,
): string[] {
  const own = Object.entries(ours).flatMap(([name, each]) => {
    const other = real[name];
    return other === undefined
      ? [`${at}.${name}: the plugin has no such ${what}`]
      : differences(`${at}.${name}`, each, other);
  });
  const needed = Object.entries(real).flatMap(([name, each]) =>
    name in ours || !isNeeded(each) ? [] : [`${at}.${name}: the plugin requires this ${what}, ours lacks it`],
  );
  return [...own, ...needed];
}

function attributeDifferences(at: string, ours: AttributeSchema, real: AttributeSchema): string[] {
  return ATTRIBUTE.flatMap((flag) => unequal(`${at}: ${flag}`, ours[flag] ?? false, real[flag] ?? false));
}

function nestedDifferences(at: string, ours: NestedBlockSchema, real: NestedBlockSchema): string[] {
  return [
    ...BLOCK.flatMap((limit) => unequal(`${at}: ${limit}`, ours[limit] ?? 0, real[limit] ?? 0)),
    ...blockDifferences(at, ours.block, real.block),
  ];
}

function unequal(what: string, ours: unknown, real: unknown): string[] {
  const [own, other] = [text(ours), text(real)];
  return own === other ? [] : [`${what} is ${own}, the plugin's ${other}`];
}

/** As JSON, the keys of objects in order: an object type's attributes have none. */
function text(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
