import { BlockList, isIPv6 } from "node:net";

/** Where clients are, as NS1 names regions of the world. */
export interface ClientRegions {
  /** @param address of a client, or of the network that it is in; undefined: nobody knows where that is. */
  regionOf(address: string): string | undefined;
}

/**
 * The simulated world's clients, in networks that nobody has: 198.18.0.0/15 is for measurements (RFC 2544), 2001:db8::/32
 * for documentation (RFC 3849). NS1 asks a geo-IP database instead.
 */
export const CLIENT_NETWORKS: Readonly<Record<string, readonly [ipv4: string, ipv6: string]>> = {
  AFRICA: ["198.18.1.0", "2001:db8:e001::"],
  ASIAPAC: ["198.18.2.0", "2001:db8:e002::"],
  EUROPE: ["198.18.3.0", "2001:db8:e003::"],
  "SOUTH-AMERICA": ["198.18.4.0", "2001:db8:e004::"],
  "US-CENTRAL": ["198.18.5.0", "2001:db8:e005::"],
  "US-EAST": ["198.18.6.0", "2001:db8:e006::"],
  "US-WEST": ["198.18.7.0", "2001:db8:e007::"],
};

/** The regions of `CLIENT_NETWORKS`: a /24 of IPv4 and a /48 of IPv6 each, as large as resolvers tell of clients. */
export function simulatedRegions(): ClientRegions {
  const regions = Object.entries(CLIENT_NETWORKS).map(([region, [ipv4, ipv6]]) => {
    const networks = new BlockList();
    networks.addSubnet(ipv4, 24, "ipv4");
    networks.addSubnet(ipv6, 48, "ipv6");
    return { region, networks };
  });
  return {
    regionOf: (address) => {
      const family = isIPv6(address) ? "ipv6" : "ipv4";
      return regions.find(({ networks }) => networks.check(address, family))?.region;
    },
  };
}
