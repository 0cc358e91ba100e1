import { texts } from "../../policies/blocks";
import { noCredentialsInCode } from "../../policies/no-credentials-in-code";
import type { PolicyRule } from "../../policies/policy-rule";

const noKeyInState: PolicyRule = {
  id: "ns1-no-key-in-state",
  severity: "high",
  demand: "No key is made by Terraform",
  reason: "Terraform keeps it in plain text in the state of DNS, and who has it moves all traffic.",
  // https://registry.terraform.io/providers/ns1-terraform/ns1/2.9.0/docs/resources/apikey
  // https://registry.terraform.io/providers/ns1-terraform/ns1/2.9.0/docs/resources/tsigkey
  types: ["ns1_apikey", "ns1_tsigkey"],
  violations: () => ["it makes a key"],
};

const verifiedMonitors: PolicyRule = {
  id: "ns1-monitors-from-afar",
  severity: "medium",
  demand: "A monitor looks from three places or more, and goes by the majority",
  reason: "One place that loses its own network would take a healthy fleet out of DNS.",
  types: ["ns1_monitoringjob"],
  violations({ attributes }) {
    const regions = texts(attributes["regions"]);
    return [
      ...(regions.length >= 3 ? [] : [`it looks from ${regions.length}`]),
      ...(attributes["policy"] === "quorum" ? [] : ["it does not go by the majority"]),
    ];
  },
};

/** What must hold for DNS at NS1. */
export const NS1_POLICIES: readonly PolicyRule[] = [
  noKeyInState,
  verifiedMonitors,
  noCredentialsInCode("ns1", ["apikey"]),
];
