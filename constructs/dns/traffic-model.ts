/** What the policies mean, whatever DNS service carries them out. The compiled records are proven equal to it. */
import { preferences, type TrafficFleet } from "./preference";
import { shedsLoad, type Traffic, type TrafficPolicy, type Watermarks } from "./traffic-policy";

/** What is known of a fleet at a moment. */
export interface FleetReading {
  readonly up: boolean;
  /** Connections that it has; undefined: nobody knows, so nothing is shed. */
  readonly connections?: number;
}

/** Fleet name -> the part of the queries for which it is the first answer; they add up to 1. */
export type TrafficShares = Readonly<Record<string, number>>;

/**
 * The share of each fleet.
 *
 * A fleet is to be had while it is up, not drained, and does not shed the query at hand: each fleet that the policy
 * sheds load from throws dice of its own. Those that are to be had share by the policy. Where all shed, the fleets that
 * are up and not drained share by capacity; where there are none, all fleets do.
 *
 * @param readings by fleet; one without is up.
 * @param region where the client is, in the words of `Traffic.within`; undefined: nobody knows.
 */
export function trafficShares(
  { policy: everywhere, within, watermarks }: Traffic,
  fleets: readonly TrafficFleet[],
  readings: Readonly<Record<string, FleetReading>> = {},
  region?: string,
): TrafficShares {
  const policy = within.find((regional) => regional.region === region)?.policy ?? everywhere;
  const preferred = preferences(policy, fleets);
  const sound = fleets.filter(({ name, percent }) => percent > 0 && (readings[name]?.up ?? true));
  const shares = new Map(fleets.map(({ name }) => [name, 0]));

  const divide = (probability: number, among: readonly TrafficFleet[], weight: Weight): void => {
    const total = among.reduce((sum, fleet) => sum + weight(fleet), 0);
    for (const fleet of among) {
      shares.set(fleet.name, (shares.get(fleet.name) ?? 0) + (probability * weight(fleet)) / total);
    }
  };

  if (sound.length === 0) divide(1, fleets, spareWeight(policy));
  for (const { there, probability } of throwsOf(sound, shedding(policy, watermarks, readings))) {
    const best = Math.min(...there.map(({ name }) => preferred.get(name)?.rank ?? Infinity));
    const first = there.filter(({ name }) => preferred.get(name)?.rank === best);
    if (first.length > 0) divide(probability, first, ({ name }) => preferred.get(name)?.weight ?? 0);
    else if (sound.length > 0) divide(probability, sound, spareWeight(policy));
  }
  // What rounding adds to a whole would make a standard error of it the root of a negative number.
  return Object.fromEntries([...shares].map(([name, share]) => [name, Math.min(1, share)]));
}

type Weight = (fleet: TrafficFleet) => number;

/** How fleets share where the policy has none of its own to offer. */
export function spareWeight({ kind }: TrafficPolicy): Weight {
  return kind === "round-robin" ? () => 1 : ({ capacity }) => capacity;
}

/** Watermarks as numbers of connections: DNS services take whole ones. */
export function watermarksOf(capacity: number, { low, high }: Watermarks): Watermarks {
  const from = Math.floor((capacity * low) / 100);
  return { low: from, high: Math.max(from + 1, Math.floor((capacity * high) / 100)) };
}

/** The probability that a fleet with so many connections sheds a query. */
export function shedProbability(connections: number, { low, high }: Watermarks): number {
  return Math.min(1, Math.max(0, (connections - low) / (high - low)));
}

function shedding(
  policy: TrafficPolicy,
  watermarks: Watermarks,
  readings: Readonly<Record<string, FleetReading>>,
): Weight {
  if (!shedsLoad(policy)) return () => 0;
  return ({ name, capacity }) =>
    shedProbability(readings[name]?.connections ?? 0, watermarksOf(capacity, watermarks));
}

/** Every outcome of the dice: which of the fleets are there, and how likely that is. */
function throwsOf(
  fleets: readonly TrafficFleet[],
  shed: Weight,
): readonly { readonly there: readonly TrafficFleet[]; readonly probability: number }[] {
  return fleets.reduce<{ there: readonly TrafficFleet[]; probability: number }[]>(
    (outcomes, fleet) =>
      outcomes
        .flatMap(({ there, probability }) => [
          { there: [...there, fleet], probability: probability * (1 - shed(fleet)) },
          { there, probability: probability * shed(fleet) },
        ])
        .filter(({ probability }) => probability > 0),
    [{ there: [], probability: 1 }],
  );
}
