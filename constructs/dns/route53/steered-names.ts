import { preferences, type TrafficFleet } from "../preference";
import { spareWeight } from "../traffic-model";
import type { Traffic, TrafficPolicy } from "../traffic-policy";
import { integerWeights, shareError, worstShareError } from "./integer-weights";
import { locationsOf, type GeoLocation } from "./locations";

/** How Route 53 chooses a record among those of its name. */
export type Routing =
  | { readonly kind: "simple" }
  | { readonly kind: "multivalue" }
  | { readonly kind: "weighted"; readonly weight: number }
  | { readonly kind: "failover"; readonly role: "PRIMARY" | "SECONDARY" }
  /** Undefined: for all who are in none of the other locations. */
  | { readonly kind: "geolocation"; readonly location?: GeoLocation };

/** One record of Route 53, for either address family. */
export interface SteeredName {
  /** Below the zone: `*`, or a name that only other records use. */
  readonly name: string;
  /** Unique among the records of the name; absent where it is the only one. */
  readonly setIdentifier?: string;
  readonly routing: Routing;
  readonly answer:
    | { readonly fleet: string; readonly whenHealthy: boolean }
    /** Another of these names. */
    | { readonly alias: string; readonly whenHealthy: boolean };
}

/** Every name that users ask for. */
export const WILDCARD = "*";

/** Where the names that users never ask for are. No host name has an underscore, so none of theirs is taken. */
const INTERNAL = "_edge";

/**
 * The records that share traffic as `trafficShares` says, but for what rounding to Route 53's weights takes away.
 *
 * The wildcard leads to a chain for the user's region: a pair of failover records for each rank of the policy, of which the
 * first leads to that rank's healthy fleets and the second to the rest of the chain. At its end are all fleets, drained
 * ones too, and nobody looks whether they are healthy: there is always an answer. A drained fleet is only there.
 *
 * The names say what is behind them, and every kind of group has names of its own: Route 53 takes no two kinds of routing
 * under one name, so another policy is new names and then a change of where the wildcard leads to.
 *
 * @returns aliases after what they lead to.
 */
export function steeredNames(
  { policy, within }: Traffic,
  fleets: readonly TrafficFleet[],
): readonly SteeredName[] {
  return [
    ...chain(policy, fleets, EVERYWHERE),
    ...within.flatMap((regional) => chain(regional.policy, fleets, scopeOf(regional.region))),
    ...wildcard(within.map(({ region }) => region)),
  ];
}

/** How far a fleet's share may be from what the policy says, as a part of 1, because weights are whole numbers. */
export function worstRounding({ policy, within }: Traffic, fleets: readonly TrafficFleet[]): number {
  const policies = [policy, ...within.map((regional) => regional.policy)];
  const errors = policies.flatMap((each) =>
    groups(each, fleets, "").map(({ weights, whenHealthy }) => {
      const integers = integerWeights(weights);
      return whenHealthy ? worstShareError(weights, integers) : shareError(weights, integers);
    }),
  );
  return Math.max(0, ...errors);
}

const EVERYWHERE = `everywhere.${INTERNAL}`;
const PLACES = `places.${INTERNAL}`;

function scopeOf(region: string): string {
  return `${region.toLowerCase()}.${INTERNAL}`;
}

/** Where the wildcard leads to: to one chain, or to a choice between several by the place of the user. */
function wildcard(regions: readonly string[]): readonly SteeredName[] {
  // Each chain has an answer for everybody, so nobody asks whether it is healthy.
  const alias = (to: string) => ({ alias: to, whenHealthy: false });
  const simple = (to: string): SteeredName => ({
    name: WILDCARD,
    routing: { kind: "simple" },
    answer: alias(to),
  });
  if (regions.length === 0) return [simple(EVERYWHERE)];
  return [
    { name: PLACES, setIdentifier: "others", routing: { kind: "geolocation" }, answer: alias(EVERYWHERE) },
    ...regions.flatMap((region) =>
      locationsOf(region).map((location): SteeredName => ({
        name: PLACES,
        setIdentifier: Object.values(location).join(),
        routing: { kind: "geolocation", location },
        answer: alias(scopeOf(region)),
      })),
    ),
    simple(PLACES),
  ];
}

/** Fleets that are answered with alike. */
interface Group {
  readonly name: string;
  readonly kind: "multivalue" | "weighted";
  readonly fleets: readonly TrafficFleet[];
  /** By fleet. */
  readonly weights: readonly number[];
  readonly whenHealthy: boolean;
}

function chain(
  policy: TrafficPolicy,
  fleets: readonly TrafficFleet[],
  scope: string,
): readonly SteeredName[] {
  const all = groups(policy, fleets, scope);
  const pairs = all.slice(0, -1).map(({ name }, index): SteeredName[] => {
    const at = (pair: number): string => (pair === 0 ? scope : `after-${all[pair - 1]?.name ?? ""}`);
    const rest = index + 2 < all.length ? at(index + 1) : (all.at(-1)?.name ?? "");
    return (["PRIMARY", "SECONDARY"] as const).map((role) => ({
      name: at(index),
      setIdentifier: role.toLowerCase(),
      routing: { kind: "failover", role },
      answer: { alias: role === "PRIMARY" ? name : rest, whenHealthy: true },
    }));
  });
  return [...all.flatMap(membersOf), ...pairs.toReversed().flat()];
}

/** One for each rank of the policy, the best first, and one with all fleets. */
function groups(policy: TrafficPolicy, fleets: readonly TrafficFleet[], scope: string): readonly Group[] {
  const kind = policy.kind === "round-robin" ? "multivalue" : "weighted";
  const preferred = preferences(policy, fleets);
  const rankOf = ({ name }: TrafficFleet): number => preferred.get(name)?.rank ?? Infinity;
  const serving = fleets.filter(({ percent }) => percent > 0);
  const ranks = [...new Set(serving.map(rankOf))].sort((one, other) => one - other);
  return [
    ...ranks.map((rank): Group => {
      const members = serving.filter((fleet) => rankOf(fleet) === rank);
      const weights = members.map(({ name }) => preferred.get(name)?.weight ?? 0);
      return { name: `${kind}-${rank}.${scope}`, kind, fleets: members, weights, whenHealthy: true };
    }),
    {
      name: `${kind}-all.${scope}`,
      kind,
      fleets,
      weights: fleets.map(spareWeight(policy)),
      whenHealthy: false,
    },
  ];
}

function membersOf({ name, kind, fleets, weights, whenHealthy }: Group): readonly SteeredName[] {
  const integers = integerWeights(weights);
  return fleets.map((fleet, index) => ({
    name,
    setIdentifier: fleet.name,
    routing: kind === "multivalue" ? { kind } : { kind, weight: integers[index] ?? 0 },
    answer: { fleet: fleet.name, whenHealthy },
  }));
}
