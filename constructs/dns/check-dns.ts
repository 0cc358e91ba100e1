import type { Environment } from "../fleet/environment";
import type { FleetProvider } from "../fleet/fleet-provider";
import { show, suggest, type Problem } from "../fleet/problem";
import { checkTraffic } from "./check-traffic";
import { checkTunnels } from "./tunnel-names";

const TTL_RANGE = [1, 86_400] as const;
/** RFC 1035: 512 octets, of which the header takes 12, the longest question 259, and a record 16 or 28. */
const MOST_ANSWERS = { A: 15, AAAA: 8 } as const;

/** What is wrong with the names that lead to the fleets, and with how users are shared. */
export function checkDns({ dns, zone, fleets, listeners }: Environment): readonly Problem[] {
  const [least, most] = TTL_RANGE;
  const lasts = Number.isInteger(dns.ttl) && dns.ttl >= least && dns.ttl <= most;
  return [
    ...(lasts
      ? []
      : [{ where: "dns.ttl", what: `${show(dns.ttl)} is not within ${least} to ${most} seconds` }]),
    ...checkTraffic(
      dns.traffic,
      fleets.map(({ name }) => name),
    ),
    ...(dns.check?.({ listeners }) ?? []),
    ...checkIpv6(dns.ipv6, fleets),
    ...checkAnswers(dns, fleets),
    ...checkTunnels(
      zone,
      listeners,
      fleets.map(({ name }) => name),
    ),
  ];
}

/** How much of the traffic a deploy may move, and how that is counted. */
export function checkValve({ trafficLimit, audience, dns }: Environment): readonly Problem[] {
  const regions = dns.traffic.within.map(({ region }) => region);
  const sizes = Object.entries(audience ?? {});
  const unknown = sizes.filter(([region]) => !regions.includes(region));
  const missing = audience === undefined ? [] : regions.filter((region) => !(region in audience));
  const sum = sizes.reduce((all, [, percent]) => all + percent, 0);
  return [
    ...(trafficLimit === undefined || (trafficLimit >= 1 && trafficLimit <= 100)
      ? []
      : [{ where: "trafficLimit", what: `${show(trafficLimit)} is not within 1 to 100 points` }]),
    ...unknown.map(([region]) => ({
      where: `audience.${region}`,
      what: `no policy is for this region alone; ${suggest(region, regions)}`,
    })),
    ...missing.map((region) => ({ where: "audience", what: `the size of ${show(region)} is missing` })),
    ...(sum <= 100 && sizes.every(([, percent]) => percent > 0)
      ? []
      : [{ where: "audience", what: `${show(audience)} are not percentages above 0 of at most 100 in all` }]),
  ];
}

/** IPv6 users would silently be shared otherwise than IPv4 users, or not at all. */
function checkIpv6(rule: Environment["dns"]["ipv6"], fleets: readonly FleetProvider[]): readonly Problem[] {
  const named = (has: boolean): string =>
    fleets
      .filter(({ wish }) => (wish.ipv6 === true) === has)
      .map(({ name }) => name)
      .join(", ");
  if (rule !== "all" || named(true) === "" || named(false) === "") return [];
  return [
    {
      where: "dns.ipv6",
      what: `"all" cannot be had: IPv6 on ${named(true)}, none on ${named(false)}`,
      remedy:
        'Say ipv6: "partial" to lead IPv6 users to those that have it, or "none" to have no AAAA records.',
    },
  ];
}

/** With round robin every fleet is in every answer, which has to fit where a resolver takes no more. */
function checkAnswers(
  { traffic, ipv6 }: Environment["dns"],
  fleets: readonly FleetProvider[],
): readonly Problem[] {
  const policies = [traffic.policy, ...traffic.within.map(({ policy }) => policy)];
  if (policies.some(({ kind }) => kind !== "round-robin")) return [];
  const six = ipv6 === "none" ? 0 : fleets.filter(({ wish }) => wish.ipv6 === true).length;
  return [
    { type: "A", count: fleets.length, most: MOST_ANSWERS.A },
    { type: "AAAA", count: six, most: MOST_ANSWERS.AAAA },
  ].flatMap(({ type, count, most }) =>
    count <= most
      ? []
      : [
          {
            where: "dns.policy",
            what: `round robin answers with all ${count} fleets; ${most} ${type} records fit into a plain DNS reply`,
            remedy: "Use another policy: all others answer with one fleet at a time.",
          },
        ],
  );
}
