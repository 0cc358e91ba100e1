import { checkTraffic } from "../dns/check-traffic";
import { checkTunnels } from "../dns/tunnel-names";
import type { Environment } from "./environment";
import {
  DEFAULT_HEALTH_CHECK,
  type FleetWish,
  type HealthCheck,
  type Listener,
  type SiteWish,
  type Size,
} from "./fleet-inputs";
import type { FleetDemand, FleetProvider, FleetRelease } from "./fleet-provider";
import { show, suggest, type Problem } from "./problem";

/** A name that every provider takes as part of its own names. */
const NAME = /^[a-z]([a-z0-9-]{0,29}[a-z0-9])?$/;
const NAME_RULE = "a lower-case letter, then up to 30 lower-case letters, digits or hyphens, no hyphen last";
/** Below any account's quota for one site; a slip of a digit is likelier. */
const MOST_NODES = 1_000;
const TTL_RANGE = [1, 86_400] as const;
/** RFC 1035: 512 octets, of which the header takes 12, the longest question 259, and a record 16 or 28. */
const MOST_ANSWERS = { A: 15, AAAA: 8 } as const;

/** What an environment asks of each of its fleets alike, defaults filled in. */
export function demandOf({
  name,
  listeners,
  health,
  clientAffinity,
  controlPlaneUrl,
}: Environment): FleetDemand {
  return {
    environment: name,
    listeners,
    health: { ...DEFAULT_HEALTH_CHECK, ...health },
    clientAffinity: clientAffinity ?? "none",
    controlPlaneUrl,
  };
}

/**
 * Everything that is wrong with an environment, before any resource is made.
 * @param releaseOf the release that a fleet is to run; undefined where that is a problem already reported.
 */
export function checkEnvironment(
  environment: Environment,
  releaseOf: (fleet: FleetProvider) => FleetRelease | undefined,
): readonly Problem[] {
  const demand = demandOf(environment);
  return [
    ...checkName(environment.name, "name"),
    ...checkName(environment.image, "image"),
    ...checkState(environment),
    ...checkZone(environment.zone),
    ...checkUrl(environment.controlPlaneUrl),
    ...checkListeners(environment.listeners),
    ...checkHealth(demand.health, demand.listeners),
    ...checkDns(environment),
    ...checkValve(environment),
    ...checkFleetNames(environment.fleets),
    ...environment.fleets.flatMap((fleet) => [
      ...checkName(fleet.name, `fleets.${fleet.name}.name`),
      ...checkWish(fleet.wish, fleet),
      ...checkAbilities(fleet, demand),
      ...checkProvider(fleet, demand, releaseOf(fleet)),
    ]),
  ];
}

function checkName(name: string, where: string): readonly Problem[] {
  return NAME.test(name) ? [] : [{ where, what: `${show(name)} is not a name; ${NAME_RULE} make one` }];
}

/** RFC 1035: labels of 63 octets, 253 in all; at least two, since nobody runs an edge on a top-level domain. */
function checkZone(zone: string): readonly Problem[] {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
  const labels = zone.split(".");
  if (labels.length >= 2 && zone.length <= 253 && labels.every((part) => label.test(part))) return [];
  return [
    {
      where: "zone",
      what: `${show(zone)} is not a DNS zone; expected the form "edge.example.net", no dot at the end`,
    },
  ];
}

function checkUrl(url: string): readonly Problem[] {
  const where = "controlPlaneUrl";

  if (/[\u0000-\u0020\u007f]/.test(url) || !URL.canParse(url) || new URL(url).protocol !== "https:") {
    return [{ where, what: `${show(url)} is not an https: URL` }];
  }
  if (new URL(url).username !== "" || new URL(url).password !== "") {
    return [{ where, what: "carries credentials; they would be readable in state and user data" }];
  }
  return [];
}

function checkListeners(listeners: readonly Listener[]): readonly Problem[] {
  if (listeners.length === 0)
    return [{ where: "listeners", what: "there are none; an edge serves at least one port" }];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const [index, { port, protocol }] of listeners.entries()) {
    const where = `listeners[${index}]`;
    if (!isPort(port))
      problems.push({ where: `${where}.port`, what: `${show(port)} is not a port; 1 to 65535 are` });
    const key = `${protocol} ${port}`;
    if (seen.has(key)) problems.push({ where, what: `${key} is listed twice` });
    seen.add(key);
  }
  return problems;
}

function checkHealth(health: HealthCheck, listeners: readonly Listener[]): readonly Problem[] {
  const problems: Problem[] = [];
  if (!isPort(health.port))
    problems.push({ where: "health.port", what: `${show(health.port)} is not a port` });
  if (listeners.some(({ port, protocol }) => protocol === "TCP" && port === health.port)) {
    problems.push({
      where: "health.port",
      what: `${health.port} is a listener too; the health endpoint must not be open to the public`,
    });
  }
  if (!/^\/[\x21-\x7e]*$/.test(health.path)) {
    problems.push({ where: "health.path", what: `${show(health.path)} is not a path such as "/healthz"` });
  }
  for (const key of ["intervalSeconds", "unhealthyThreshold"] as const) {
    if (!isCount(health[key])) {
      problems.push({ where: `health.${key}`, what: `${show(health[key])} is not a whole number above 0` });
    }
  }
  return problems;
}

function checkDns({ dns, zone, fleets, listeners }: Environment): readonly Problem[] {
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
function checkValve({ trafficLimit, audience, dns }: Environment): readonly Problem[] {
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

function checkState({ state, sandbox }: Environment): readonly Problem[] {
  if (state.kind === "local") return [];
  if (sandbox === true) {
    return [{ where: "state.kind", what: "a sandbox's state is local: it goes when the sandbox goes" }];
  }
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
  if (/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(state.bucket)) return [];
  return [{ where: "state.bucket", what: `${show(state.bucket)} is not a bucket's name` }];
}

function checkFleetNames(fleets: readonly FleetProvider[]): readonly Problem[] {
  if (fleets.length === 0) {
    return [
      {
        where: "fleets",
        what: "there are none",
        remedy: "Add one, for example aws({ size, sites, connectionsPerNode }).",
      },
    ];
  }
  const names = fleets.map(({ name }) => name);
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...repeated].map((name) => ({
    where: "fleets",
    what: `two fleets are named "${name}"`,
    remedy: 'Give one another name: aws({ name: "aws-eu", ... }).',
  }));
}

function checkWish(wish: FleetWish, { name, provider, sizes }: FleetProvider): readonly Problem[] {
  const where = `fleets.${name}`;
  const problems: Problem[] = [];
  const { cpu, memoryGiB } = wish.size;
  if (!sizes.some((size) => size.cpu === cpu && size.memoryGiB === memoryGiB)) {
    problems.push({
      where: `${where}.size`,
      what: `${provider} has no size of ${describeSize(wish.size)}; nearest: ${describeSize(nearestSize(wish.size, sizes))}`,
    });
  }
  if (!isCount(wish.connectionsPerNode)) {
    problems.push({
      where: `${where}.connectionsPerNode`,
      what: `${show(wish.connectionsPerNode)} is not a whole number above 0`,
    });
  }
  if (Object.keys(wish.sites).length === 0)
    problems.push({ where: `${where}.sites`, what: "there are none" });
  for (const [site, siteWish] of Object.entries(wish.sites)) {
    problems.push(...checkNodes(siteWish, `${where}.sites["${site}"].nodes`));
  }
  return problems;
}

function checkNodes({ nodes }: SiteWish, where: string): readonly Problem[] {
  if (typeof nodes === "number") return checkNodeCount(nodes, where);
  const problems = [
    ...checkNodeCount(nodes.min, `${where}.min`),
    ...checkNodeCount(nodes.max, `${where}.max`),
  ];
  if (nodes.max < nodes.min) {
    problems.push({ where, what: `max ${show(nodes.max)} is below min ${show(nodes.min)}` });
  }
  if (!(nodes.cpuPercent >= 1 && nodes.cpuPercent <= 100)) {
    problems.push({ where: `${where}.cpuPercent`, what: `${show(nodes.cpuPercent)} is not within 1 to 100` });
  }
  return problems;
}

function checkNodeCount(count: number, where: string): readonly Problem[] {
  if (isCount(count) && count <= MOST_NODES) return [];
  return [{ where, what: `${show(count)} is not a number of nodes; 1 to ${MOST_NODES} are` }];
}

/** Wishes that the provider says it cannot fulfil, with its reason. */
function checkAbilities({ name, wish, abilities }: FleetProvider, demand: FleetDemand): readonly Problem[] {
  const where = `fleets.${name}`;
  const scaling = Object.values(wish.sites).some(({ nodes }) => typeof nodes !== "number");
  const udp = demand.listeners.some(({ protocol }) => protocol === "UDP");
  const wished: readonly (readonly [boolean, true | string, string])[] = [
    [wish.ipv6 === true, abilities.ipv6, `${where}.ipv6`],
    [scaling, abilities.scaling, `${where}.sites`],
    [udp, abilities.udp, `${where} (UDP listeners)`],
    [demand.clientAffinity === "source-ip", abilities.sourceIpAffinity, `${where} (clientAffinity)`],
  ];
  return wished.flatMap(([asked, ability, place]) =>
    asked && ability !== true ? [{ where: place, what: `cannot be had: ${ability}` }] : [],
  );
}

function checkProvider(
  fleet: FleetProvider,
  demand: FleetDemand,
  release: FleetRelease | undefined,
): readonly Problem[] {
  return release === undefined ? [] : fleet.check(demand, release);
}

function nearestSize(wanted: Size, sizes: readonly Size[]): Size {
  const distance = ({ cpu, memoryGiB }: Size) =>
    Math.abs(Math.log2(cpu / wanted.cpu)) + Math.abs(Math.log2(memoryGiB / wanted.memoryGiB));
  return [...sizes].sort((a, b) => distance(a) - distance(b))[0] ?? wanted;
}

function describeSize({ cpu, memoryGiB }: Size): string {
  return `${cpu} CPU and ${memoryGiB} GiB`;
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}

function isCount(count: number): boolean {
  return Number.isInteger(count) && count >= 1;
}
