/** What each fleet would have to carry at the declared peak, in connections. */
import { appliedShares, wantedTraffic, type AppliedTraffic } from "../constructs/dns/applied-traffic";
import { shedsLoad } from "../constructs/dns/traffic-policy";
import type { Environment } from "../constructs/fleet/environment";
import { capacityOf } from "../constructs/fleet/fleet-inputs";
import type { Problem } from "../constructs/fleet/problem";

type Steered = Pick<Environment, "dns" | "fleets" | "zone" | "audience">;

export interface PeakLoad {
  readonly fleet: string;
  /** Connections that it gets at the peak. */
  readonly load: number;
  readonly capacity: number;
}

/**
 * The fleets that would get more than they carry at the peak, if some were lost.
 *
 * A policy that sheds load sends on what would fill a fleet, so there all that are left count together; otherwise each
 * has to carry what the policy gives it. Where nobody knows how many users are in a region, all of them may be; and any
 * of them may use the address family that is worst.
 *
 * @param percents fleet -> percent of what the policy gives it.
 * @returns empty where the peak is carried; one of the fleet "all together" where the policy sheds load.
 */
export function overloads(
  environment: Steered,
  percents: Readonly<Record<string, number>>,
  lost: readonly string[],
  peak: number,
): readonly PeakLoad[] {
  const left = environment.fleets.filter(({ name }) => !lost.includes(name));
  const carried = left.reduce((sum, { wish }) => sum + capacityOf(wish).connections, 0);
  if (left.length === 0 || carried < peak) return [{ fleet: "all together", load: peak, capacity: carried }];
  const traffic = wantedTraffic(
    environment,
    Object.fromEntries(
      Object.entries(percents).map(([name, percent]) => [name, lost.includes(name) ? 0 : percent]),
    ),
  );
  const policies = [traffic.traffic.policy, ...traffic.traffic.within.map(({ policy }) => policy)];
  if (policies.every(shedsLoad)) return [];
  return (
    left
      .map(({ name, wish }) => ({
        fleet: name,
        load: (peak * mostPercent(traffic, name, environment.audience)) / 100,
        capacity: capacityOf(wish).connections,
      }))
      // What arithmetic leaves of a whole is no overload.
      .filter(({ load, capacity }) => load > capacity * (1 + 1e-9))
  );
}

/** The largest part of all users that a fleet may get. */
export function mostPercent(applied: AppliedTraffic, fleet: string, audience?: Steered["audience"]): number {
  const regions = applied.traffic.within.map(({ region }) => region);
  const known = regions.every((region) => audience?.[region] !== undefined);
  const elsewhere = 100 - regions.reduce((sum, region) => sum + (audience?.[region] ?? 0), 0);
  const families = (["A", "AAAA"] as const).map((family) => {
    const percent = (region?: string): number => appliedShares(applied, family, region)?.[fleet] ?? 0;
    if (!known) return Math.max(percent(), ...regions.map(percent));
    const sizes = regions.map((region) => ((audience?.[region] ?? 0) * percent(region)) / 100);
    return sizes.reduce((sum, part) => sum + part, (elsewhere * percent()) / 100);
  });
  return Math.max(...families);
}

/** What would be missing if, while a fleet is in transition, another one were lost. */
export interface Shortfall {
  readonly inTransition: string;
  readonly lost: string;
  readonly overloads: readonly PeakLoad[];
}

export function shortfallsOf(
  environment: Steered,
  percents: Readonly<Record<string, number>>,
  peak: number,
): readonly Shortfall[] {
  const names = environment.fleets.map(({ name }) => name);
  return names
    .flatMap((inTransition) =>
      names
        .filter((lost) => lost !== inTransition)
        .map((lost) => ({
          inTransition,
          lost,
          overloads: overloads(environment, percents, [inTransition, lost], peak),
        })),
    )
    .filter((shortfall) => shortfall.overloads.length > 0);
}

/** For people: `while aws is in transition, without stackpath: all together would get 40000 connections and carry 0`. */
export function describeShortfall({ inTransition, lost, overloads: loads }: Shortfall): Problem {
  return {
    where: `fleets.${inTransition}`,
    what: `while it is in transition, without ${lost}: ${loads.map(describeLoad).join("; ")}`,
  };
}

export function describeLoad({ fleet, load, capacity }: PeakLoad): string {
  return `${fleet} would get ${Math.round(load)} connections at the peak and carry ${capacity}: ${Math.ceil(load - capacity)} too many`;
}
