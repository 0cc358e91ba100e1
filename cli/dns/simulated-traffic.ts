import type { Family } from "../../constructs/dns/shares";
import type { TrafficShares } from "../../constructs/dns/traffic-model";

/** Users whose share is simulated. */
export interface SimulatedUsers {
  readonly type: Family;
  /** As NS1 names regions of the world. */
  readonly region: string;
  /** Their part of all queries. */
  readonly part: number;
  /** What the model says of them. */
  readonly model: TrafficShares;
  /** Draws the fleet that a query leads to first; undefined: there was no answer. */
  readonly draw: () => string | undefined;
}

/** How much of some users' traffic each fleet got. */
export interface UsersTraffic {
  readonly type: Family;
  /** Left out: the users of all regions. */
  readonly region?: string;
  readonly queries: number;
  readonly unanswered: number;
  readonly fleets: readonly FleetTraffic[];
}

/** In percent, and points of a percent. */
export interface FleetTraffic {
  readonly fleet: string;
  readonly share: number;
  readonly model: number;
  /** How far the share is from the model. */
  readonly error: number;
  /** The same in standard errors of a sample of this size; null: there is one where the model leaves nothing to chance. */
  readonly standardErrors: number | null;
}

/** Counts of one group of users. */
interface Sample {
  readonly queries: number;
  readonly counts: ReadonlyMap<string | undefined, number>;
  readonly model: TrafficShares;
}

/** Asks exactly so many queries for each record type; the traffic of all users first, then of those of each region. */
export function simulateTraffic(users: readonly SimulatedUsers[], queries: number): readonly UsersTraffic[] {
  const types = [...new Set(users.map(({ type }) => type))];
  return types.flatMap((type) => {
    const groups = users.filter((group) => group.type === type);
    const sizes = split(
      queries,
      groups.map(({ part }) => part),
    );
    const regional = groups.map((group, index) => ({
      region: group.region,
      sample: ask(group, sizes[index] ?? 0),
    }));
    const all = regional.map(({ sample }) => sample);
    return [summarize(type, all), ...regional.map(({ region, sample }) => summarize(type, [sample], region))];
  });
}

/** Whole numbers that add up to the total: where each part ends is rounded, and the last gets what is left. */
function split(total: number, parts: readonly number[]): readonly number[] {
  let sum = 0;
  const ends = parts.map((part) => Math.round((sum += part) * total)).with(-1, total);
  return ends.map((end, index) => end - (ends[index - 1] ?? 0));
}

function ask({ model, draw }: SimulatedUsers, queries: number): Sample {
  const counts = new Map<string | undefined, number>();
  for (let query = 0; query < queries; query++) {
    const fleet = draw();
    counts.set(fleet, (counts.get(fleet) ?? 0) + 1);
  }
  return { queries, counts, model };
}

function summarize(type: Family, samples: readonly Sample[], region?: string): UsersTraffic {
  const sum = (of: (sample: Sample) => number): number =>
    samples.reduce((total, sample) => total + of(sample), 0);
  const queries = sum((sample) => sample.queries);
  const fleets = Object.keys(samples[0]?.model ?? {}).map((fleet): FleetTraffic => {
    const expected = ({ model }: Sample): number => model[fleet] ?? 0;
    const got = sum(({ counts }) => counts.get(fleet) ?? 0);
    const wanted = sum((sample) => sample.queries * expected(sample));
    const deviation = Math.sqrt(
      sum((sample) => sample.queries * expected(sample) * Math.max(0, 1 - expected(sample))),
    );
    const away = Math.abs(got - wanted) < 1e-6 ? 0 : got - wanted;
    return {
      fleet,
      share: (100 * got) / queries,
      model: (100 * wanted) / queries,
      error: (100 * away) / queries,
      standardErrors: away === 0 ? 0 : deviation === 0 ? null : away / deviation,
    };
  });
  const unanswered = sum(({ counts }) => counts.get(undefined) ?? 0);
  return { type, ...(region !== undefined && { region }), queries, unanswered, fleets };
}
