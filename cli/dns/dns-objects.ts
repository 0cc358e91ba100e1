import type { CloudObject, CloudObjects, CtyType, Value, Values } from "../../constructs/fleet/simulation";
import { simulations } from "../../sandbox/simulations";
import { withReferences } from "./terraform-references";

/** The DNS stack as Terraform reads it. */
export interface DnsStack {
  readonly resource: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
}

/** What Terraform's states say. */
export interface KnownValues {
  /** An attribute of a resource of the stack; undefined where that is not there (yet). */
  attribute(type: string, name: string, attribute: string): unknown;
  /** An output of a stack whose state the DNS stack reads. */
  output(stack: string, output: string): string | undefined;
}

/** What configurations say to Terraform, and no service hears of. */
const META_ARGUMENTS = ["//", "lifecycle", "depends_on", "provider", "count", "for_each", "provisioner"];

/**
 * The objects that a service holds once the DNS stack is applied: what the configuration says, and what the service
 * decides by itself as far as it is known, else a text that stands for it. An output that is not known stays a reference.
 */
export function dnsObjects({ resource }: DnsStack, known: KnownValues): CloudObjects {
  const lookUp = (reference: string): string | undefined => {
    const [, stack, output] =
      /^data\.terraform_remote_state\.([\w-]+)\.outputs\.([\w-]+)$/.exec(reference) ?? [];
    if (stack !== undefined && output !== undefined) return known.output(stack, output);
    const [, type = "", name = "", attribute = ""] = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(reference) ?? [];
    const value = resource[type]?.[name]?.[attribute] ?? known.attribute(type, name, attribute);
    return typeof value === "string" ? resolved(value) : reference;
  };
  const resolved = (text: string): string => withReferences(text, lookUp) as string;

  const objects = Object.entries(resource).flatMap(([type, named]) =>
    Object.entries(named).map(([name, configured]): CloudObject => {
      const wanted = withReferences(configured, lookUp) as Values;
      const attributes = inForm(type, wanted, (attribute, form) => {
        const value = known.attribute(type, name, attribute) as Value | undefined;
        return value ?? placeholder(form, `${type}.${name}.${attribute}`);
      });
      const id = typeof attributes["id"] === "string" ? attributes["id"] : `${type}.${name}`;
      return { provider: simulationOf(type)?.source ?? "", type, id, attributes };
    }),
  );
  return { list: (type) => objects.filter((object) => object.type === type) };
}

/**
 * What is configured as a state has it.
 * @param decided what the service decides where the configuration leaves it out.
 */
function inForm(
  type: string,
  configured: Values,
  decided: (attribute: string, form: CtyType) => Value,
): Values {
  const { attributes = {}, block_types: blocks = {} } =
    simulationOf(type)?.schema.resource_schemas[type]?.block ?? {};
  const left = Object.entries(attributes)
    .filter(([name, { computed }]) => computed === true && !(name in configured))
    .map(([name, { type: form }]) => [name, decided(name, form)] as const);
  const given = Object.entries(configured)
    .filter(([name]) => !META_ARGUMENTS.includes(name))
    // A block that stands alone is a list of one.
    .map(([name, value]) => [name, name in blocks && !Array.isArray(value) ? [value] : value] as const);
  const values: Values = { ...Object.fromEntries(left), ...Object.fromEntries(given) };
  // Route 53 makes the full name of the other attributes.
  return type === "aws_route53_record" ? { ...values, fqdn: values["name"] ?? null } : values;
}

function simulationOf(type: string) {
  return simulations.find(({ schema }) => type in schema.resource_schemas);
}

/** Something of that form, until the service says what it is. */
function placeholder(form: CtyType, text: string): Value {
  if (form === "string") return text;
  if (form === "number") return 0;
  if (form === "bool") return false;
  return form[0] === "map" || form[0] === "object" ? {} : [];
}
