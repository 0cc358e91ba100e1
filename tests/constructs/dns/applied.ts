import type { AppliedTraffic } from "../../../constructs/dns/applied-traffic";
import type { TrafficFleet } from "../../../constructs/dns/preference";
import { roundRobin, type Traffic, type TrafficPolicy } from "../../../constructs/dns/traffic-policy";
import { fleetsOf, traffic } from "./sample-traffic";

/** What an apply left: two fleets `a` and `b` that share evenly, but for the changes. */
export function applied({
  policy = roundRobin(),
  within = [],
  fleets = fleetsOf(1_000, 1_000),
  six = [],
  ...changes
}: {
  policy?: TrafficPolicy;
  within?: Traffic["within"];
  fleets?: readonly TrafficFleet[];
  six?: readonly TrafficFleet[];
  service?: string;
  zone?: string;
  ttl?: number;
}): AppliedTraffic {
  return {
    version: 1,
    service: "ns1",
    zone: "edge.example.net",
    ttl: 60,
    traffic: traffic(policy, within),
    fleets: { A: fleets, AAAA: six },
    ...changes,
  };
}

/** The fleets with these percentages of the live record. */
export function drained(
  fleets: readonly TrafficFleet[],
  ...percents: readonly number[]
): readonly TrafficFleet[] {
  return fleets.map((fleet, index) => ({ ...fleet, percent: percents[index] ?? 100 }));
}
