import { isEmpty } from "./blocks";
import type { PolicyRule } from "./policy-rule";

/**
 * The rule that a provider's block carries no credentials.
 * @param provider its name, as in `provider "aws"`.
 * @param names arguments that hold some.
 */
export function noCredentialsInCode(provider: string, names: readonly string[]): PolicyRule {
  return {
    id: `${provider}-no-credentials-in-code`,
    severity: "high",
    demand: "The provider's block names no credentials",
    reason: "What stands in a block is readable in the synthesized stack and in every saved plan.",
    types: [`provider.${provider}`],
    violations: ({ attributes }, { sandbox }) =>
      sandbox
        ? []
        : names
            .filter((name) => !isEmpty(attributes[name]))
            .map((name) => `${name} is set in the code; the environment's variables are for that`),
  };
}
