import { z } from "zod";

/** How traffic is shared between the fleets of an environment. */
export type TrafficPolicy =
  | { readonly kind: "round-robin" }
  | {
      readonly kind: "weighted";
      readonly weights: Readonly<Record<string, number>>;
      /** Whether load beyond a fleet's watermarks goes to the others; set on the way to a policy that does so. */
      readonly sheds?: boolean | undefined;
    }
  | { readonly kind: "capacity" }
  | { readonly kind: "cost"; readonly prices: Readonly<Record<string, number>> }
  | { readonly kind: "failover"; readonly order: readonly string[] };

/** Another policy for the users of one region of the world. */
export interface RegionalPolicy<Region extends string = string> {
  /** As the DNS service names it. */
  readonly region: Region;
  readonly policy: TrafficPolicy;
}

/**
 * How full a fleet may become, in percent of its capacity. Below `low` it gets what the policy gives it; from there on
 * others get ever more of that, and from `high` on all of it.
 */
export interface Watermarks {
  readonly low: number;
  readonly high: number;
}

/** All that an environment says of its traffic. */
export interface Traffic {
  readonly policy: TrafficPolicy;
  /** Regions where another policy holds. */
  readonly within: readonly RegionalPolicy[];
  readonly watermarks: Watermarks;
}

/** Every fleet gets as much as the next. */
export function roundRobin(): TrafficPolicy {
  return { kind: "round-robin" };
}

/** @param weights fleet name -> a positive number; shares follow. */
export function weighted(weights: Readonly<Record<string, number>>): TrafficPolicy {
  return { kind: "weighted", weights };
}

/** Every fleet gets as much as it can carry; what would fill one beyond its watermarks goes to the others. */
export function capacity(): TrafficPolicy {
  return { kind: "capacity" };
}

/**
 * The cheapest fleet gets everything until its watermarks, what it cannot take the next, and so on. Fleets of the same
 * price share by capacity.
 * @param prices fleet name -> what the same traffic costs there, in any unit.
 */
export function cost(prices: Readonly<Record<string, number>>): TrafficPolicy {
  return { kind: "cost", prices };
}

/** @param order every fleet; the first one that is to be had gets everything. */
export function failover(order: readonly string[]): TrafficPolicy {
  return { kind: "failover", order };
}

/** Another policy for the users of a region. */
export function within<Region extends string>(region: Region, policy: TrafficPolicy): RegionalPolicy<Region> {
  return { region, policy };
}

/** Whether it keeps load beyond a fleet's watermarks away from it. */
export function shedsLoad(policy: TrafficPolicy): boolean {
  return policy.kind === "weighted" ? policy.sheds === true : ["capacity", "cost"].includes(policy.kind);
}

/** Whether a fleet can be given a part of what it would get; with the others a fleet serves or does not. */
export function givesParts({ kind }: TrafficPolicy): boolean {
  return kind === "weighted" || kind === "capacity";
}

/** The form of a policy: environments are synthesized without a type check. */
export const trafficPolicySchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("round-robin") }),
  z.strictObject({
    kind: z.literal("weighted"),
    weights: z.record(z.string(), z.number()),
    sheds: z.boolean().optional(),
  }),
  z.strictObject({ kind: z.literal("capacity") }),
  z.strictObject({ kind: z.literal("cost"), prices: z.record(z.string(), z.number()) }),
  z.strictObject({ kind: z.literal("failover"), order: z.array(z.string()) }),
]);

export const watermarksSchema = z.strictObject({ low: z.number(), high: z.number() });
