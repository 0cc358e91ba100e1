import type { PolicyContext, PolicyObject, PolicyRule } from "../../../constructs/policies/policy-rule";

/** An edge with a tunnel server on a port of its own. */
export const CONTEXT: PolicyContext = {
  listeners: [
    { port: 443, protocol: "TCP" },
    { port: 2222, protocol: "TCP", role: "tunnel" },
  ],
  sandbox: false,
};

/** An object as a synthesized stack has it. */
export function policyObject(
  type: string,
  attributes: PolicyObject["attributes"],
  changes: Partial<PolicyObject> = {},
): PolicyObject {
  return { path: "aws-fleet/fleet/thing", type, provider: "aws", attributes, ...changes };
}

/** What a rule of a list says about an object. @throws Error where the rule does not look at its type. */
export function judge(
  rules: readonly PolicyRule[],
  id: string,
  object: PolicyObject,
  context: Partial<PolicyContext> = {},
): readonly string[] {
  const rule = rules.find((each) => each.id === id);
  if (!rule?.types.includes(object.type)) throw new Error(`${id} does not look at ${object.type}`);
  return rule.violations(object, { ...CONTEXT, ...context });
}
