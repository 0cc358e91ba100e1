import {
  UNKNOWN,
  type BlockSchema,
  type CtyType,
  type ProviderSchema,
  type Value,
  type Values,
} from "../../constructs/fleet/simulation";
import { emptyBlock } from "../../sandbox/engine/values";

/** What is read of a synthesized stack. */
export interface StackResources {
  readonly resource?: {
    readonly [type: string]: { readonly [name: string]: { readonly [key: string]: unknown } };
  };
}

/** One resource of a synthesized stack as Terraform would pass it to its plugin on the first plan. */
export interface StackConfiguration {
  readonly type: string;
  readonly name: string;
  readonly config: Values;
}

/** What Terraform itself reads of a resource; no plugin sees it. */
const META = ["provider", "depends_on", "lifecycle", "count", "for_each", "connection", "provisioner"];

/** The resources of a stack that a schema knows. Whatever refers to something else is not known on the first plan. */
export function configurationsOf(stack: StackResources, schema: ProviderSchema): StackConfiguration[] {
  return Object.entries(stack.resource ?? {}).flatMap(([type, resources]) => {
    const block = schema.resource_schemas[type]?.block;
    if (block === undefined) return [];
    return Object.entries(resources).map(([name, written]) => ({
      type,
      name,
      config: blockOf(block, written),
    }));
  });
}

function blockOf(block: BlockSchema, written: { readonly [key: string]: unknown }): Values {
  const config = emptyBlock(block);
  for (const [name, given] of Object.entries(written)) {
    const attribute = block.attributes?.[name];
    const nested = block.block_types?.[name];
    if (META.includes(name) || name === "//") continue;
    if (attribute !== undefined) config[name] = valueOf(given, attribute.type);
    else if (nested !== undefined) {
      const elements = (Array.isArray(given) ? given : [given]) as Record<string, unknown>[];
      const values = elements.map((element) => blockOf(nested.block, element));
      config[name] = nested.nesting_mode === "single" ? (values[0] ?? null) : values;
    } else throw new Error(`the schema has no "${name}"`);
  }
  return config;
}

/** A value as Terraform converts it to the type it is for. */
function valueOf(given: unknown, type: CtyType): Value {
  if (given === null || given === undefined) return null;
  if (typeof given === "string" && given.includes("${")) return UNKNOWN;
  if (type === "string") return typeof given === "string" ? given : JSON.stringify(given);
  if (type === "number") return Number(given);
  if (type === "bool") return given === true || given === "true";
  if (type[0] === "list" || type[0] === "set")
    return (given as unknown[]).map((each) => valueOf(each, type[1]));
  const typeOf = (name: string): CtyType => (type[0] === "object" ? (type[1][name] ?? "string") : type[1]);
  return Object.fromEntries(Object.entries(given).map(([name, each]) => [name, valueOf(each, typeOf(name))]));
}
