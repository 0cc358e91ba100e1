import type { FleetRelease, FleetReleases } from "./fleet-provider";

/** What a site runs. */
export function releaseAt({ id, image, sites = {} }: FleetReleases, site: string): FleetRelease {
  return Object.hasOwn(sites, site) ? (sites[site] as FleetRelease) : { id, image };
}

/** All that some site runs, each once: the fleet's own first. */
export function releasesOf({ id, image, sites = {} }: FleetReleases): readonly FleetRelease[] {
  const all = [{ id, image }, ...Object.values(sites)];
  return all.filter((release, index) => all.findIndex((other) => other.id === release.id) === index);
}
