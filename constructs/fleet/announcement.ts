import ipaddr from "ipaddr.js";
import { z } from "zod";
import type { AnycastAddresses } from "./data-plane-fleet";
import { minNodes, type FleetWish } from "./fleet-inputs";
import type { FleetDemand } from "./fleet-provider";
import type { NodeBgp } from "./node-file";
import { isCount } from "./numbers";
import { show, type Problem } from "./problem";
import { isWithin, whyNobodys, type Address, type Network } from "./special-prefixes";

/** A prefix of one family, and the address in it that clients connect to. */
export interface AnnouncedPrefix {
  /** In CIDR notation: `203.0.113.0/24`. */
  readonly prefix: string;
  readonly address: string;
}

/** What the nodes of a fleet announce over BGP themselves. */
export interface Announcement {
  /** The autonomous system that they open their sessions from. */
  readonly asn: number;
  readonly ipv4: AnnouncedPrefix;
  /** Only with, and always with, `ipv6: true` of the fleet. */
  readonly ipv6?: AnnouncedPrefix;
  /**
   * Blocks that a registry has in your name, in CIDR notation: what lies in none of them is refused. Left out: only what nobody
   * could announce is.
   */
  readonly own?: readonly string[];
  /**
   * How many sessions the provider has granted you, where it has said so. A node has one for each family, and a release has old
   * and new nodes side by side.
   */
  readonly sessions?: number;
}

/** What a provider passes on of an announcement. */
export interface AnnouncementLimits {
  /** The longest prefixes that travel: the internet at large takes no more than a /24 and a /48. */
  readonly longest: { readonly ipv4: number; readonly ipv6: number };
  /** Whether an autonomous system of RFC 6996 may announce, or why not. */
  readonly privateAsn: true | string;
  /** Sites without routers that take sessions, each with why. */
  readonly sitesWithout: Readonly<Record<string, string>>;
}

/** What an announcement is held against. */
type AnnouncingFleet = Pick<FleetWish, "ipv6" | "sites"> & Pick<FleetDemand, "sandbox">;

const prefixSchema = z.strictObject({ prefix: z.string(), address: z.string() });

/** The form of an announcement in a fleet's wish. */
export const announcementSchema = z.strictObject({
  asn: z.number(),
  ipv4: prefixSchema,
  ipv6: prefixSchema.optional(),
  own: z.array(z.string()).min(1).optional(),
  sessions: z.number().optional(),
});

/** What a node announces of it, both families. */
export function announcedRoutes({ ipv4, ipv6 }: Announcement): NodeBgp["routes"] {
  const prefixes = ipv6 === undefined ? [ipv4] : [ipv4, ipv6];
  return prefixes.map(({ prefix, address }) => ({ prefix, addresses: [address] }));
}

/** Where clients come. */
export function anycastOf({ ipv4, ipv6 }: Announcement): AnycastAddresses {
  return { ipv4: ipv4.address, ...(ipv6 === undefined ? {} : { ipv6: ipv6.address }) };
}

/** Everything that is wrong with what a fleet is to announce. */
export function checkAnnouncement(
  announcement: Announcement,
  fleet: AnnouncingFleet,
  limits: AnnouncementLimits,
  where: string,
): readonly Problem[] {
  const { asn, ipv4, ipv6, own } = announcement;
  const rules = { longest: limits.longest, own, sandbox: fleet.sandbox };
  return [
    ...checkAsn(asn, limits, `${where}.asn`),
    ...checkPrefix("ipv4", ipv4, rules, `${where}.ipv4`),
    ...(ipv6 === undefined ? [] : checkPrefix("ipv6", ipv6, rules, `${where}.ipv6`)),
    ...checkFamilies(ipv6, fleet, where),
    ...checkOwn(own, `${where}.own`),
    ...checkSites(fleet, limits, where),
    ...checkSessions(announcement, fleet, `${where}.sessions`),
  ];
}

function checkOwn(own: readonly string[] = [], where: string): readonly Problem[] {
  return own.flatMap((block, index) => {
    const network = ipaddr.isValidCIDR(block) ? ipaddr.parseCIDR(block) : undefined;
    if (network !== undefined && firstOf(...network) === network[0].toString()) return [];
    return [{ where: `${where}[${index}]`, what: `${show(block)} is not a block such as "203.0.112.0/22"` }];
  });
}

function checkSites(
  { sites }: AnnouncingFleet,
  limits: AnnouncementLimits,
  where: string,
): readonly Problem[] {
  return Object.keys(sites).flatMap((site) => {
    const why = limits.sitesWithout[site];
    return why === undefined ? [] : [{ where, what: `nodes in ${show(site)} could not announce: ${why}` }];
  });
}

function checkSessions(
  { sessions, ipv6 }: Announcement,
  { sites }: AnnouncingFleet,
  where: string,
): readonly Problem[] {
  if (sessions === undefined) return [];
  if (!isCount(sessions)) return [{ where, what: `${show(sessions)} is not a whole number above 0` }];
  const nodes = Object.values(sites).reduce((sum, site) => sum + minNodes(site), 0);
  const families = ipv6 === undefined ? 1 : 2;
  const needed = 2 * nodes * families;
  if (needed <= sessions) return [];
  return [
    {
      where,
      what: `${nodes} nodes with ${families === 1 ? "a session" : "two sessions"} each need ${needed} while a release has old and new ones side by side; ${sessions} are granted`,
      remedy: "Ask the provider for more sessions, or take fewer or larger nodes.",
    },
  ];
}

/** https://www.iana.org/assignments/iana-as-numbers-special-registry */
const PRIVATE_ASNS = [
  [64_512, 65_534],
  [4_200_000_000, 4_294_967_294],
] as const;
/** AS_TRANS, those of documentation, the last of each size, and what IANA keeps: nobody's. */
const RESERVED_ASNS = [
  [0, 0],
  [23_456, 23_456],
  [64_496, 64_511],
  [65_535, 131_071],
  [4_294_967_295, 4_294_967_295],
] as const;

function checkAsn(asn: number, { privateAsn }: AnnouncementLimits, where: string): readonly Problem[] {
  if (!Number.isInteger(asn) || asn < 0 || asn > 4_294_967_295) {
    return [{ where, what: `${show(asn)} is not the number of an autonomous system` }];
  }
  if (isAmong(asn, RESERVED_ASNS)) {
    return [{ where, what: `${asn} is reserved; nobody may announce with it` }];
  }
  if (isAmong(asn, PRIVATE_ASNS) && privateAsn !== true) {
    return [{ where, what: `${asn} is a private autonomous system: ${privateAsn}` }];
  }
  return [];
}

function isAmong(asn: number, ranges: readonly (readonly [number, number])[]): boolean {
  return ranges.some(([first, last]) => asn >= first && asn <= last);
}

/** What a prefix is held against. */
interface PrefixRules extends Pick<AnnouncementLimits, "longest"> {
  readonly own: readonly string[] | undefined;
  readonly sandbox: boolean;
}

function checkPrefix(
  family: "ipv4" | "ipv6",
  { prefix, address }: AnnouncedPrefix,
  { longest, own, sandbox }: PrefixRules,
  where: string,
): readonly Problem[] {
  const name = family === "ipv4" ? "IPv4" : "IPv6";
  const network = parsePrefix(prefix, family);
  if (network === undefined) {
    const example = family === "ipv4" ? "203.0.113.0/24" : "2001:db8::/48";
    return [
      { where: `${where}.prefix`, what: `${show(prefix)} is not an ${name} prefix such as "${example}"` },
    ];
  }
  const [base, bits] = network;
  const problems: Problem[] = [];
  if (firstOf(base, bits) !== base.toString()) {
    problems.push({
      where: `${where}.prefix`,
      what: `${show(prefix)} does not begin where a /${bits} does`,
      remedy: `Write ${firstOf(base, bits)}/${bits}.`,
    });
  }
  if (bits > longest[family]) {
    problems.push({
      where: `${where}.prefix`,
      what: `a /${bits} does not travel; /${longest[family]} is the longest prefix that can be announced here`,
    });
  }
  const why = whyNobodys(network, { sandbox });
  if (why !== undefined) {
    problems.push({ where: `${where}.prefix`, what: `${show(prefix)} is nobody's to announce: ${why}` });
  }
  const blocks = own?.filter((block) => ipaddr.isValidCIDR(block)).map((block) => ipaddr.parseCIDR(block));
  if (blocks !== undefined && !blocks.some((block) => isWithin(network, block))) {
    problems.push({
      where: `${where}.prefix`,
      what: `${show(prefix)} is not yours: it lies in none of ${own?.join(", ") ?? ""}`,
      remedy: "Correct it, or add the block that a registry has in your name to announce.own.",
    });
  }
  return [...problems, ...checkAddress(address, network, name, `${where}.address`)];
}

function checkAddress(
  address: string,
  [base, bits]: Network,
  name: string,
  where: string,
): readonly Problem[] {
  const parsed = ipaddr.isValid(address) ? ipaddr.parse(address) : undefined;
  if (parsed === undefined || parsed.kind() !== base.kind()) {
    return [{ where, what: `${show(address)} is not an ${name} address` }];
  }
  if (!parsed.match([base, bits] as never)) {
    return [{ where, what: `${address} is not in ${base.toString()}/${bits}, which is what is announced` }];
  }
  const bytes = parsed.toByteArray();
  const isEdge =
    bits < bytes.length * 8 && [firstOf(base, bits), lastOf(base, bits)].includes(parsed.toString());
  return isEdge && base.kind() === "ipv4"
    ? [{ where, what: `${address} is the network's first or last address, which some networks drop` }]
    : [];
}

function checkFamilies(
  ipv6: AnnouncedPrefix | undefined,
  wish: Pick<FleetWish, "ipv6">,
  where: string,
): readonly Problem[] {
  if ((wish.ipv6 === true) === (ipv6 !== undefined)) return [];
  return [
    ipv6 === undefined
      ? { where: `${where}.ipv6`, what: "is missing, and the fleet is to be reached over IPv6" }
      : { where: `${where}.ipv6`, what: "is given, but ipv6 of the fleet is not true" },
  ];
}

function parsePrefix(prefix: string, family: "ipv4" | "ipv6"): Network | undefined {
  if (!ipaddr.isValidCIDR(prefix)) return undefined;
  const network = ipaddr.parseCIDR(prefix);
  return network[0].kind() === family ? network : undefined;
}

function firstOf(base: Address, bits: number): string {
  return base instanceof ipaddr.IPv4
    ? ipaddr.IPv4.networkAddressFromCIDR(`${base.toString()}/${bits}`).toString()
    : ipaddr.IPv6.networkAddressFromCIDR(`${base.toString()}/${bits}`).toString();
}

function lastOf(base: Address, bits: number): string {
  return base instanceof ipaddr.IPv4
    ? ipaddr.IPv4.broadcastAddressFromCIDR(`${base.toString()}/${bits}`).toString()
    : ipaddr.IPv6.broadcastAddressFromCIDR(`${base.toString()}/${bits}`).toString();
}
