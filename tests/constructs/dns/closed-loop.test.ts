/** Shedding as it plays out: readings are pushed from time to time, and clients keep answers for a while. */
import { trafficShares } from "../../../constructs/dns/traffic-model";
import { capacity, cost, type TrafficPolicy } from "../../../constructs/dns/traffic-policy";
import { SEED, seeded } from "../../seeded";
import { fleetsOf, KINDS, randomFleets, randomPolicy, traffic, WATERMARKS } from "./sample-traffic";

/** In seconds. */
const [STEP, TTL] = [5, 60];
const HOURS = 4;
/** Less than so many points is no swing. */
const SETTLED = 0.5;

/** In seconds: how long connections last on average, and how often readings come. */
interface Pace {
  readonly connectionLasts: number;
  readonly pushEvery: number;
}

const USUAL: Pace = { connectionLasts: 600, pushEvery: 60 };

/**
 * Connections of each fleet in the last hour, in percent of its capacity, lowest, highest and mean.
 * All begin on the first fleet; new ones come as fast as old ones end, to fleets as the answers of the last TTL said.
 */
function lastHour(
  policy: TrafficPolicy,
  fleets: ReturnType<typeof fleetsOf>,
  total: number,
  { connectionLasts, pushEvery }: Pace = USUAL,
  watermarks = WATERMARKS,
) {
  const wanted = { ...traffic(policy), watermarks };
  let connections: readonly number[] = fleets.map((_, index) => (index === 0 ? total : 0));
  let shares: readonly number[] = fleets.map((_, index) => (index === 0 ? 1 : 0));
  let cached: (readonly number[])[] = [];
  const range = fleets.map(() => ({ least: Infinity, most: 0, mean: 0 }));
  for (let now = 0; now < HOURS * 3600; now += STEP) {
    if (now % pushEvery === 0) {
      const readings = Object.fromEntries(
        fleets.map(({ name }, index) => [
          name,
          { up: true, connections: Math.round(connections[index] ?? 0) },
        ]),
      );
      const said = trafficShares(wanted, fleets, readings);
      shares = fleets.map(({ name }) => said[name] ?? 0);
    }
    cached = [...cached, shares].slice(-TTL / STEP);
    connections = connections.map((held, index) => {
      const told = cached.reduce((sum, answers) => sum + (answers[index] ?? 0), 0) / cached.length;
      return held + ((total * told - held) / connectionLasts) * STEP;
    });
    if (now < (HOURS - 1) * 3600) continue;
    for (const [index, held] of connections.entries()) {
      const percent = (100 * held) / (fleets[index]?.capacity ?? 1);
      const seen = range[index];
      if (seen === undefined) continue;
      seen.least = Math.min(seen.least, percent);
      seen.most = Math.max(seen.most, percent);
      seen.mean += (percent * STEP) / 3600;
    }
  }
  return range;
}

function sumOfHigh(fleets: ReturnType<typeof fleetsOf>): number {
  return fleets.reduce((sum, fleet) => sum + (fleet.capacity * WATERMARKS.high) / 100, 0);
}

describe.each([
  ["capacity, unlike fleets", capacity(), fleetsOf(10_000, 30_000)],
  ["cost, like fleets", cost({ a: 1, b: 2 }), fleetsOf(20_000, 20_000)],
  ["cost, a small fleet last", cost({ a: 1, b: 2, c: 3 }), fleetsOf(10_000, 20_000, 5_000)],
  ["cost, a small fleet first", cost({ a: 1, b: 2 }), fleetsOf(10_000, 40_000)],
])("%s", (_, policy, fleets) => {
  test.each([20, 60, 80, 95])("settles below every high watermark at %i %% of their sum", (percent) => {
    for (const { least, most } of lastHour(policy, fleets, (sumOfHigh(fleets) * percent) / 100)) {
      expect(most - least).toBeLessThan(SETTLED);
      expect(most).toBeLessThan(WATERMARKS.high);
    }
  });
});

test("fleets and prices at random settle below their high watermarks", () => {
  console.info(`closed loop: SEED=${SEED}`);
  const random = seeded(SEED);
  for (let round = 0; round < 12; round++) {
    const fleets = randomFleets(2 + (round % 3), random).map((fleet) => ({
      ...fleet,
      capacity: 20_000 + fleet.capacity,
    }));
    const policy = randomPolicy(KINDS[2 + (round % 2)] ?? "capacity", fleets, random);
    const range = lastHour(policy, fleets, sumOfHigh(fleets) * (0.3 + 0.6 * random()));
    for (const { least, most } of range) {
      expect(most - least).toBeLessThan(SETTLED);
      expect(most).toBeLessThan(WATERMARKS.high);
    }
  }
});

const LIKE = { policy: cost({ a: 1, b: 2 }), fleets: fleetsOf(20_000, 20_000) };
const UNLIKE = { policy: capacity(), fleets: fleetsOf(10_000, 30_000) };

/** By how many points of its capacity the fleet that swings most does so, at 80 % of what all carry. */
function swing({ policy, fleets }: typeof LIKE, ...setting: [pace?: Pace, watermarks?: typeof WATERMARKS]) {
  const range = lastHour(policy, fleets, sumOfHigh(fleets) * 0.8, ...setting);
  return Math.max(...range.map(({ least, most }) => most - least));
}

/** Whether a swing is of so many points, to within one; of 0 points: whether it is none. */
function expectPoints(swung: number, points: number): void {
  expect(Math.abs(swung - points)).toBeLessThan(points === 0 ? SETTLED : 1);
}

/** The table of docs/traffic.md. */
test.each([
  [30, 15, { cost: 36, capacity: 43 }],
  [30, 30, { cost: 67, capacity: 79 }],
  [30, 60, { cost: 67, capacity: 64 }],
  [60, 15, { cost: 0, capacity: 0 }],
  [60, 30, { cost: 0, capacity: 29 }],
  [60, 60, { cost: 0, capacity: 91 }],
  [120, 15, { cost: 0, capacity: 0 }],
  [120, 30, { cost: 0, capacity: 0 }],
  [120, 60, { cost: 0, capacity: 0 }],
])("connections of %i s and readings every %i s swing by %j points", (connectionLasts, pushEvery, points) => {
  const pace = { connectionLasts, pushEvery };
  expectPoints(swing(LIKE, pace), points.cost);
  expectPoints(swing(UNLIKE, pace), points.capacity);
});

test.each([
  [120, { cost: 35, capacity: 17 }],
  [600, { cost: 0, capacity: 0 }],
])("watermarks of 70 and 90, with connections of %i s, swing by %j points", (connectionLasts, points) => {
  const setting = [
    { ...USUAL, connectionLasts },
    { low: 70, high: 90 },
  ] as const;
  expectPoints(swing(LIKE, ...setting), points.cost);
  expectPoints(swing(UNLIKE, ...setting), points.capacity);
});

test.each([
  { times: 8, minutes: 10, points: 0, mean: 86, most: 86 },
  { times: 10, minutes: 10, points: 10, mean: 87, most: 92 },
  { times: 12, minutes: 10, points: 13, mean: 88, most: 94 },
  { times: 20, minutes: 10, points: 25, mean: 91, most: 106 },
  { times: 8, minutes: 5, points: 34, mean: 88, most: 107 },
])(
  "a cheapest fleet with $times times as much traffic, of $minutes min, swings by $points points, up to $most, around $mean",
  ({ times, minutes, points, mean, most }) => {
    const [size, total] = [2_000, 2_000 * times];
    const pace = { ...USUAL, connectionLasts: minutes * 60 };
    const [small] = lastHour(cost({ a: 1, b: 2 }), fleetsOf(size, 2 * total), total, pace);
    expectPoints((small?.most ?? NaN) - (small?.least ?? NaN), points);
    expect(Math.abs((small?.mean ?? NaN) - mean)).toBeLessThan(1);
    expect(Math.abs((small?.most ?? NaN) - most)).toBeLessThan(1);
  },
);

test("more than all together should carry is shared by capacity", () => {
  const fleets = fleetsOf(10_000, 30_000);
  for (const { least, most } of lastHour(cost({ a: 1, b: 2 }), fleets, 44_000)) {
    expect(least).toBeCloseTo(110, 0);
    expect(most).toBeCloseTo(110, 0);
  }
});
