import { givesParts, type TrafficPolicy } from "./traffic-policy";

/** A fleet as the policies see it. */
export interface TrafficFleet {
  readonly name: string;
  /** Connections that it carries at once. */
  readonly capacity: number;
  /** Percent of what the policy gives it, of the live record: 100 is all, 0 is drained. */
  readonly percent: number;
}

/** Of the fleets that are to be had, those of the lowest rank get everything, and share it by weight. */
export interface Preference {
  readonly rank: number;
  readonly weight: number;
}

/** What a policy says of each fleet, by name. Every policy can be said in these terms. */
export function preferences(
  policy: TrafficPolicy,
  fleets: readonly TrafficFleet[],
): ReadonlyMap<string, Preference> {
  const plain = fleets.map((fleet) => ({ ...fleet, ...preference(policy, fleet) }));
  return new Map(
    plain.map(({ name, rank, weight, percent }) => {
      const others = plain.filter((other) => other.name !== name && other.rank === rank);
      const carried = others.reduce((sum, other) => sum + (other.weight * other.percent) / 100, 0);
      return [name, { rank, weight: givesParts(policy) ? partOf(weight, percent, carried) : weight }];
    }),
  );
}

function preference(policy: TrafficPolicy, { name, capacity }: TrafficFleet): Preference {
  switch (policy.kind) {
    case "round-robin":
      return { rank: 1, weight: 1 };
    case "weighted":
      return { rank: 1, weight: policy.weights[name] ?? 0 };
    case "capacity":
      return { rank: 1, weight: capacity };
    case "cost": {
      const price = policy.prices[name] ?? Infinity;
      const cheaper = new Set(Object.values(policy.prices).filter((other) => other < price));
      return { rank: 1 + cheaper.size, weight: capacity };
    }
    case "failover":
      return { rank: 1 + policy.order.indexOf(name), weight: 1 };
  }
}

/**
 * The weight that gives a fleet a part of its share, and leaves the rest to the others in the proportions that they
 * have: solves part / (part + others) = percent × weight / (weight + others). A drained fleet keeps its weight, since
 * it is not to be had anyway.
 * @param others the weights that stand against it.
 */
function partOf(weight: number, percent: number, others: number): number {
  if (percent === 0 || percent === 100 || others === 0) return weight;
  const part = percent / 100;
  return (weight * part * others) / (others + (1 - part) * weight);
}
