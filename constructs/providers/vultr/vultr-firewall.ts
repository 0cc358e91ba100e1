import type { Listener } from "../../fleet/fleet-inputs";
import { VULTR_ROUTERS } from "./vultr-bgp";

/** A rule of a firewall group, and what it is called in its fleet. */
export interface Opening {
  readonly id: string;
  readonly ipType: "v4" | "v6";
  readonly protocol: "tcp" | "udp";
  readonly port: string;
  readonly subnet: string;
  readonly subnetSize: number;
  readonly notes: string;
}

/** Rules that one group can have: `max_rule_count` in the example of https://www.vultr.com/api/#tag/firewall */
export const RULE_LIMIT = 50;

const BGP_PORT = 179;

/** What reaches the nodes: everybody the listeners, Vultr's routers the BGP session, nobody anything else. */
export function openings(listeners: readonly Listener[], ipv6: boolean): readonly Opening[] {
  const families = ipv6 ? (["v4", "v6"] as const) : (["v4"] as const);
  return families.flatMap((ipType) => [
    ...listeners.map(({ port, protocol }) => ({
      ...opening(ipType, protocol === "TCP" ? "tcp" : "udp", port),
      subnet: ipType === "v4" ? "0.0.0.0" : "::",
      subnetSize: 0,
      notes: "clients",
    })),
    {
      ...opening(ipType, "tcp", BGP_PORT),
      subnet: VULTR_ROUTERS[ipType].address,
      subnetSize: ipType === "v4" ? 32 : 128,
      notes: "BGP",
    },
  ]);
}

function opening(ipType: Opening["ipType"], protocol: Opening["protocol"], port: number) {
  return { id: `${protocol}-${port}-${ipType}`, ipType, protocol, port: String(port) };
}
