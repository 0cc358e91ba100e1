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
    ((attributes["bgp_config"] ?? []) as readonly Readonly<Record<string, unknown>>[]).some(
      ({ md5 }) => md5 === undefined,
    )
      ? ["its bgp_config has no md5"]
      : [],
};

/** What must hold for every fleet on Equinix Metal. It has no firewall: the node's own is the only one. */
export const EQUINIX_POLICIES: readonly PolicyRule[] = [
  sessionPassword,
  taggedMachines("equinix-tags", "equinix_metal_device", "A device"),
  noCredentialsInCode("equinix", ["auth_token", "client_secret", "token"]),
];
