import { TerraformOutput, TerraformStack, type App } from "cdktf";
import type { Environment } from "../constructs/fleet/environment";
import { refuseIfAny } from "../constructs/fleet/problem";
import { checkPolicies, policyProblems, type WaivedViolation } from "../constructs/policies/check-policies";
import type { PolicyObject, PolicyRule } from "../constructs/policies/policy-rule";
import { IDENTITY_POLICIES } from "../constructs/secrets/identity-policies";
import { fleetStackName } from "../live/stack-names";

/** Name of the output in which a stack says what was waived in it. */
const WAIVED_OUTPUT = "waived_policies";

/** The rules of everything that an environment is made of, each once. */
export function policyRules({
  fleets,
  dns,
  management,
}: Pick<Environment, "fleets" | "dns" | "management">): readonly PolicyRule[] {
  const rules = [
    ...IDENTITY_POLICIES,
    ...fleets.flatMap(({ policies }) => policies),
    ...dns.policies,
    ...(management?.policies ?? []),
  ];
  return [...new Map(rules.map((rule) => [rule.id, rule])).values()];
}

/**
 * Judges all stacks before they are written, as Terraform would read them, by the rules of their providers. What is waived
 * becomes an output of its stack, so that every plan shows it.
 * @throws PolycastError that names every violation, and every waiver that excuses nothing.
 */
export function guardPolicies(app: App, environment: Environment): void {
  const stacks = app.node.children.filter((each) => TerraformStack.isStack(each));
  const rules = policyRules(environment);
  const { name, fleets, listeners, sandbox = false, waivers = [] } = environment;
  const objects = stacks.flatMap((stack) =>
    objectsOf(stack, fleets.find((fleet) => fleetStackName(fleet.name) === stack.node.id)?.provider),
  );
  const findings = checkPolicies(objects, rules, waivers, { listeners, sandbox });
  refuseIfAny(
    (count) => `The environment "${name}" breaks ${count === 1 ? "a policy" : `policies, ${count} times`}:`,
    policyProblems(findings, rules),
  );
  for (const stack of stacks) {
    const waived = findings.waived.filter(({ path }) => path.startsWith(`${stack.node.id}/`));
    if (waived.length === 0) continue;
    new TerraformOutput(stack, WAIVED_OUTPUT, {
      value: waived.map(describeWaived),
      description: "Policies that the environment waives here",
      staticId: true,
    });
  }
}

function describeWaived({ rule, path, what, waiver }: WaivedViolation): string {
  return `${rule.id} at ${path}: ${what}. Waived: ${waiver.reason}`;
}

/** What CDKTF writes beside an object's arguments. */
interface Named {
  readonly "//"?: { readonly metadata: { readonly path: string } };
}
type Blocks = Readonly<Record<string, Readonly<Record<string, Named>>>>;

/** Every object of a stack, as its file will have it. */
function objectsOf(stack: TerraformStack, fleetProvider: string | undefined): readonly PolicyObject[] {
  const {
    resource = {},
    data = {},
    provider = {},
  } = stack.toTerraform() as {
    resource?: Blocks;
    data?: Blocks;
    provider?: Readonly<Record<string, readonly (object & { alias?: string })[]>>;
  };
  const blocks = (all: Blocks, prefix: string) =>
    Object.entries(all).flatMap(([type, named]) =>
      Object.entries(named).map(([id, { "//": comment, ...attributes }]) => ({
        path: comment?.metadata.path ?? `${stack.node.id}/${id}`,
        type: `${prefix}${type}`,
        provider: fleetProvider,
        attributes,
      })),
    );
  return [
    ...blocks(resource, ""),
    ...blocks(data, "data."),
    ...Object.entries(provider).flatMap(([type, all]) =>
      all.map((attributes) => ({
        path: [stack.node.id, "providers", type, attributes.alias ?? []].flat().join("/"),
        type: `provider.${type}`,
        provider: fleetProvider,
        attributes: { ...attributes },
      })),
    ),
  ];
}
