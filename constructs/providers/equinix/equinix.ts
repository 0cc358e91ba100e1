import { z } from "zod";
import { announcementSchema, checkAnnouncement } from "../../fleet/announcement";
import { LONGEST_BGP_PASSWORD } from "../../fleet/bgp-password";
import { fleetWishSchema } from "../../fleet/environment-form";
import type { FleetAbilities, FleetDemand, FleetProvider, FleetRelease } from "../../fleet/fleet-provider";
import { checkImageText } from "../../fleet/image-entry";
import { checkMachines, type MachineSites } from "../../fleet/machine-fleet";
import { planTable } from "../../fleet/plan-table";
import type { Problem } from "../../fleet/problem";
import { EQUINIX_ANNOUNCES } from "./equinix-bgp";
import { equinixCredential } from "./equinix-credential";
import { EquinixFleet, longestKind } from "./equinix-fleet";
import { equinixImageSource } from "./equinix-image-source";
import { EQUINIX_POLICIES } from "./equinix-policies";
import type { EquinixWish } from "./equinix-wish";
import { METROS } from "./metros";
import { PLANS } from "./plans";

const ABILITIES: FleetAbilities = {
  ipv6: "Equinix Metal reserves global addresses of IPv4 only; announce a prefix of yours",
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

const SITES: MachineSites = {
  names: METROS,
  one: "metro of Equinix Metal's",
  all: "Equinix Metal's metros",
};

const wishSchema = fleetWishSchema(
  {},
  {
    announce: announcementSchema.optional(),
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
 * A fleet of machines in Equinix Metal's metros that announce a reserved address, or prefixes of yours, over BGP.
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
    abilities: wish.announce === undefined ? ABILITIES : { ...ABILITIES, ipv6: true },
    ...planTable(PLANS),
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
  const longest = longestKind(wish, LONGEST_BGP_PASSWORD, release.image);
  return [
    ...(wish.announce === undefined
      ? []
      : checkAnnouncement(
          wish.announce,
          { ...wish, sandbox: demand.sandbox },
          EQUINIX_ANNOUNCES,
          `fleets.${name}.announce`,
        )),
    ...checkMachines({ name, wish }, { ...demand, release }, SITES, longest),
    ...checkImageText(
      release,
      "equinix",
      /^[0-9a-f]{64}$/,
      "the SHA-256 of an archive, which has 64 hexadecimal digits",
    ),
  ];
}
