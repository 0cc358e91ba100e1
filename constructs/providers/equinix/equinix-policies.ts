import { blocks, isEmpty } from "../../policies/blocks";
import { noCredentialsInCode } from "../../policies/no-credentials-in-code";
import type { PolicyRule } from "../../policies/policy-rule";
import { taggedMachines } from "../../policies/tagged-machines";

const sessionPassword: PolicyRule = {
  id: "equinix-bgp-password",
  severity: "high",
  demand: "A project with BGP has a password for its sessions",
  reason: "Without one, whoever can send packets to the routers can end sessions.",
  types: ["equinix_metal_project"],
  violations: ({ attributes }) =>
    blocks(attributes["bgp_config"]).some(({ md5 }) => isEmpty(md5)) ? ["its bgp_config has no md5"] : [],
};

const noKeyInState: PolicyRule = {
  id: "equinix-no-key-in-state",
  severity: "high",
  demand: "No API key is made by Terraform",
  reason: "Terraform keeps it in plain text in the state of a fleet, and who has it has the machines.",
  types: ["equinix_metal_project_api_key", "equinix_metal_user_api_key"],
  violations: () => ["it makes an API key"],
};

/** What must hold for every fleet on Equinix Metal. It has no firewall: the node's own is the only one. */
export const EQUINIX_POLICIES: readonly PolicyRule[] = [
  sessionPassword,
  noKeyInState,
  taggedMachines("equinix-tags", ["equinix_metal_device"], "A device"),
  noCredentialsInCode("equinix", ["auth_token", "client_secret", "token"]),
];
