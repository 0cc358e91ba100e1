import { MONITORING_REGIONS } from "../../constructs/dns/ns1/monitoring-regions";
import type { Position } from "../../constructs/fleet/cloud-life";
import { PolycastError, show, suggest } from "../../constructs/fleet/problem";
import type { Vantage } from "../../sandbox/network/reach";
import type { WorldReport } from "../../sandbox/world-api/world-report";

const DEFAULT = "lga" satisfies keyof typeof MONITORING_REGIONS;

/**
 * A place where a client can be: where NS1 looks from, or where nodes stand.
 * @param name of a monitoring region, a location or a site.
 * @throws PolycastError with the places that there are.
 */
export function chooseVantage(name = DEFAULT as string, { nodes }: Pick<WorldReport, "nodes">): Vantage {
  const places = new Map<string, Position>([
    ...nodes.map(({ site, position }) => [site, position] as const),
    ...nodes.map(({ location, position }) => [location, position] as const),
    ...Object.entries(MONITORING_REGIONS),
  ]);
  const position = places.get(name);
  if (position !== undefined) return { name, position };
  const names = [...places.keys()].sort();
  throw new PolycastError("There is no such place for a client", [
    {
      where: show(name),
      what: `${suggest(name, names)}${names.length > 12 ? `; there are: ${names.join(", ")}` : ""}`,
    },
  ]);
}
