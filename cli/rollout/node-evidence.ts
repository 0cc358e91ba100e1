import type { FleetProvider } from "../../constructs/fleet/fleet-provider";
import { releaseIdAt, releaseText, type LiveRelease } from "../../live/live-release";
import type { FleetLook } from "../../rollout/look";
import type { KnownNode, KnownNodes } from "../known-nodes";
import type { Find } from "./finding";

type Groups = NonNullable<KnownNodes["world"]>["groups"];

/**
 * How many nodes may have been replaced since a fleet was whole, in percent, and at least: machines fail, too. More are a
 * release that does not last, which a provider that heals would hide from every look.
 */
const MAY_FAIL = { percent: 10, nodes: 1 } as const;

/**
 * What a fleet's nodes tell, of those who know them.
 * @param recorded what the live record says that it runs.
 * @param wholeSeconds for how long the fleet has been whole; left out: it does not count how old nodes are.
 */
export function nodeEvidence(
  { name, wish }: Pick<FleetProvider, "name" | "wish">,
  { nodes: all, world }: Pick<KnownNodes, "nodes" | "world">,
  recorded: LiveRelease | undefined,
  find: Find,
  wholeSeconds?: number,
): Required<Pick<FleetLook, "nodes" | "release" | "replacement">> {
  const sites = Object.entries(wish.sites).map(([site, { nodes: wanted }]) => ({
    site,
    wanted: typeof wanted === "number" ? wanted : wanted.min,
    scales: typeof wanted !== "number",
    nodes: all.filter((node) => node.fleet === name && node.site === site),
  }));
  const groups = world?.groups.filter(({ fleet }) => fleet === name);
  return {
    nodes: lossOf(sites, wholeSeconds, find) ?? healthOf(sites, find),
    release: releaseOf(sites, find),
    replacement: replacementOf(sites, groups, recorded, find),
  };
}

interface Site {
  readonly site: string;
  /** The fewest that there should be. */
  readonly wanted: number;
  readonly scales: boolean;
  readonly nodes: readonly KnownNode[];
}

/** Where sites scale, young nodes are no sign of anything. */
function lossOf(
  sites: readonly Site[],
  wholeSeconds: number | undefined,
  find: Find,
): (FleetLook["nodes"] & object) | undefined {
  if (wholeSeconds === undefined) return undefined;
  const steady = sites.filter((site) => !site.scales);
  const young = steady.flatMap(({ nodes }) => nodes.filter(({ ageSeconds }) => ageSeconds < wholeSeconds));
  const wanted = steady.reduce((sum, site) => sum + site.wanted, 0);
  return young.length > Math.max(MAY_FAIL.nodes, (wanted * MAY_FAIL.percent) / 100)
    ? find("bad", `${young.length} of ${wanted} nodes were replaced since the fleet was whole`)
    : undefined;
}

/** A node that boots may become one that is well; where too few do, some are bad. */
function healthOf(sites: readonly Site[], find: Find): FleetLook["nodes"] & object {
  const wanted = sites.reduce((sum, site) => sum + site.wanted, 0);
  const healthy = sites.reduce((sum, { nodes }) => sum + count(nodes, "healthy"), 0);
  const short = sites.filter((site) => count(site.nodes, "healthy") < site.wanted);
  if (short.length === 0) return find("good", `${healthy} healthy, wanted ${wanted}`);
  const reasons = short.map(
    ({ site, nodes, wanted: here }) => `${site} has ${count(nodes, "healthy")} healthy of ${here}`,
  );
  const mayCome = short.every(
    ({ nodes, wanted: here }) => count(nodes, "healthy") + count(nodes, "starting") >= here,
  );
  return find(mayCome ? "unclear" : "bad", reasons.join(", "));
}

function releaseOf(sites: readonly Site[], find: Find): FleetLook["release"] & object {
  const reported = sites.map(({ site, nodes }) => ({
    site,
    releases: [...new Set(nodes.map(({ release }) => release))],
  }));
  const mixed = reported.filter(({ releases }) => releases.length !== 1);
  const text = reported.map(({ site, releases }) => `${site} ${releases.join(" and ") || "none"}`).join(", ");
  return {
    ...find(mixed.length === 0 ? "good" : "unclear", text),
    sites: Object.fromEntries(reported.map(({ site, releases }) => [site, releases[0] ?? ""])),
  };
}

/**
 * Terraform returns before a provider has replaced every node. It has when every node is of the release that is recorded;
 * where the provider itself can be seen, when it says so too.
 */
function replacementOf(
  sites: readonly Site[],
  groups: Groups | undefined,
  recorded: LiveRelease | undefined,
  find: Find,
): FleetLook["replacement"] & object {
  const failed = groups?.filter(({ replacement }) => replacement === "failed") ?? [];
  if (failed.length > 0) {
    return find("bad", `the provider has given up in ${failed.map(({ location }) => location).join(", ")}`);
  }
  const nodes = sites.flatMap((each) => each.nodes);
  const fresh = nodes.filter(
    ({ site, release }) => recorded !== undefined && release === releaseIdAt(recorded, site),
  ).length;
  const wanted = sites.reduce((sum, site) => sum + site.wanted, 0);
  const running = groups?.some(
    ({ replacement, current, wanted: here }) => replacement === "running" || current < here,
  );
  const text = `${fresh} of ${nodes.length} nodes are of ${recorded === undefined ? "no release" : releaseText(recorded)}, wanted ${wanted}`;
  const hasEnded = running !== true && fresh === nodes.length && fresh >= wanted;
  return find(hasEnded ? "good" : "unclear", text);
}

function count(nodes: readonly KnownNode[], health: string): number {
  return nodes.filter((node) => node.health === health).length;
}
