import { Annotations, Aspects, TerraformOutput, TerraformStack, type App } from "cdktf";
import type { Environment } from "../constructs/fleet/environment";
import { refuseIfAny, type Problem } from "../constructs/fleet/problem";
import { blocks } from "../constructs/policies/blocks";
import { checkPolicies, policyProblems, type WaivedViolation } from "../constructs/policies/check-policies";
import type { PolicyObject, PolicyRule } from "../constructs/policies/policy-rule";
import { TERRAFORM_POLICIES } from "../constructs/policies/terraform-policies";
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
    ...TERRAFORM_POLICIES,
    ...IDENTITY_POLICIES,
    ...fleets.flatMap(({ policies }) => policies),
    ...dns.policies,
    ...(management?.policies ?? []),
  ];
  return [...new Map(rules.map((rule) => [rule.id, rule])).values()];
}

/**
 * Judges all stacks before they are written, as Terraform would read them, by the rules of their providers. What is waived
 * is a warning of every synth, and an output of its stack for whoever reads its state.
 * @throws PolycastError that names every violation, and every waiver that excuses nothing.
 */
export function guardPolicies(app: App, environment: Environment): void {
  // A construct may hold stacks as well as the app, and CDKTF writes those too.
  const stacks = app.node.findAll().filter((each) => TerraformStack.isStack(each));
  const rules = policyRules(environment);
  const { name, fleets, listeners, sandbox = false, waivers = [] } = environment;
  const objects = stacks.map((stack) =>
    objectsOf(stack, fleets.find((fleet) => fleetStackName(fleet.name) === stack.node.id)?.provider),
  );
  const findings = checkPolicies(objects.flat(), rules, waivers, { listeners, sandbox });
  refuseIfAny(
    (count) => `The environment "${name}" breaks ${count === 1 ? "a policy" : `policies, ${count} times`}:`,
    [...aspectProblems(app), ...policyProblems(findings, rules)],
  );
  stacks.forEach((stack, index) => {
    const paths = new Set(objects[index]?.map(({ path }) => path));
    const waived = findings.waived.filter(({ path }) => paths.has(path)).map(describeWaived);
    if (waived.length === 0) return;
    for (const each of waived) Annotations.of(stack).addWarning(each);
    new TerraformOutput(stack, WAIVED_OUTPUT, {
      value: waived,
      description: "Policies that the environment waives here",
      staticId: true,
    });
  });
}

/** CDKTF lets aspects change constructs while it writes them: after all rules have judged. */
function aspectProblems(app: App): readonly Problem[] {
  return app.node
    .findAll()
    .filter((construct) => Aspects.of(construct).all.length > 0)
    .map(({ node }) => ({
      where: node.path === "" ? "the app" : node.path,
      what: "it has an aspect, which changes what is written after the policies have judged it",
      remedy: "Change the constructs themselves, before they are judged: addOverride(), or their properties.",
    }));
}

function describeWaived({ rule, path, what, waiver }: WaivedViolation): string {
  return `${rule.id} at ${path}: ${what}. Waived: ${waiver.reason}`;
}

/** What CDKTF writes beside an object's arguments. */
interface Named {
  readonly "//"?: { readonly metadata: { readonly path: string } };
}
type Objects = Readonly<Record<string, Named>>;
type Attributes = PolicyObject["attributes"];
interface StackBlocks {
  readonly resource?: Readonly<Record<string, Objects>>;
  readonly data?: Readonly<Record<string, Objects>>;
  readonly module?: Objects;
  readonly variable?: Objects;
  readonly provider?: Readonly<Record<string, readonly (Attributes & { alias?: string })[]>>;
  readonly terraform?: { readonly backend?: Readonly<Record<string, Attributes>> };
}

/** Every object of a stack, as its file will have it. */
function objectsOf(stack: TerraformStack, fleetProvider: string | undefined): readonly PolicyObject[] {
  const {
    resource = {},
    data = {},
    module = {},
    variable = {},
    provider = {},
    terraform: { backend = {} } = {},
  } = stack.toTerraform() as StackBlocks;
  const object = (type: string, path: string, attributes: Attributes): PolicyObject => ({
    path,
    type,
    provider: fleetProvider,
    attributes: withDynamic(attributes),
  });
  const named = (type: string, all: Objects) =>
    Object.entries(all).map(([id, { "//": comment, ...attributes }]) =>
      object(type, comment?.metadata.path ?? `${stack.node.path}/${id}`, attributes),
    );
  return [
    ...Object.entries(resource).flatMap(([type, all]) => named(type, all)),
    ...Object.entries(data).flatMap(([type, all]) => named(`data.${type}`, all)),
    ...named("module", module),
    ...named("variable", variable),
    ...Object.entries(provider).flatMap(([type, all]) =>
      all.map((attributes) =>
        object(
          `provider.${type}`,
          [stack.node.path, "providers", type, attributes.alias ?? []].flat().join("/"),
          attributes,
        ),
      ),
    ),
    ...Object.entries(backend).map(([type, attributes]) =>
      object(`backend.${type}`, `${stack.node.path}/backend`, attributes),
    ),
  ];
}

/** An object with what its dynamic blocks will make: as one block of each, since how many is known to Terraform only. */
function withDynamic({ dynamic, ...attributes }: Attributes): Attributes {
  const made = blocks(dynamic).flatMap((each) => Object.entries(each));
  return made.reduce<Attributes>(
    (all, [name, block]) => ({
      ...all,
      [name]: [...blocks(all[name]), ...blocks(block).flatMap(({ content }) => blocks(content))],
    }),
    attributes,
  );
}
