/** Shedding as it plays out: readings are pushed from time to time, and clients keep answers for a while. */
import { trafficShares } from "../../../constructs/dns/traffic-model";
import { capacity, cost, type TrafficPolicy } from "../../../constructs/dns/traffic-policy";
import { SEED, seeded } from "../../seeded";
import { fleetsOf, KINDS, randomFleets, randomPolicy, traffic, WATERMARKS } from "./sample-traffic";

/** In seconds. */
const [STEP, TTL, PUSH_EVERY, CONNECTION_LASTS] = [5, 60, 60, 600];
const HOURS = 4;

/**
 * Connections of each fleet in the last hour, in percent of its capacity, lowest, highest and mean.
 * All begin on the first fleet; new ones come as fast as old ones end, to fleets as the answers of the last TTL said.
 */
function lastHour(policy: TrafficPolicy, fleets: ReturnType<typeof fleetsOf>, total: number) {
  const wanted = traffic(policy);
  let connections: readonly number[] = fleets.map((_, index) => (index === 0 ? total : 0));
  let shares: readonly number[] = fleets.map((_, index) => (index === 0 ? 1 : 0));
  let cached: (readonly number[])[] = [];
  const range = fleets.map(() => ({ least: Infinity, most: 0, mean: 0 }));
  for (let now = 0; now < HOURS * 3600; now += STEP) {
    if (now % PUSH_EVERY === 0) {
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
      return held + ((total * told - held) / CONNECTION_LASTS) * STEP;
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
      expect(most - least).toBeLessThan(0.5);
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
      expect(most - least).toBeLessThan(0.5);
      expect(most).toBeLessThan(WATERMARKS.high);
    }
  }
});

test("a cheap fleet that is small beside the traffic swings, around less than its high watermark", () => {
  const fleets = fleetsOf(2_000, 40_000);
  const [small] = lastHour(cost({ a: 1, b: 2 }), fleets, sumOfHigh(fleets) * 0.8);
  expect(small?.mean).toBeLessThan(WATERMARKS.high);
  expect(small?.most).toBeLessThan(WATERMARKS.high + 5);
});

test("more than all together should carry is shared by capacity", () => {
  const fleets = fleetsOf(10_000, 30_000);
  for (const { least, most } of lastHour(cost({ a: 1, b: 2 }), fleets, 44_000)) {
    expect(least).toBeCloseTo(110, 0);
    expect(most).toBeCloseTo(110, 0);
  }
});
