import { locationsOf } from "../../constructs/dns/route53/locations";
import type { Traffic } from "../../constructs/dns/traffic-policy";
import { CLIENT_NETWORKS } from "../../sandbox/dns/client-regions";
import { locationOf } from "../../sandbox/dns/route53-locations";

/** The regions of the simulated world's users. */
export const WORLD_REGIONS: readonly string[] = Object.keys(CLIENT_NETWORKS);

/**
 * The region, in the words of the environment's DNS service, whose policy holds for the users of a region of the world;
 * undefined: that for everybody else does.
 */
export function policyRegion({ within }: Pick<Traffic, "within">, georegion: string): string | undefined {
  const { continent, country } = locationOf(georegion);
  const regions = within.map(({ region }) => region);
  return (
    regions.find((region) => region === georegion) ??
    regions.find((region) =>
      locationsOf(region).some((place) => "country" in place && place.country === country),
    ) ??
    regions.find((region) =>
      locationsOf(region).some((place) => "continent" in place && place.continent === continent),
    )
  );
}

/** The part of all users that is in each region of the world: as the environment says, the rest evenly. */
export function worldParts(
  { within }: Pick<Traffic, "within">,
  audience: Readonly<Record<string, number>> = {},
): ReadonlyMap<string, number> {
  const named = new Map(WORLD_REGIONS.map((region) => [region, policyRegion({ within }, region)]));
  const sizeOf = (region: string): number | undefined => audience[named.get(region) ?? region];
  const known = WORLD_REGIONS.filter((region) => sizeOf(region) !== undefined);
  const sharers = (region: string): number =>
    known.filter((other) => (named.get(other) ?? other) === (named.get(region) ?? region)).length;
  const percent = (region: string): number => (sizeOf(region) ?? 0) / sharers(region);
  const rest = 100 - known.reduce((sum, region) => sum + percent(region), 0);
  return new Map(
    WORLD_REGIONS.map((region) => [
      region,
      (known.includes(region) ? percent(region) : rest / (WORLD_REGIONS.length - known.length)) / 100,
    ]),
  );
}
