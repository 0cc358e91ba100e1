import { z } from "zod";

/** What a look at a fleet can yield. */
export const EVIDENCE = ["nodes", "release", "answers", "alarms", "command"] as const;
export type EvidenceKind = (typeof EVIDENCE)[number];

/** A release as a manifest names it for one provider: `FleetRelease`, as JSON keeps it. */
const fleetRelease = z.strictObject({ id: z.string(), image: z.json() });

/** `FleetReleases`, as JSON keeps it. */
const fleetReleases = fleetRelease.extend({ sites: z.record(z.string(), fleetRelease).optional() });

const fleet = z.strictObject({
  provider: z.string(),
  /** Connections that it carries at once. */
  capacity: z.number(),
  /** Percent of what the policy gives it, of the live record, at the start; the rollout gives it back in the end. */
  share: z.number(),
  /** What it ran at the start: a rollback restores exactly this. */
  previous: fleetReleases,
  next: fleetRelease,
});

const wave = z.strictObject({
  fleet: z.string(),
  /** The sites that this wave is about: they get the new release, the others keep what they have. Left out: all of them. */
  sites: z.array(z.string()).optional(),
  /**
   * The shares that the fleet has on its way, in percent of the live record, ascending. The first is what it has while its
   * nodes are replaced: 0, unless the fleet is alone. The last is what it had at the start. Down and up go by these rungs.
   */
  ladder: z.array(z.number()).min(1),
});

/**
 * What a rollout is: made once, at its start, and never changed. Times are in seconds of the world's clock, shares in
 * percent of the live record, capacity and peak in connections.
 */
export const rolloutPlanSchema = z.strictObject({
  environment: z.string(),
  release: z.string(),
  /** Every fleet of the environment. */
  fleets: z.record(z.string(), fleet),
  /** One fleet each, in the order in which they get the release. */
  waves: z.array(wave).min(1),
  /** How long a fleet must serve its whole share, with good evidence all the while, until the next one's turn comes. */
  bakeSeconds: z.number(),
  /** How long a replacement may take at the provider. */
  settleSeconds: z.number(),
  /** The most that one interval between two looks counts as baked: nobody knows what was in between. */
  lookSeconds: z.number(),
  /** Points of traffic that one planned step may move. */
  trafficLimit: z.number(),
  /** The same of the first step after a full drain. */
  firstLimit: z.number(),
  /** The declared peak. */
  peak: z.number(),
  /** How many fleets may be lost, the one in transition included, with the peak still carried. */
  spare: z.union([z.literal(1), z.literal(2)]),
  /** `each`: a person approves each wave before it begins. */
  approve: z.enum(["once", "each"]),
  /** The evidence that each look must bring; what is missing is unclear. */
  evidence: z.array(z.enum(EVIDENCE)).min(1),
});

export type RolloutPlan = z.infer<typeof rolloutPlanSchema>;
export type PlannedFleet = RolloutPlan["fleets"][string];
export type PlannedReleases = PlannedFleet["previous"];
export type PlannedWave = RolloutPlan["waves"][number];
