import { announcedRoutes, type Announcement, type AnnouncementLimits } from "../../fleet/announcement";
import type { NodeBgp } from "../../fleet/node-file";

/** The Terraform variable with the password that Vultr gives an account for all of its sessions. */
export const BGP_PASSWORD = "vultr_bgp_password";

/**
 * What Vultr passes on. A private autonomous system of an account announces as AS20473, for which the prefix then needs a ROA:
 * https://docs.vultr.com/vultr-ip-prefix-onboarding-process-and-timeline
 */
export const VULTR_ANNOUNCES: AnnouncementLimits = {
  longest: { ipv4: 24, ipv6: 48 },
  privateAsn: true,
  // Vultr names none.
  sitesWithout: {},
};

/** The router that every instance sees, two hops away: https://docs.vultr.com/configuring-bgp-on-vultr */
export const VULTR_ROUTERS = {
  v4: { address: "169.254.169.254", asn: 64_515, hops: 2 },
  v6: { address: "2001:19f0:ffff::1", asn: 64_515, hops: 2 },
} as const;

/** A node's sessions; it opens them from the address from which it reaches the router, which is its main one. */
export function sessionsOf(announcement: Announcement): NodeBgp {
  const { asn, ipv6 } = announcement;
  return {
    asn,
    routes: announcedRoutes(announcement),
    neighbours: ipv6 === undefined ? [VULTR_ROUTERS.v4] : [VULTR_ROUTERS.v4, VULTR_ROUTERS.v6],
    password: true,
  };
}
