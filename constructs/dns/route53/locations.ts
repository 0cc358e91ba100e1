import { show, type Problem } from "../../fleet/problem";

/** Codes of Route 53's geolocation routing. */
export type GeoLocation = { readonly continent: string } | { readonly country: string };

/** Continents as they are named here, and what is in them: https://docs.aws.amazon.com/Route53/latest/APIReference/API_GeoLocation.html */
const CONTINENTS = {
  AFRICA: ["AF"],
  ANTARCTICA: ["AN"],
  ASIA: ["AS"],
  ASIAPAC: ["AS", "OC"],
  EUROPE: ["EU"],
  "NORTH-AMERICA": ["NA"],
  OCEANIA: ["OC"],
  "SOUTH-AMERICA": ["SA"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A continent, or a country by its two letters (ISO 3166): `EUROPE`, `DE`. A country counts more than its continent. */
export type Route53Region = keyof typeof CONTINENTS | (string & {});

/** Where the users of a region are; none: Route 53 cannot tell them apart. */
export function locationsOf(region: string): readonly GeoLocation[] {
  if (Object.hasOwn(CONTINENTS, region)) {
    return CONTINENTS[region as keyof typeof CONTINENTS].map((continent) => ({ continent }));
  }
  return isCountry(region) ? [{ country: region }] : [];
}

/** Regions that Route 53 does not know, and those that overlap. */
export function checkRegions(regions: readonly string[]): readonly Problem[] {
  const unknown = regions.filter((region) => locationsOf(region).length === 0);
  const split = regions.includes("ASIAPAC")
    ? regions.filter((region) => ["ASIA", "OCEANIA"].includes(region))
    : [];
  return [
    ...unknown.map((region) => ({
      where: `dns.within.${region}`,
      what: `Route 53 cannot tell the users of ${show(region)} apart; it knows countries by two letters and ${Object.keys(CONTINENTS).join(", ")}`,
      ...(region.startsWith("US-")
        ? { remedy: 'Say "US": it knows no parts of it that other services know.' }
        : {}),
    })),
    ...split.map((region) => ({
      where: `dns.within.${region}`,
      what: "is a part of ASIAPAC, which has a policy of its own",
    })),
  ];
}

const NAMES = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });

/** Codes with a name that are no country's. */
const OTHERS = ["EU", "EZ", "QO", "UN", "ZZ"];

/** A code that is in use, and not another spelling of one: `GB`, not `UK`. */
function isCountry(code: string): boolean {
  const isNamed = /^[A-Z]{2}$/.test(code) && NAMES.of(code) !== undefined && !OTHERS.includes(code);
  return isNamed && Intl.getCanonicalLocales(`und-${code}`)[0] === `und-${code}`;
}
