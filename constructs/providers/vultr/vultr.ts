import { announcementSchema, checkAnnouncement } from "../../fleet/announcement";
import { checkAwaitable } from "../../fleet/await-node";
import { LONGEST_BGP_PASSWORD } from "../../fleet/bgp-password";
import { fleetWishSchema } from "../../fleet/environment-form";
import type { SiteWish } from "../../fleet/fleet-inputs";
import type { FleetAbilities, FleetDemand, FleetProvider, FleetRelease } from "../../fleet/fleet-provider";
import { checkMachineNames } from "../../fleet/machine-names";
import { show, suggest, type Problem } from "../../fleet/problem";
import { checkUserData } from "../../fleet/user-data";
import { VULTR_SIZES, vultrMonthlyPrice } from "./plans";
import { REGIONS } from "./regions";
import { VULTR_ANNOUNCES } from "./vultr-bgp";
import { vultrCredential } from "./vultr-credential";
import { openings, RULE_LIMIT } from "./vultr-firewall";
import { siteUserData, VultrFleet } from "./vultr-fleet";
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
    sizes: VULTR_SIZES,
    monthlyPrice: vultrMonthlyPrice,
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
  return [
    ...Object.entries(wish.sites).flatMap(([site, siteWish]) =>
      checkSite(site, siteWish, { name, demand, where: `${where}.sites["${site}"]` }),
    ),
    ...checkAnnouncement(
      wish.announce,
      { ...wish, sandbox: demand.sandbox },
      VULTR_ANNOUNCES,
      `${where}.announce`,
    ),
    ...checkListeners(wish, demand, where),
    ...checkImage(release),
    ...checkData(name, wish, { ...demand, release }, where),
  ];
}

function checkSite(
  site: string,
  wish: SiteWish,
  { name, demand, where }: { name: string; demand: FleetDemand; where: string },
): readonly Problem[] {
  const problems: Problem[] = [];
  if (!REGIONS.includes(site)) {
    return [{ where, what: `no such Vultr region; ${suggest(site, REGIONS)}` }];
  }
  if (wish.locations !== undefined) {
    problems.push({
      where: `${where}.locations`,
      what: "cannot be chosen: a site is one of Vultr's regions",
    });
  }
  return [
    ...problems,
    ...checkMachineNames({ environment: demand.environment, fleet: name, site }, wish, where),
  ];
}

function checkListeners(wish: VultrWish, { listeners }: FleetDemand, where: string): readonly Problem[] {
  const problems: Problem[] = [];
  const rules = openings(listeners, wish.ipv6 === true).length;
  if (rules > RULE_LIMIT) {
    problems.push({
      where: `${where} (listeners)`,
      what: `they need ${rules} rules in Vultr's firewall, which has ${RULE_LIMIT} for a group`,
    });
  }
  return [...problems, ...checkAwaitable(listeners, where)];
}

function checkImage({ id, image }: FleetRelease): readonly Problem[] {
  if (typeof image === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(image)) return [];
  return [
    { where: `releases.${id}.vultr`, what: `${show(image)} is not the id of a snapshot, which is a UUID` },
  ];
}

/** One site's text is as long as another's: their names all have three letters. */
function checkData(
  name: string,
  wish: VultrWish,
  demand: FleetDemand & { readonly release: FleetRelease },
  where: string,
): readonly Problem[] {
  const logAccess = wish.logs?.longest({ environment: demand.environment, fleet: name });
  const text = siteUserData({ ...demand, logAccess }, name, wish, "xxx", LONGEST_BGP_PASSWORD);
  return checkUserData(text, where);
}
