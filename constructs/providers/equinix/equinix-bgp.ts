import type { NodeBgp } from "../../fleet/node-file";

/** The Terraform variable with the password of a fleet's sessions, which its project then has. */
export const BGP_PASSWORD = "equinix_bgp_password";

/**
 * The private system of every project with local BGP, which announces addresses of Equinix' own: one's own prefixes would need
 * global BGP and a public system. https://docs.equinix.com/metal/bgp/bgp-on-equinix-metal
 */
export const LOCAL_ASN = 65_000;

/** What a machine is told of itself, its two routers among it: https://docs.equinix.com/metal/server-metadata/metadata/ */
const METADATA = "https://metadata.platformequinix.com/metadata";

/**
 * A node's sessions: its routers are known to its metadata alone, once it has a session, and are reached through the gateway
 * of its private network, the third of its addresses.
 * https://deploy.equinix.com/developers/docs/metal/bgp/route-bgp-with-bird/
 */
export function sessionsOf(address: string): NodeBgp {
  return {
    asn: LOCAL_ASN,
    routes: [{ prefix: `${address}/32`, addresses: [address] }],
    neighbours: { url: METADATA, pointer: "/bgp_neighbors" },
    gateway: { url: METADATA, pointer: "/network/addresses/2/gateway" },
    password: true,
  };
}
