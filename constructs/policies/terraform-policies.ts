import { isEmpty, isTrue } from "./blocks";
import type { PolicyRule } from "./policy-rule";

const noModule: PolicyRule = {
  id: "terraform-no-module",
  severity: "high",
  demand: "Every object stands in its stack",
  reason: "What a module brings is not there at synth, so no rule can judge it.",
  types: ["module"],
  violations: ({ attributes }) => [`it takes its objects from ${String(attributes["source"])}`],
};

const noSecretDefault: PolicyRule = {
  id: "terraform-no-secret-default",
  severity: "high",
  demand: "A sensitive variable has no default",
  reason: "What stands in a variable's default is readable in the synthesized stack.",
  types: ["variable"],
  violations: ({ attributes: { sensitive, default: value } }, { sandbox }) =>
    !sandbox && isTrue(sensitive) && !isEmpty(value)
      ? ["it is sensitive, and its default stands in the code"]
      : [],
};

const encryptedState: PolicyRule = {
  id: "terraform-encrypted-state",
  severity: "high",
  demand: "State is encrypted, and its block names no credentials",
  reason: "It holds every secret that Terraform has to keep, and the block is copied beside every plan.",
  types: ["backend.s3"],
  violations: ({ attributes }) => [
    ...(isTrue(attributes["encrypt"]) ? [] : ["encrypt is not set"]),
    ...["access_key", "secret_key", "token", "sse_customer_key"]
      .filter((name) => !isEmpty(attributes[name]))
      .map((name) => `${name} is set in the code; the environment's variables are for that`),
  ],
};

/** What must hold for every stack, whatever clouds it is for. */
export const TERRAFORM_POLICIES: readonly PolicyRule[] = [noModule, noSecretDefault, encryptedState];
