import { preferences, type TrafficFleet } from "../preference";
import { spareWeight, watermarksOf } from "../traffic-model";
import { shedsLoad, type Traffic, type TrafficPolicy, type Watermarks } from "../traffic-policy";

/** A fleet as NS1 is told about it. */
export interface SteeredFleet extends TrafficFleet {
  readonly address: string;
  /** Metadata that says whether it is healthy: `true`, or a pointer to a feed. */
  readonly up: string;
  /** Metadata that says how many connections it has; read where a policy sheds load. */
  readonly connections?: string | undefined;
}

/** Metadata of an answer; all values are text. */
type Meta = Readonly<Record<string, string>>;

/** What makes a record of NS1 steer. */
export interface SteeredRecord {
  readonly answers: readonly { readonly answer: string; readonly meta: Meta }[];
  readonly filters: readonly { readonly filter: string; readonly config?: Meta }[];
}

/**
 * The answers and the filter chain that share traffic as `trafficShares` says. Every fleet is in it several times:
 *
 * 1. as the policy prefers it, one priority for each rank;
 * 2. where the policy sheds load, without a load, for the case that all shed;
 * 3. as always up, for the case that none is.
 *
 * `up` and `shed_load` take out what is not to be had, and of what is left `priority` keeps the best. So no filter is
 * ever left without an answer: NS1's pages differ on what it would do then, and on answers that do not set `up`
 * (https://www.ibm.com/docs/en/ns1-connect?topic=filters-health-check). A drained fleet is `up: false`, since what a
 * weight of 0 does is documented nowhere. A change of percentages or weights changes metadata only.
 */
export function steeredRecord(traffic: Traffic, fleets: readonly SteeredFleet[]): SteeredRecord {
  const { policy, within, watermarks } = traffic;
  const policies = [policy, ...within.map((regional) => regional.policy)];
  const evenly = policies.every(({ kind }) => kind === "round-robin");
  const answers = (each: TrafficPolicy, place: Meta) =>
    tiers(each, fleets, watermarks).map(({ answer, meta: { weight, ...meta } }) => ({
      answer,
      meta: { ...meta, ...(evenly || weight === undefined ? {} : { weight }), ...place },
    }));
  return {
    answers: [
      ...answers(policy, {}),
      ...within.flatMap((regional) => answers(regional.policy, { georegion: regional.region })),
    ],
    filters: [
      { filter: "up" },
      ...(policies.some(shedsLoad) ? [{ filter: "shed_load", config: { metric: "connections" } }] : []),
      // A client in one of the regions gets that region's answers, all others those without a region
      // (https://www.ibm.com/docs/en/ns1-connect?topic=filters-geographic), so nothing is left to choose between groups.
      ...(within.length > 0 ? [{ filter: "geofence_regional", config: { remove_no_georegion: "1" } }] : []),
      { filter: "priority", config: { eliminate: "1" } },
      // Without a shuffle the order is fixed. With round robin every fleet is in every answer; many clients take the first.
      ...(evenly
        ? [{ filter: "shuffle" }]
        : [{ filter: "weighted_shuffle" }, { filter: "select_first_n", config: { N: "1" } }]),
    ],
  };
}

function tiers(
  policy: TrafficPolicy,
  fleets: readonly SteeredFleet[],
  watermarks: Watermarks,
): SteeredRecord["answers"] {
  const preferred = preferences(policy, fleets);
  const sheds = shedsLoad(policy);
  const lastRank = Math.max(...[...preferred.values()].map(({ rank }) => rank));
  const preferredWeights = weightTexts(fleets.map(({ name }) => preferred.get(name)?.weight ?? 0));
  const spareWeights = weightTexts(fleets.map(spareWeight(policy)));
  const up = (fleet: SteeredFleet): string => (fleet.percent === 0 ? "false" : fleet.up);
  const tier = (meta: (fleet: SteeredFleet, index: number) => Meta) =>
    fleets.map((fleet, index) => ({ answer: fleet.address, meta: meta(fleet, index) }));
  return [
    ...tier((fleet, index) => ({
      up: up(fleet),
      priority: String(preferred.get(fleet.name)?.rank),
      weight: preferredWeights[index] ?? "",
      ...(sheds ? load(fleet, watermarks) : {}),
    })),
    ...(sheds
      ? tier((fleet, index) => ({
          up: up(fleet),
          priority: String(lastRank + 1),
          weight: spareWeights[index] ?? "",
        }))
      : []),
    ...tier((_, index) => ({
      up: "true",
      priority: String(lastRank + (sheds ? 2 : 1)),
      weight: spareWeights[index] ?? "",
    })),
  ];
}

function load({ capacity, connections }: SteeredFleet, watermarks: Watermarks): Meta {
  const { low, high } = watermarksOf(capacity, watermarks);
  return {
    ...(connections === undefined ? {} : { connections }),
    low_watermark: String(low),
    high_watermark: String(high),
  };
}

/** Weights as NS1 reads them back: from 1 on, for which JavaScript and Go have one way of writing. */
function weightTexts(weights: readonly number[]): readonly string[] {
  const unit = Math.min(1, ...weights);
  return weights.map((weight) => String(weight / unit));
}
