import { simulationData, type ProviderSimulation } from "../../fleet/simulation";
import { FIREWALL_GROUP, FIREWALL_RULE, firewallGroup, firewallRule } from "./simulation-firewall";
import { INSTANCE, instance, SNAPSHOT, snapshot } from "./simulation-instance";
import { life } from "./simulation-life";
import { reservedIp } from "./simulation-reserved-ip";
import { startupScript } from "./simulation-startup-script";

/** vultr/vultr 2.32.0 and the API behind it. */
export const vultr: ProviderSimulation = {
  ...simulationData(__dirname, "vultr/vultr"),
  resources: {
    [INSTANCE]: instance,
    [SNAPSHOT]: snapshot,
    [FIREWALL_GROUP]: firewallGroup,
    [FIREWALL_RULE]: firewallRule,
    vultr_reserved_ip: reservedIp,
    vultr_startup_script: startupScript,
  },
  life,
};
