/** Fleets, policies and readings at random, and what NS1 would make of them. */
import type { TrafficFleet } from "../../../constructs/dns/preference";
import type { FleetReading } from "../../../constructs/dns/traffic-model";
import { steeredRecord } from "../../../constructs/dns/ns1/steered-record";
import {
  capacity,
  cost,
  failover,
  roundRobin,
  weighted,
  type Traffic,
  type TrafficPolicy,
} from "../../../constructs/dns/traffic-policy";
import type { Filter, SteeredAnswer } from "../../../sandbox/dns/filter-chain";

export const WATERMARKS = { low: 50, high: 90 };

export const KINDS = ["round-robin", "weighted", "capacity", "cost", "failover"] as const;

export function traffic(policy: TrafficPolicy, within: Traffic["within"] = []): Traffic {
  return { policy, within, watermarks: WATERMARKS };
}

/** Fleets `a`, `b`, ... with these capacities, none of them drained. */
export function fleetsOf(...capacities: readonly number[]): readonly TrafficFleet[] {
  return capacities.map((each, index) => ({ name: "abcdefgh"[index] ?? "", capacity: each, percent: 100 }));
}

export function randomFleets(count: number, random: () => number): readonly TrafficFleet[] {
  return fleetsOf(...Array.from({ length: count }, () => 1 + Math.floor(random() * 50_000)));
}

/** Prices are few, so that some are alike. */
export function randomPolicy(
  kind: TrafficPolicy["kind"],
  fleets: readonly TrafficFleet[],
  random: () => number,
): TrafficPolicy {
  const numbers = (number: () => number): Record<string, number> =>
    Object.fromEntries(fleets.map(({ name }) => [name, number()]));
  switch (kind) {
    case "round-robin":
      return roundRobin();
    case "weighted":
      return weighted(numbers(() => 10 ** (random() * 8 - 4)));
    case "capacity":
      return capacity();
    case "cost":
      return cost(numbers(() => 1 + Math.floor(random() * 3)));
    case "failover":
      return failover(
        fleets
          .map(({ name }) => ({ name, at: random() }))
          .sort((one, other) => one.at - other.at)
          .map(({ name }) => name),
      );
  }
}

/** Every combination of fleets being up. */
export function healthStates(fleets: readonly TrafficFleet[]): readonly Record<string, FleetReading>[] {
  return Array.from({ length: 2 ** fleets.length }, (_, state) =>
    Object.fromEntries(fleets.map(({ name }, index) => [name, { up: ((state >> index) & 1) === 1 }])),
  );
}

/** The record that steers so, as NS1 would see it at a moment. The answers are the fleets' names. */
export function record(
  wanted: Traffic,
  fleets: readonly TrafficFleet[],
  readings: Readonly<Record<string, FleetReading>> = {},
): { readonly answers: readonly SteeredAnswer[]; readonly filters: readonly Filter[] } {
  const { answers, filters } = steeredRecord(
    wanted,
    fleets.map((fleet) => {
      const { up = true, connections } = readings[fleet.name] ?? {};
      return {
        ...fleet,
        address: fleet.name,
        up: String(up),
        connections: connections === undefined ? undefined : String(connections),
      };
    }),
  );
  return {
    answers: answers.map(({ answer, meta }) => ({ data: answer, meta })),
    filters,
  };
}
