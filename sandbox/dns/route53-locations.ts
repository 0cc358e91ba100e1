import type { Location } from "./route53-answers";

/**
 * Where clients of the simulated world are in Route 53's terms: as precise as the world is, which knows regions in NS1's.
 */
const LOCATIONS: Readonly<Record<string, Location>> = {
  AFRICA: { continent: "AF" },
  ASIAPAC: { continent: "AS" },
  EUROPE: { continent: "EU" },
  "SOUTH-AMERICA": { continent: "SA" },
  "US-CENTRAL": { continent: "NA", country: "US" },
  "US-EAST": { continent: "NA", country: "US" },
  "US-WEST": { continent: "NA", country: "US" },
};

/** @param georegion in NS1's words; undefined: nobody knows. */
export function locationOf(georegion: string | undefined): Location {
  return LOCATIONS[georegion ?? ""] ?? {};
}
