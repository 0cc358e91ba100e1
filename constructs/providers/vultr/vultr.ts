import { announcementSchema, checkAnnouncement } from "../../fleet/announcement";
import { LONGEST_BGP_PASSWORD } from "../../fleet/bgp-password";
import { fleetWishSchema } from "../../fleet/environment-form";
import type { FleetAbilities, FleetDemand, FleetProvider, FleetRelease } from "../../fleet/fleet-provider";
import { checkImageText } from "../../fleet/image-entry";
import { checkMachines, type MachineSites } from "../../fleet/machine-fleet";
import { planTable } from "../../fleet/plan-table";
import type { Problem } from "../../fleet/problem";
import { PLANS } from "./plans";
import { REGIONS } from "./regions";
import { VULTR_ANNOUNCES } from "./vultr-bgp";
import { vultrCredential } from "./vultr-credential";
import { openings, RULE_LIMIT } from "./vultr-firewall";
import { instanceKind, VultrFleet } from "./vultr-fleet";
import { vultrImageSource } from "./vultr-image-source";
import { VULTR_POLICIES } from "./vultr-policies";
import type { VultrWish } from "./vultr-wish";

const ABILITIES: FleetAbilities = {
  ipv6: true,
  udp: true,
  sourceIpAffinity: "Vultr does not say how its routers spread clients over the nodes of a site",
  scaling: "Vultr has no groups whose size follows their load; give a number of nodes",
  releasePerSite: true,
  replacement: "surge",
  siteDrain: "none",
  logs: {
    instanceRole: "Vultr's machines have no role in an AWS account",
    staticKey: true,
    rolesAnywhere: true,
    ssmActivation: true,
  },
};

const SITES: MachineSites = { names: REGIONS, one: "Vultr region", all: "Vultr's regions" };
const SNAPSHOT_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const wishSchema = fleetWishSchema({}, { announce: announcementSchema });

/**
 * A fleet of instances in Vultr's regions that announce a prefix of yours over BGP.
 *
 * Credentials: VULTR_API_KEY, and the password of the BGP sessions in TF_VAR_vultr_bgp_password.
 */
export function vultr(wish: VultrWish): FleetProvider {
  const name = wish.name ?? "vultr";
  return {
    name,
    provider: "vultr",
    reach: "bgp",
    wish,
    wishSchema,
    abilities: ABILITIES,
    ...planTable(PLANS),
    logs: wish.logs,
    credentials: [vultrCredential],
    policies: VULTR_POLICIES,
    image: vultrImageSource(wish),
    // The password of the BGP sessions, in the instances' user data.
    secretsInState: true,
    check: (demand, release) => check(name, wish, demand, release),
    fleet: (scope, id, props) => new VultrFleet(scope, id, { ...props, name, wish }),
  };
}

function check(
  name: string,
  wish: VultrWish,
  demand: FleetDemand,
  release: FleetRelease,
): readonly Problem[] {
  const where = `fleets.${name}`;
  const longest = instanceKind(wish, LONGEST_BGP_PASSWORD);
  return [
    ...checkMachines({ name, wish }, { ...demand, release }, SITES, longest),
    ...checkAnnouncement(
      wish.announce,
      { ...wish, sandbox: demand.sandbox },
      VULTR_ANNOUNCES,
      `${where}.announce`,
    ),
    ...checkRules(wish, demand, where),
    ...checkImageText(release, "vultr", SNAPSHOT_ID, "the id of a snapshot, which is a UUID"),
  ];
}

function checkRules(wish: VultrWish, { listeners }: FleetDemand, where: string): readonly Problem[] {
  const rules = openings(listeners, wish.ipv6 === true).length;
  if (rules <= RULE_LIMIT) return [];
  const what = `they need ${rules} rules in Vultr's firewall, which has ${RULE_LIMIT} for a group`;
  return [{ where: `${where} (listeners)`, what }];
}
