import { isEmpty } from "../../policies/blocks";
import { noCredentialsInCode } from "../../policies/no-credentials-in-code";
import { isWorld, openAdministrativePorts } from "../../policies/open-to-the-world";
import type { PolicyRule } from "../../policies/policy-rule";
import { taggedMachines } from "../../policies/tagged-machines";

const openSsh: PolicyRule = {
  id: "vultr-no-open-ssh",
  severity: "high",
  demand: "No firewall rule opens SSH to the world",
  reason: "Nodes are replaced, not mended by hand; who must look goes through a network of their own.",
  types: ["vultr_firewall_rule"],
  violations({ attributes }, context) {
    const cidr = `${String(attributes["subnet"])}/${String(attributes["subnet_size"])}`;
    if (String(attributes["protocol"]).toLowerCase() !== "tcp" || !isWorld(cidr)) return [];
    const [low, high] = portsOf(attributes["port"]);
    return openAdministrativePorts(low, high, context).map((port) => `port ${port} is open to ${cidr}`);
  },
};

/** A port, `8000:9000`, or nothing for all; so may be what is known to Terraform only. */
function portsOf(given: unknown): readonly [number, number] {
  const [, low = 0, high = low] = /^(\d+)(?:[:-](\d+))?$/.exec(String(given)) ?? [undefined, 0, 65_535];
  return [Number(low), Number(high)];
}

const firewall: PolicyRule = {
  id: "vultr-firewall",
  severity: "high",
  demand: "An instance has a firewall group",
  reason: "Without one every port is open, that of the health endpoint among them.",
  types: ["vultr_instance", "vultr_bare_metal_server"],
  violations({ type, attributes }) {
    if (type === "vultr_bare_metal_server") return ["Vultr has no firewall for bare metal"];
    return isEmpty(attributes["firewall_group_id"]) ? ["it has no firewall_group_id"] : [];
  },
};

const noKeyInState: PolicyRule = {
  id: "vultr-no-key-in-state",
  severity: "high",
  demand: "No user is made by Terraform",
  reason: "Terraform keeps a user's password and API key in plain text in the state of a fleet.",
  // https://registry.terraform.io/providers/vultr/vultr/2.32.0/docs/resources/user
  types: ["vultr_user"],
  violations: () => ["it makes a user"],
};

/** What must hold for every fleet on Vultr. Its disks have no setting for encryption. */
export const VULTR_POLICIES: readonly PolicyRule[] = [
  openSsh,
  firewall,
  noKeyInState,
  taggedMachines("vultr-tags", ["vultr_instance", "vultr_bare_metal_server"], "An instance"),
  noCredentialsInCode("vultr", ["api_key"]),
];
