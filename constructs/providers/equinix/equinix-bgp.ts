import { announcedRoutes, type Announcement, type AnnouncementLimits } from "../../fleet/announcement";
import type { NodeBgp } from "../../fleet/node-file";

/** The Terraform variable with the password of a fleet's sessions, which its project then has. */
export const BGP_PASSWORD = "equinix_bgp_password";

/**
 * The private system of every project with local BGP, which announces addresses of Equinix' own.
 * https://docs.equinix.com/metal/bgp/bgp-on-equinix-metal
 */
export const LOCAL_ASN = 65_000;

/** What global BGP passes on, which people enable: https://docs.equinix.com/metal/bgp/global-bgp */
export const EQUINIX_ANNOUNCES: AnnouncementLimits = {
  longest: { ipv4: 24, ipv6: 48 },
  privateAsn: "Equinix Metal's global BGP takes a public one, to which the prefix is registered",
  // Equinix names none.
  sitesWithout: {},
};

/** What a machine is told of itself, its two routers among it: https://docs.equinix.com/metal/server-metadata/metadata/ */
const METADATA = "https://metadata.platformequinix.com/metadata";

/** What the nodes of a fleet announce, and from which system. */
export type Announced = Pick<NodeBgp, "asn" | "routes">;

/** An address that the fleet's project has reserved. */
export function reserved(address: string): Announced {
  return { asn: LOCAL_ASN, routes: [{ prefix: `${address}/32`, addresses: [address] }] };
}

/** Prefixes of one's own. */
export function own(announcement: Announcement): Announced {
  return { asn: announcement.asn, routes: announcedRoutes(announcement) };
}

/**
 * A node's sessions: its routers are known to its metadata alone, once it has a session, and are reached through the gateway
 * of its private network, the third of its addresses.
 * https://deploy.equinix.com/developers/docs/metal/bgp/route-bgp-with-bird/
 */
export function sessionsOf(announced: Announced): NodeBgp {
  return {
    ...announced,
    neighbours: { url: METADATA, pointer: "/bgp_neighbors" },
    gateway: { url: METADATA, pointer: "/network/addresses/2/gateway" },
    password: true,
  };
}
