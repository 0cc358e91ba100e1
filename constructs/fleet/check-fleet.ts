import type { FleetWish, SiteWish, Size } from "./fleet-inputs";
import type { FleetDemand, FleetProvider, FleetReleases } from "./fleet-provider";
import { releasesOf } from "./fleet-releases";
import { LOG_STRATEGIES } from "./log-access";
import { isCount } from "./numbers";
import { show, type Problem } from "./problem";

/** Below any account's quota for one site; a slip of a digit is likelier. */
const MOST_NODES = 1_000;

/** What is wrong with one fleet, but for its name. */
export function checkFleet(
  fleet: FleetProvider,
  demand: FleetDemand,
  release: FleetReleases | undefined,
): readonly Problem[] {
  return [
    ...checkWish(fleet.wish, fleet),
    ...checkAbilities(fleet, demand),
    ...checkLogs(fleet, demand),
    // Which release it is to run is a problem reported already.
    ...(release === undefined ? [] : checkReleases(fleet, demand, release)),
  ];
}

/** What is wrong whichever release it runs is said once. */
function checkReleases(
  fleet: FleetProvider,
  demand: FleetDemand,
  release: FleetReleases,
): readonly Problem[] {
  const sites = Object.entries(release.sites ?? {});
  const found = releasesOf(release).flatMap((each) => fleet.check(demand, each));
  const once = new Map(found.map((problem) => [JSON.stringify(problem), problem]));
  return [
    ...once.values(),
    ...(sites.length === 0 || fleet.abilities.releasePerSite
      ? []
      : [
          {
            where: `live record, fleets.${fleet.name}.sites`,
            what: `says that ${sites.map(([site, { id }]) => `${site} runs ${show(id)}`).join(", ")}, and ${fleet.provider} cannot run different releases at different sites`,
            remedy:
              "Restore an older record; the release of the whole fleet is the only one that there can be.",
          },
        ]),
  ];
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

/** Nodes that cannot write logs, or by a way that the provider says it cannot carry. */
function checkLogs(
  { name, provider, logs, abilities }: FleetProvider,
  demand: FleetDemand,
): readonly Problem[] {
  const where = `fleets.${name}.logs`;
  const carried = LOG_STRATEGIES.filter((strategy) => abilities.logs[strategy] === true);
  if (logs === undefined) {
    return [
      {
        where,
        what: `is missing: nodes on ${provider} have no role by which they could write logs`,
        remedy: `Choose one of ${carried.join(", ")}; docs/secrets.md says what each costs.`,
      },
    ];
  }
  const carries = abilities.logs[logs.strategy];
  if (carries !== true) {
    return [{ where, what: `${logs.strategy} cannot be had: ${carries}; there are: ${carried.join(", ")}` }];
  }
  return logs.check({ environment: demand.environment, fleet: name }, where);
}

function nearestSize(wanted: Size, sizes: readonly Size[]): Size {
  const distance = ({ cpu, memoryGiB }: Size) =>
    Math.abs(Math.log2(cpu / wanted.cpu)) + Math.abs(Math.log2(memoryGiB / wanted.memoryGiB));
  return [...sizes].sort((a, b) => distance(a) - distance(b))[0] ?? wanted;
}

function describeSize({ cpu, memoryGiB }: Size): string {
  return `${cpu} CPU and ${memoryGiB} GiB`;
}
