import { z } from "zod";
import { checkAwaitable } from "../../fleet/await-node";
import { LONGEST_BGP_PASSWORD } from "../../fleet/bgp-password";
import { fleetWishSchema } from "../../fleet/environment-form";
import type { SiteWish } from "../../fleet/fleet-inputs";
import type { FleetAbilities, FleetDemand, FleetProvider, FleetRelease } from "../../fleet/fleet-provider";
import { checkMachineNames } from "../../fleet/machine-names";
import { show, suggest, type Problem } from "../../fleet/problem";
import { checkUserData } from "../../fleet/user-data";
import { equinixCredential } from "./equinix-credential";
import { EquinixFleet, longestUserData } from "./equinix-fleet";
import { equinixImageSource } from "./equinix-image-source";
import { EQUINIX_POLICIES } from "./equinix-policies";
import type { EquinixWish } from "./equinix-wish";
import { METROS } from "./metros";
import { EQUINIX_SIZES, equinixMonthlyPrice } from "./plans";

const ABILITIES: FleetAbilities = {
  ipv6: "Equinix Metal reserves global addresses of IPv4 only",
  udp: true,
  sourceIpAffinity: "Equinix Metal does not say how its routers spread clients over the nodes of a metro",
  scaling: "Equinix Metal has no groups whose size follows their load; give a number of nodes",
  releasePerSite: true,
  replacement: "surge",
  siteDrain: "none",
  logs: {
    instanceRole: "Equinix Metal's machines have no role in an AWS account",
    staticKey: true,
    rolesAnywhere: true,
    ssmActivation: true,
  },
};

const wishSchema = fleetWishSchema(
  {},
  {
    archives: z.strictObject({
      url: z
        .string()
        .regex(
          /^https:\/\/[a-z0-9.-]+(:\d+)?(\/[A-Za-z0-9._~-]+)*$/,
          'is not a URL such as "https://images.example.net/edge-node"',
        ),
      bucket: z
        .string()
        .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is not the name of a bucket such as "example-images"'),
      region: z.string().regex(/^[a-z0-9-]+$/, 'is not a region such as "us-east-1"'),
    }),
  },
);

/**
 * A fleet of machines in Equinix Metal's metros that announce a reserved address over BGP.
 *
 * Credentials: METAL_AUTH_TOKEN, and a password for the BGP sessions in TF_VAR_equinix_bgp_password. The service ended on
 * 30 June 2026: docs/providers/equinix.md.
 */
export function equinix(wish: EquinixWish): FleetProvider {
  const name = wish.name ?? "equinix";
  return {
    name,
    provider: "equinix",
    reach: "bgp",
    wish,
    wishSchema,
    abilities: ABILITIES,
    sizes: EQUINIX_SIZES,
    monthlyPrice: equinixMonthlyPrice,
    logs: wish.logs,
    credentials: [equinixCredential],
    policies: EQUINIX_POLICIES,
    image: equinixImageSource(wish),
    // The password of the BGP sessions, in the project and in the devices' user data.
    secretsInState: true,
    check: (demand, release) => check(name, wish, demand, release),
    fleet: (scope, id, props) => new EquinixFleet(scope, id, { ...props, name, wish }),
  };
}

function check(
  name: string,
  wish: EquinixWish,
  demand: FleetDemand,
  release: FleetRelease,
): readonly Problem[] {
  const where = `fleets.${name}`;
  const logAccess = wish.logs?.longest({ environment: demand.environment, fleet: name });
  return [
    ...Object.entries(wish.sites).flatMap(([site, siteWish]) =>
      checkSite(site, siteWish, { name, demand, where: `${where}.sites["${site}"]` }),
    ),
    ...checkAwaitable(demand.listeners, where),
    ...checkImage(release),
    ...checkUserData(
      longestUserData({ ...demand, release, logAccess }, name, wish, LONGEST_BGP_PASSWORD),
      where,
    ),
  ];
}

function checkSite(
  site: string,
  wish: SiteWish,
  { name, demand, where }: { name: string; demand: FleetDemand; where: string },
): readonly Problem[] {
  if (!METROS.includes(site)) {
    return [{ where, what: `no such metro of Equinix Metal's; ${suggest(site, METROS)}` }];
  }
  const place = { environment: demand.environment, fleet: name, site };
  const chosen = {
    where: `${where}.locations`,
    what: "cannot be chosen: a site is one of Equinix Metal's metros",
  };
  return [...(wish.locations === undefined ? [] : [chosen]), ...checkMachineNames(place, wish, where)];
}

function checkImage({ id, image }: FleetRelease): readonly Problem[] {
  if (typeof image === "string" && /^[0-9a-f]{64}$/.test(image)) return [];
  return [
    {
      where: `releases.${id}.equinix`,
      what: `${show(image)} is not the SHA-256 of an archive, which has 64 hexadecimal digits`,
    },
  ];
}
