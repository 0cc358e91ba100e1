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
    if (attributes["protocol"] !== "tcp" || !isWorld(cidr)) return [];
    const [low, high] = portsOf(attributes["port"]);
    return openAdministrativePorts(low, high, context).map((port) => `port ${port} is open to ${cidr}`);
  },
};

/** A port, `8000:9000`, or nothing for all. */
function portsOf(given: unknown): readonly [number, number] {
  if (typeof given !== "string" || given === "") return [0, 65_535];
  const [low = 0, high = low] = given.split(":").map(Number);
  return [low, high];
}

const firewall: PolicyRule = {
  id: "vultr-firewall",
  severity: "high",
  demand: "An instance has a firewall group",
  reason: "Without one every port is open, that of the health endpoint among them.",
  types: ["vultr_instance"],
  violations: ({ attributes }) =>
    attributes["firewall_group_id"] === undefined ? ["it has no firewall_group_id"] : [],
};

/** What must hold for every fleet on Vultr. Its disks have no setting for encryption. */
export const VULTR_POLICIES: readonly PolicyRule[] = [
  openSsh,
  firewall,
  taggedMachines("vultr-tags", "vultr_instance", "An instance"),
  noCredentialsInCode("vultr", ["api_key"]),
];
