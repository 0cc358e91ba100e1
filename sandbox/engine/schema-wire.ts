import type {
  AttributePath,
  BlockSchema,
  CtyType,
  Diagnostic,
  NestedBlockSchema,
  ProviderSchema,
  ResourceSchema,
} from "../../constructs/fleet/simulation";
import { elementType } from "./values";

/** The protocol's numbers for how a nested block nests. */
const NESTING: Record<NestedBlockSchema["nesting_mode"], number> = {
  single: 1,
  list: 2,
  set: 3,
  map: 4,
  group: 5,
};

/** The answer to GetSchema. Saying that it is optional makes Terraform ask once instead of once per connection. */
export function schemaReply({ provider, resource_schemas: resources }: ProviderSchema): object {
  return {
    provider: schemaOf(provider),
    resource_schemas: Object.fromEntries(
      Object.entries(resources).map(([type, schema]) => [type, schemaOf(schema)]),
    ),
    server_capabilities: { get_provider_schema_optional: true },
  };
}

function schemaOf({ version, block }: ResourceSchema): object {
  return { version, block: blockOf(block) };
}

function blockOf({ attributes = {}, block_types: blocks = {} }: BlockSchema): object {
  return {
    attributes: Object.entries(attributes).map(([name, { type, ...flags }]) => ({
      name,
      type: Buffer.from(JSON.stringify(type)),
      ...flags,
    })),
    block_types: Object.entries(blocks).map(([name, nested]) => ({
      type_name: name,
      nesting: NESTING[nested.nesting_mode],
      min_items: nested.min_items ?? 0,
      max_items: nested.max_items ?? 0,
      block: blockOf(nested.block),
    })),
  };
}

interface WireStep {
  readonly attribute_name?: string;
  readonly element_key_string?: string;
  readonly element_key_int?: number;
}

/** A path on the wire. The type tells attribute names from map keys. */
export function pathOf(path: AttributePath, type: CtyType): { steps: WireStep[] } {
  const steps: WireStep[] = [];
  let here: CtyType | undefined = type;
  for (const step of path) {
    if (typeof step === "number") steps.push({ element_key_int: step });
    else if (Array.isArray(here) && here[0] === "map") steps.push({ element_key_string: step });
    else steps.push({ attribute_name: step });
    here = here === undefined ? undefined : typeAt(here, step);
  }
  return { steps };
}

function typeAt(type: CtyType, step: string | number): CtyType | undefined {
  return Array.isArray(type) && type[0] === "object" ? type[1][step] : elementType(type);
}

const SEVERITY: Record<Diagnostic["severity"], number> = { error: 1, warning: 2 };

export function diagnosticOf({ severity, summary, detail = "", path }: Diagnostic, type: CtyType): object {
  const attribute = path === undefined ? {} : { attribute: pathOf(path, type) };
  return { severity: SEVERITY[severity], summary, detail, ...attribute };
}
