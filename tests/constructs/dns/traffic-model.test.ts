import { trafficShares, watermarksOf, type FleetReading } from "../../../constructs/dns/traffic-model";
import {
  capacity,
  cost,
  failover,
  roundRobin,
  weighted,
  within,
} from "../../../constructs/dns/traffic-policy";
import { cases, SEED, seeded } from "../../seeded";
import {
  fleetsOf,
  healthStates,
  KINDS,
  randomFleets,
  randomPolicy,
  traffic,
  WATERMARKS,
} from "./sample-traffic";

const three = fleetsOf(10_000, 20_000, 10_000);
const down: FleetReading = { up: false };
const load = (connections: number): FleetReading => ({ up: true, connections });

function at(percents: Readonly<Record<string, number>>, fleets = three) {
  return fleets.map((fleet) => ({ ...fleet, percent: percents[fleet.name] ?? 100 }));
}

function expectShares(
  got: Readonly<Record<string, number>>,
  expected: Readonly<Record<string, number>>,
): void {
  expect(Object.keys(got)).toEqual(Object.keys(expected));
  for (const [name, share] of Object.entries(expected)) expect(got[name]).toBeCloseTo(share, 12);
}

describe("round robin", () => {
  test("gives every fleet as much", () => {
    expectShares(trafficShares(traffic(roundRobin()), three), { a: 1 / 3, b: 1 / 3, c: 1 / 3 });
  });

  test("gives what a fleet that is down had to the others, alike", () => {
    expectShares(trafficShares(traffic(roundRobin()), three, { b: down }), { a: 0.5, b: 0, c: 0.5 });
  });

  test("answers everybody alike when all are down", () => {
    const all = { a: down, b: down, c: down };
    expectShares(trafficShares(traffic(roundRobin()), three, all), { a: 1 / 3, b: 1 / 3, c: 1 / 3 });
  });
});

describe("weighted", () => {
  const wanted = traffic(weighted({ a: 1, b: 2, c: 5 }));

  test("shares by weight, whatever the unit", () => {
    expectShares(trafficShares(wanted, three), { a: 0.125, b: 0.25, c: 0.625 });
    expectShares(trafficShares(traffic(weighted({ a: 0.1, b: 0.2, c: 0.5 })), three), {
      a: 0.125,
      b: 0.25,
      c: 0.625,
    });
  });

  test("shares among the healthy by weight, and among all by capacity when none is", () => {
    expectShares(trafficShares(wanted, three, { c: down }), { a: 1 / 3, b: 2 / 3, c: 0 });
    expectShares(trafficShares(wanted, three, { a: down, b: down, c: down }), { a: 0.25, b: 0.5, c: 0.25 });
  });

  test("pays no heed to load", () => {
    expectShares(trafficShares(wanted, three, { c: load(1e6) }), { a: 0.125, b: 0.25, c: 0.625 });
  });

  test("gives a drained fleet nothing, while another is healthy", () => {
    expectShares(trafficShares(wanted, at({ c: 0 })), { a: 1 / 3, b: 2 / 3, c: 0 });
    expectShares(trafficShares(wanted, at({ c: 0 }), { a: down }), { a: 0, b: 1, c: 0 });
    expectShares(trafficShares(wanted, at({ c: 0 }), { a: down, b: down }), { a: 0.25, b: 0.5, c: 0.25 });
  });

  test("gives a fleet the part of its share that the record says, the rest to the others in their proportion", () => {
    expectShares(trafficShares(wanted, at({ c: 40 })), { a: 0.25, b: 0.5, c: 0.25 });
    expectShares(trafficShares(traffic(weighted({ a: 25, b: 75 })), at({ b: 50 }, fleetsOf(1, 1))), {
      a: 0.625,
      b: 0.375,
    });
    // With `a` drained the policy gives `c` 5 parts of 7.
    const shares = trafficShares(wanted, at({ a: 0, c: 40 }));
    expectShares(shares, { a: 0, b: 1 - (5 / 7) * 0.4, c: (5 / 7) * 0.4 });
  });

  test("gives the only fleet that serves everything, however small its part", () => {
    expectShares(trafficShares(wanted, at({ a: 0, b: 0, c: 10 })), { a: 0, b: 0, c: 1 });
  });
});

describe("capacity", () => {
  const wanted = traffic(capacity());

  test("shares by capacity", () => {
    expectShares(trafficShares(wanted, three), { a: 0.25, b: 0.5, c: 0.25 });
  });

  test("sheds nothing up to the low watermark, everything from the high one on, and in between in proportion", () => {
    expectShares(trafficShares(wanted, three, { b: load(10_000) }), { a: 0.25, b: 0.5, c: 0.25 });
    expectShares(trafficShares(wanted, three, { b: load(14_000) }), { a: 0.375, b: 0.25, c: 0.375 });
    expectShares(trafficShares(wanted, three, { b: load(18_000) }), { a: 0.5, b: 0, c: 0.5 });
    expectShares(trafficShares(wanted, three, { b: load(90_000) }), { a: 0.5, b: 0, c: 0.5 });
  });

  test("lets every fleet throw dice of its own", () => {
    // a and b shed half each: both there, only one, or neither.
    const shares = trafficShares(wanted, three, { a: load(7_000), b: load(14_000) });
    expectShares(shares, {
      a: 0.25 * 0.25 + 0.25 * 0.5,
      b: 0.25 * 0.5 + 0.25 * (2 / 3),
      c: 0.25 * 0.25 + 0.25 * 0.5 + 0.25 * (1 / 3) + 0.25,
    });
  });

  test("shares by capacity where all shed, among those that are up", () => {
    const full = { a: load(10_000), b: load(20_000), c: load(10_000) };
    expectShares(trafficShares(wanted, three, full), { a: 0.25, b: 0.5, c: 0.25 });
    expectShares(trafficShares(wanted, three, { ...full, b: down }), { a: 0.5, b: 0, c: 0.5 });
    expectShares(trafficShares(wanted, at({ b: 0 }), full), { a: 0.5, b: 0, c: 0.5 });
  });

  test("sheds nothing of a fleet whose load nobody knows", () => {
    expectShares(trafficShares(wanted, three, { a: { up: true } }), { a: 0.25, b: 0.5, c: 0.25 });
  });
});

describe("cost", () => {
  const wanted = traffic(cost({ a: 2, b: 1, c: 2 }));

  test("gives the cheapest fleet everything, and those of one price their part by capacity", () => {
    expectShares(trafficShares(wanted, three), { a: 0, b: 1, c: 0 });
    expectShares(trafficShares(wanted, three, { b: down }), { a: 0.5, b: 0, c: 0.5 });
    expectShares(trafficShares(traffic(cost({ a: 1, b: 1, c: 2 })), three), { a: 1 / 3, b: 2 / 3, c: 0 });
  });

  test("gives the next what the cheapest sheds", () => {
    expectShares(trafficShares(wanted, three, { b: load(12_000) }), { a: 0.125, b: 0.75, c: 0.125 });
  });
});

describe("failover", () => {
  const wanted = traffic(failover(["b", "c", "a"]));

  test("gives the first that is to be had everything", () => {
    expectShares(trafficShares(wanted, three), { a: 0, b: 1, c: 0 });
    expectShares(trafficShares(wanted, three, { b: down }), { a: 0, b: 0, c: 1 });
    expectShares(trafficShares(wanted, at({ c: 0 }), { b: down }), { a: 1, b: 0, c: 0 });
  });
});

test("within a region its own policy holds, and nowhere else", () => {
  const wanted = traffic(weighted({ a: 1, b: 1, c: 2 }), [within("EUROPE", failover(["c", "a", "b"]))]);
  expectShares(trafficShares(wanted, three, {}, "EUROPE"), { a: 0, b: 0, c: 1 });
  for (const region of [undefined, "AFRICA"]) {
    expectShares(trafficShares(wanted, three, {}, region), { a: 0.25, b: 0.25, c: 0.5 });
  }
});

test("watermarks are whole connections, the high one above the low one", () => {
  expect(watermarksOf(40_000, WATERMARKS)).toEqual({ low: 20_000, high: 36_000 });
  expect(watermarksOf(15, WATERMARKS)).toEqual({ low: 7, high: 13 });
  expect(watermarksOf(1, WATERMARKS)).toEqual({ low: 0, high: 1 });
});

describe("whatever the fleets, the policy, health and load", () => {
  const random = seeded(SEED);
  const ROUNDS = cases(1_000);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
  beforeAll(() => {
    console.info(`traffic model: SEED=${SEED}`);
  });

  function arbitrary(kinds: readonly (typeof KINDS)[number][] = KINDS) {
    const fleets = randomFleets(1 + Math.floor(random() * 5), random).map((fleet) => ({
      ...fleet,
      percent: pick([100, 100, 100, 0, 1 + Math.floor(random() * 99)]),
    }));
    const readings = Object.fromEntries(
      fleets.map(({ name, capacity: most }): [string, FleetReading] => [
        name,
        { up: random() < 0.7, connections: Math.floor(random() * 1.5 * most) },
      ]),
    );
    return { fleets, readings, wanted: traffic(randomPolicy(pick(kinds), fleets, random)) };
  }

  test("shares add up to one, and none is negative", () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { fleets, readings, wanted } = arbitrary();
      const shares = Object.values(trafficShares(wanted, fleets, readings));
      expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
      expect(Math.max(...shares)).toBeLessThanOrEqual(1);
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
    }
  });

  test("drained and down fleets get nothing, unless all are", () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { fleets, readings, wanted } = arbitrary();
      const sound = fleets.filter(({ name, percent }) => percent > 0 && readings[name]?.up === true);
      const shares = trafficShares(wanted, fleets, readings);
      for (const fleet of fleets) {
        if (sound.length === 0) expect(shares[fleet.name]).toBeGreaterThan(0);
        else if (!sound.includes(fleet)) expect(shares[fleet.name]).toBe(0);
      }
    }
  });

  test("weighted, round robin and capacity below the watermark starve no healthy fleet", () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { fleets, wanted } = arbitrary(["weighted", "round-robin", "capacity"]);
      for (const states of healthStates(fleets)) {
        const readings = Object.fromEntries(
          fleets.map(({ name, capacity: most }): [string, FleetReading] => [
            name,
            { up: states[name]?.up ?? true, connections: Math.floor((most * WATERMARKS.low) / 100) },
          ]),
        );
        const shares = trafficShares(wanted, fleets, readings);
        for (const { name, percent } of fleets) {
          if (percent > 0 && states[name]?.up === true) expect(shares[name]).toBeGreaterThan(0);
        }
      }
    }
  });

  test("a fleet's own load up, the others' held, never raises its share", () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { fleets, readings, wanted } = arbitrary(["capacity", "cost"]);
      const { name, capacity: most } = pick(fleets);
      let before = Infinity;
      for (let percent = 0; percent <= 150; percent += 10) {
        const connections = Math.floor((most * percent) / 100);
        const share =
          trafficShares(wanted, fleets, { ...readings, [name]: { up: true, connections } })[name] ?? 0;
        expect(share).toBeLessThanOrEqual(before + 1e-12);
        before = share;
      }
    }
  });

  test("a smaller part never raises a fleet's share, and is exact while all others serve", () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { fleets, wanted } = arbitrary(["weighted", "capacity"]);
      const { name } = pick(fleets);
      const shareAt = (percent: number, others: typeof fleets): number =>
        trafficShares(
          wanted,
          others.map((fleet) => (fleet.name === name ? { ...fleet, percent } : fleet)),
        )[name] ?? 0;
      const serving = fleets.map((fleet) => ({ ...fleet, percent: 100 }));
      let before = Infinity;
      for (const percent of [100, 99, 75, 50, 10, 1]) {
        expect(shareAt(percent, fleets)).toBeLessThanOrEqual(before + 1e-12);
        before = shareAt(percent, fleets);
        const exact = fleets.length === 1 ? 1 : (shareAt(100, serving) * percent) / 100;
        expect(shareAt(percent, serving)).toBeCloseTo(exact, 10);
      }
    }
  });
});
