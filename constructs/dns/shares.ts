import { capacityOf } from "../fleet/fleet-inputs";
import type { Environment } from "../fleet/environment";
import type { TrafficFleet } from "./preference";
import { trafficShares } from "./traffic-model";

/** The record types that lead to fleets. */
export type Family = "A" | "AAAA";

/** Percent of the traffic that each fleet gets while all are well, per address family. */
export type FamilyShares = Readonly<Record<Family, Readonly<Record<string, number>>>>;

type Steered = Pick<Environment, "dns" | "fleets">;

/**
 * The fleets that answer for each address family. There is none for IPv6 users where all that have IPv6 are drained, while
 * others serve: they would keep being sent to a fleet that is to be left alone, and have IPv4.
 * @param live fleet name -> percent of what the policy gives it at this moment (0 is drained).
 */
export function familyFleets(
  { dns, fleets }: Steered,
  live: Readonly<Record<string, number>>,
): Readonly<Record<Family, readonly TrafficFleet[]>> {
  const fleetOf = ({ name, wish }: Steered["fleets"][number]): TrafficFleet => ({
    name,
    capacity: capacityOf(wish).connections,
    percent: live[name] ?? 0,
  });
  const six = fleets.filter(({ wish }) => dns.ipv6 !== "none" && wish.ipv6 === true).map(fleetOf);
  const complete = dns.ipv6 === "partial" || six.length === fleets.length;
  return {
    A: fleets.map(fleetOf),
    AAAA: complete && six.some(({ percent }) => percent > 0) ? six : [],
  };
}

/**
 * Who gets how much of each address family.
 * @param live see `familyFleets`.
 * @param region the users of a region; undefined: those of all regions without a policy of their own.
 */
export function shares(
  environment: Steered,
  live: Readonly<Record<string, number>>,
  region?: string,
): FamilyShares {
  const families = familyFleets(environment, live);
  const percents = (fleets: readonly TrafficFleet[]): Record<string, number> =>
    Object.fromEntries(
      Object.entries(trafficShares(environment.dns.traffic, fleets, {}, region)).map(([name, share]) => [
        name,
        100 * share,
      ]),
    );
  return { A: percents(families.A), AAAA: percents(families.AAAA) };
}

/** `aws 50 %, stackpath 50 %`, for a plan that a person reads. */
export function describeShares(family: Readonly<Record<string, number>>): string {
  const parts = Object.entries(family).map(([name, percent]) => `${name} ${Number(percent.toFixed(1))} %`);
  return parts.length === 0 ? "no record" : parts.join(", ");
}
