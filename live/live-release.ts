import type { FleetReleases } from "../constructs/fleet/fleet-provider";
import type { LiveFleet } from "./live-record";

/** What a fleet runs, as the live record says it. */
export type LiveRelease = Pick<LiveFleet, "release" | "sites">;

/**
 * The same where a site that runs what the fleet runs is not named, and sites stand in one order.
 * @param known sites that the fleet has: what is recorded of others is of no account. Default: all.
 */
export function normalRelease(
  { release, sites = {} }: LiveRelease,
  known: Readonly<Record<string, unknown>> = sites,
): LiveRelease {
  const others = Object.entries(sites)
    .filter(([site, id]) => id !== release && Object.hasOwn(known, site))
    .sort(([one], [other]) => (one < other ? -1 : 1));
  return others.length === 0 ? { release } : { release, sites: Object.fromEntries(others) };
}

/** Ids alone of what a deploy or a rollout is about. */
export function recordedRelease({ id, sites = {} }: FleetReleases): LiveRelease {
  const ids = Object.entries(sites).map(([site, release]) => [site, release.id] as const);
  return normalRelease({ release: id, sites: Object.fromEntries(ids) });
}

/** Id of the release of a site. */
export function releaseIdAt({ release, sites = {} }: LiveRelease, site: string): string {
  return (Object.hasOwn(sites, site) ? sites[site] : undefined) ?? release;
}

/** Ids of all that some site runs, each once. */
export function releaseIds({ release, sites = {} }: LiveRelease): readonly string[] {
  return [...new Set([release, ...Object.values(sites)])];
}

/** The sites that run another release, as commands take them and stacks show them: `us-east-1=r2,eu-west-1=r2`. */
export function sitesText({ sites = {} }: LiveRelease): string {
  return Object.entries(sites)
    .map(([site, id]) => `${site}=${id}`)
    .join(",");
}

/**
 * What a fleet's stack says in its outputs `release` and `site_releases`.
 * @returns undefined where it says nothing.
 */
export function deployedRelease(
  outputs: Readonly<Record<string, string | undefined>>,
): LiveRelease | undefined {
  const { release, site_releases: sites } = outputs;
  return release === undefined ? undefined : normalRelease({ release, sites: parseSites(sites ?? "") });
}

/** What `sitesText` has written; entries of another form are left out. */
export function parseSites(text: string): Readonly<Record<string, string>> {
  const entries = text.split(",").flatMap((entry) => {
    const [site = "", id = "", ...more] = entry.split("=");
    return site === "" || id === "" || more.length > 0 ? [] : [[site, id] as const];
  });
  return Object.fromEntries(entries);
}

/** `r1`; where sites run another one, `r1, us-east-1=r2`. */
export function releaseText(runs: LiveRelease): string {
  const { release, sites } = normalRelease(runs);
  return sites === undefined ? release : `${release}, ${sitesText({ release, sites })}`;
}
