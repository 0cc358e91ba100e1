import { appliedShares, wantedTraffic, type AppliedTraffic } from "../constructs/dns/applied-traffic";
import type { Environment } from "../constructs/fleet/environment";

/**
 * What DNS gives each fleet, in percent of the live record, also in a step on the way, which shares by weights of its own:
 * there it is the part that the fleet has of what it would have with its whole share, in the region where that is most.
 * @param shares fleet -> its whole share, in percent of the live record.
 */
export function appliedPercents(
  environment: Pick<Environment, "dns" | "fleets" | "zone">,
  applied: AppliedTraffic,
  shares: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  if (applied.step !== true) {
    return Object.fromEntries(applied.fleets.A.map(({ name, percent }) => [name, percent]));
  }
  const full = wantedTraffic(environment, shares);
  const regions = [undefined, ...full.traffic.within.map(({ region }) => region)];
  const percents = Object.entries(shares).map(([name, share]) => {
    const parts = regions.map((region) => {
      const whole = appliedShares(full, "A", region)?.[name] ?? 0;
      return whole === 0 ? 0 : (appliedShares(applied, "A", region)?.[name] ?? 0) / whole;
    });
    return [name, Math.min(share, share * Math.max(...parts))] as const;
  });
  return Object.fromEntries(percents);
}
