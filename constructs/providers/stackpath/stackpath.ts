import { z } from "zod";
import { fleetWishSchema } from "../../fleet/environment-form";
import type { FleetAbilities, FleetDemand, FleetProvider, FleetRelease } from "../../fleet/fleet-provider";
import { maxNodes, minNodes, type SiteWish } from "../../fleet/fleet-inputs";
import { show, suggest, type Problem } from "../../fleet/problem";
import { checkUserData } from "../../fleet/user-data";
import { CITY_CODES } from "./cities";
import { checkAdopted } from "./stackpath-adoption";
import { stackpathCredential } from "./stackpath-credential";
import { citiesOf, fleetUserData, StackPathFleet, targetName, workloadSlug } from "./stackpath-fleet";
import { stackpathImageSource } from "./stackpath-image-source";
import { STACKPATH_POLICIES } from "./stackpath-policies";
import { STACKPATH_SIZES, stackpathMonthlyPrice } from "./stackpath-sizes";
import type { StackPathWish } from "./stackpath-wish";

const ABILITIES: FleetAbilities = {
  ipv6: "StackPath's anycast addresses are IPv4 only",
  udp: true,
  sourceIpAffinity: "StackPath does not say how it balances within a site, so a client may change nodes",
  scaling: true,
  logs: {
    instanceRole: "StackPath's machines have no role in an AWS account",
    staticKey: true,
    rolesAnywhere: true,
    ssmActivation: true,
  },
  releasePerSite: false,
  replacement: "rolling",
  siteDrain: "none",
};

const wishSchema = fleetWishSchema({}, { logVolumeGiB: z.number().optional(), slug: z.string().optional() });

/** `<slug>-<target>-<city>-<number>` is a host name, whose labels have 63 characters at most (RFC 1035). */
const HOSTNAME_LIMIT = 63;
const LONGEST_NUMBER = 3;

/**
 * A fleet on StackPath's edge computing, reachable through its anycast.
 *
 * Credentials are those of the StackPath provider: STACKPATH_STACK_ID, STACKPATH_CLIENT_ID, STACKPATH_CLIENT_SECRET.
 */
export function stackpath(wish: StackPathWish): FleetProvider {
  const name = wish.name ?? "stackpath";
  return {
    name,
    provider: "stackpath",
    reach: "managed-anycast",
    wish,
    wishSchema,
    abilities: ABILITIES,
    sizes: STACKPATH_SIZES,
    monthlyPrice: stackpathMonthlyPrice,
    logs: wish.logs,
    credentials: [stackpathCredential],
    policies: STACKPATH_POLICIES,
    image: stackpathImageSource(wish),
    check: (demand, release) => check(name, wish, demand, release),
    checkAdopted: (object) => checkAdopted(name, object),
    fleet: (scope, id, props) => new StackPathFleet(scope, id, { ...props, name, wish }),
  };
}

function check(
  name: string,
  wish: StackPathWish,
  demand: FleetDemand,
  release: FleetRelease,
): readonly Problem[] {
  const where = `fleets.${name}`;
  return [
    ...Object.entries(wish.sites).flatMap(([site, siteWish]) =>
      checkSite(site, siteWish, `${where}.sites["${site}"]`),
    ),
    ...checkCitiesOnce(wish, where),
    ...checkSlug(wish, where),
    ...checkNames(name, wish, demand, where),
    ...checkImage(release),
    ...checkLogVolume(wish, where),
    ...checkUserData(
      fleetUserData({ ...demand, release, logAccess: longestAccess(name, wish, demand) }, name, wish),
      where,
    ),
  ];
}

function checkSite(site: string, wish: SiteWish, where: string): readonly Problem[] {
  const cities = citiesOf(site, wish);
  const problems: Problem[] = cities
    .filter((city) => !CITY_CODES.includes(city))
    .map((city) => ({
      where: wish.locations === undefined ? where : `${where}.locations`,
      what: `no such StackPath city ${show(city)}; ${suggest(city, CITY_CODES)}`,
    }));
  if (cities.length === 0) problems.push({ where: `${where}.locations`, what: "names no city" });
  for (const nodes of new Set([minNodes(wish), maxNodes(wish)])) {
    if (Number.isInteger(nodes) && cities.length > 0 && nodes % cities.length !== 0) {
      problems.push({
        where: `${where}.nodes`,
        what: `${nodes} nodes cannot be spread evenly over ${cities.length} cities, as StackPath does`,
        remedy: `Ask for a multiple of ${cities.length}, or split the site.`,
      });
    }
  }
  return problems;
}

/** A city belongs to one site, from which a node derives its site; and targets are known by their names. */
function checkCitiesOnce({ sites }: StackPathWish, where: string): readonly Problem[] {
  const cities = Object.entries(sites).flatMap(([site, wish]) => citiesOf(site, wish));
  const targets = Object.keys(sites).map(targetName);
  return [...repeated(cities), ...repeated(targets)].map((name) => ({
    where: `${where}.sites`,
    what: `"${name}" is named more than once`,
  }));
}

function checkNames(
  name: string,
  { sites, slug }: StackPathWish,
  { environment }: FleetDemand,
  where: string,
): readonly Problem[] {
  return Object.keys(sites).flatMap((site) => {
    if (!/^[a-z][a-z0-9-]*$/i.test(site)) {
      return [
        {
          where: `${where}.sites`,
          what: `${show(site)} is not a name for a site; letters, digits and hyphens make one`,
        },
      ];
    }
    const prefix = slug ?? workloadSlug(environment, name);
    const length = prefix.length + 1 + site.length + "-xxx-".length + LONGEST_NUMBER;
    if (length <= HOSTNAME_LIMIT) return [];
    return [
      {
        where: `${where}.sites["${site}"]`,
        what: `its nodes' host names would have ${length} characters; ${HOSTNAME_LIMIT} are allowed`,
        remedy: "Shorten the name of the site, the fleet or the environment.",
      },
    ];
  });
}

function checkSlug({ slug }: StackPathWish, where: string): readonly Problem[] {
  if (slug === undefined || /^[a-z0-9]+(-[a-z0-9]+)*$/.test(slug)) return [];
  return [
    { where: `${where}.slug`, what: `${show(slug)} is no slug; small letters, digits and hyphens make one` },
  ];
}

function checkImage({ id, image }: FleetRelease): readonly Problem[] {
  if (typeof image === "string" && /^[a-z0-9-]+\/[a-z0-9-]+:[A-Za-z0-9._-]+$/.test(image)) return [];
  return [
    {
      where: `releases.${id}.stackpath`,
      what: `${show(image)} is not "<stack>/<family>:<tag>"; without a tag StackPath would take the newest image`,
    },
  ];
}

function checkLogVolume({ logVolumeGiB }: StackPathWish, where: string): readonly Problem[] {
  if (logVolumeGiB === undefined || (Number.isInteger(logVolumeGiB) && logVolumeGiB > 0)) return [];
  return [
    { where: `${where}.logVolumeGiB`, what: `${show(logVolumeGiB)} is not a whole number of GiB above 0` },
  ];
}

function repeated(names: readonly string[]): readonly string[] {
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/** What its nodes are given to write logs, at its longest. */
function longestAccess(fleet: string, { logs }: StackPathWish, { environment }: FleetDemand) {
  return logs?.longest({ environment, fleet });
}
