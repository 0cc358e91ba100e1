import { trafficShares, type FleetReading } from "../../../../constructs/dns/traffic-model";
import {
  capacity,
  cost,
  failover,
  roundRobin,
  weighted,
  within,
} from "../../../../constructs/dns/traffic-policy";
import { chainDistribution } from "../../../../sandbox/dns/chain-distribution";
import { applyFilterChain } from "../../../../sandbox/dns/filter-chain";
import { cases, SEED, seeded } from "../../../seeded";
import {
  fleetsOf,
  healthStates,
  KINDS,
  randomFleets,
  randomPolicy,
  record,
  traffic,
} from "../sample-traffic";

const EXACT = 1e-12;
/** Where a handful of queries is expected, counts are not spread normally: so many more say nothing. */
const FEW = 5;
const random = seeded(SEED);
beforeAll(() => {
  console.info(`steered record: SEED=${SEED}`);
});

type Case = Parameters<typeof trafficShares>;

/** The largest difference of any fleet's share between the compiled chain and the model. */
function error(...[wanted, fleets, readings, region]: Case): number {
  const { answers, filters } = record(wanted, fleets, readings);
  const compiled = chainDistribution(answers, filters, { georegion: region });
  const model = trafficShares(wanted, fleets, readings, region);
  return Math.max(...fleets.map(({ name }) => Math.abs((compiled.get(name) ?? 0) - (model[name] ?? 0))));
}

describe("the record", () => {
  const fleets = fleetsOf(20_000, 60_000);
  const filters = (...wanted: Parameters<typeof traffic>) =>
    record(traffic(...wanted), fleets).filters.map(({ filter }) => filter);

  test("has every fleet as its policy weighs it, and once more as always up", () => {
    const { answers } = record(traffic(weighted({ a: 25, b: 75 })), fleets, { a: { up: false } });
    expect(answers).toEqual([
      { data: "a", meta: { up: "false", priority: "1", weight: "25" } },
      { data: "b", meta: { up: "true", priority: "1", weight: "75" } },
      { data: "a", meta: { up: "true", priority: "2", weight: "20000" } },
      { data: "b", meta: { up: "true", priority: "2", weight: "60000" } },
    ]);
  });

  test("has every fleet without a load in between, where load is shed", () => {
    const { answers } = record(traffic(cost({ a: 3, b: 1 })), fleets, { a: { up: true, connections: 7 } });
    const marks = (low: string, high: string) => ({ low_watermark: low, high_watermark: high });
    expect(answers).toEqual([
      {
        data: "a",
        meta: { up: "true", priority: "2", weight: "20000", connections: "7", ...marks("10000", "18000") },
      },
      { data: "b", meta: { up: "true", priority: "1", weight: "60000", ...marks("30000", "54000") } },
      { data: "a", meta: { up: "true", priority: "3", weight: "20000" } },
      { data: "b", meta: { up: "true", priority: "3", weight: "60000" } },
      { data: "a", meta: { up: "true", priority: "4", weight: "20000" } },
      { data: "b", meta: { up: "true", priority: "4", weight: "60000" } },
    ]);
  });

  test("has a drained fleet as down, but for the last tier", () => {
    const [one, two] = fleets;
    const drained = [{ ...one, percent: 0 }, two] as typeof fleets;
    const ups = record(traffic(capacity()), drained)
      .answers.filter(({ data }) => data === "a")
      .map(({ meta }) => meta["up"]);
    expect(ups).toEqual(["false", "false", "true"]);
  });

  test("has a region's answers beside those of the others", () => {
    const { answers } = record(traffic(roundRobin(), [within("EUROPE", failover(["b", "a"]))]), fleets);
    expect(answers.map(({ data, meta }) => [data, meta["georegion"], meta["priority"]])).toEqual([
      ["a", undefined, "1"],
      ["b", undefined, "1"],
      ["a", undefined, "2"],
      ["b", undefined, "2"],
      ["a", "EUROPE", "2"],
      ["b", "EUROPE", "1"],
      ["a", "EUROPE", "3"],
      ["b", "EUROPE", "3"],
    ]);
  });

  test("has the filters that its policies need, and no others", () => {
    expect(filters(roundRobin())).toEqual(["up", "priority", "shuffle"]);
    expect(filters(failover(["a", "b"]))).toEqual(["up", "priority", "weighted_shuffle", "select_first_n"]);
    expect(filters(capacity())).toEqual([
      "up",
      "shed_load",
      "priority",
      "weighted_shuffle",
      "select_first_n",
    ]);
    expect(filters(roundRobin(), [within("EUROPE", cost({ a: 1, b: 2 }))])).toEqual([
      "up",
      "shed_load",
      "geofence_regional",
      "priority",
      "weighted_shuffle",
      "select_first_n",
    ]);
    expect(filters(roundRobin(), [within("EUROPE", roundRobin())])).toEqual([
      "up",
      "geofence_regional",
      "priority",
      "shuffle",
    ]);
  });

  test("sets `up` and `priority` on every answer: what NS1 does without is not documented, or not the same everywhere", () => {
    for (const kind of KINDS) {
      for (const { meta } of record(traffic(randomPolicy(kind, fleets, random)), fleets).answers) {
        expect(meta).toMatchObject({
          up: expect.any(String) as string,
          priority: expect.any(String) as string,
        });
      }
    }
  });

  test("has weights that NS1 writes as we do", () => {
    for (const weights of [
      { a: 1e-9, b: 3e-9 },
      { a: 1e-7, b: 1e9 },
      { a: 0.1, b: 0.3 },
    ]) {
      const { answers } = record(traffic(weighted(weights)), fleets);
      for (const { meta } of answers) expect(meta["weight"]).toMatch(/^[1-9]\d*(\.\d+)?$/);
    }
  });

  test("changes in metadata only when weights or percentages do", () => {
    const shape = (wanted: Parameters<typeof record>[0], percents: readonly number[]) => {
      const { answers, filters: chain } = record(
        wanted,
        fleets.map((fleet, index) => ({ ...fleet, percent: percents[index] ?? 100 })),
      );
      return { chain, answers: answers.map(({ data, meta }) => [data, Object.keys(meta)]) };
    };
    const before = shape(traffic(weighted({ a: 25, b: 75 })), [100, 100]);
    expect(shape(traffic(weighted({ a: 1, b: 0.5 })), [100, 100])).toEqual(before);
    expect(shape(traffic(weighted({ a: 25, b: 75 })), [0, 100])).toEqual(before);
    expect(shape(traffic(weighted({ a: 25, b: 75 })), [100, 40])).toEqual(before);
  });
});

describe("the compiled chain is the model, exactly", () => {
  test.each(KINDS.flatMap((kind) => [1, 2, 3, 4, 5].map((count) => [kind, count] as const)))(
    "%s, %i fleets: every state of health, every set of drains",
    (kind, count) => {
      const fleets = randomFleets(count, random);
      const wanted = traffic(randomPolicy(kind, fleets, random));
      for (const readings of healthStates(fleets)) {
        for (let drained = 0; drained < 2 ** count; drained++) {
          const partly = fleets.map((fleet, index) => ({
            ...fleet,
            percent: ((drained >> index) & 1) === 1 ? 0 : 100,
          }));
          expect(error(wanted, partly, readings)).toBeLessThan(EXACT);
        }
      }
    },
  );

  test.each(["capacity", "cost"] as const)(
    "%s: loads of 0 to 150 %% of all that the fleets carry",
    (kind) => {
      for (let round = 0; round < 20; round++) {
        const fleets = randomFleets(1 + (round % 5), random);
        const wanted = traffic(randomPolicy(kind, fleets, random));
        const total = fleets.reduce((sum, fleet) => sum + fleet.capacity, 0);
        for (const states of healthStates(fleets)) {
          for (let percent = 0; percent <= 150; percent += 25) {
            const cuts = fleets.map(() => random());
            const sum = cuts.reduce((all, cut) => all + cut, 0);
            const readings = Object.fromEntries(
              fleets.map(({ name }, index): [string, FleetReading] => [
                name,
                {
                  up: states[name]?.up ?? true,
                  connections: Math.round(((total * percent) / 100) * ((cuts[index] ?? 0) / sum)),
                },
              ]),
            );
            expect(error(wanted, fleets, readings)).toBeLessThan(EXACT);
          }
        }
      }
    },
  );

  test("with parts of shares, missing readings and regions, all at random", () => {
    const rounds = cases(3_000);
    for (let round = 0; round < rounds; round++) {
      const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
      const count = 1 + Math.floor(random() * 5);
      const fleets = randomFleets(count, random).map((fleet) => ({
        ...fleet,
        percent: pick([100, 100, 100, 0, Math.round(random() * 100)]),
      }));
      const regions = ["EUROPE", "ASIAPAC"].map((region) =>
        within(region, randomPolicy(pick(KINDS), fleets, random)),
      );
      const wanted = traffic(
        randomPolicy(pick(KINDS), fleets, random),
        regions.slice(0, Math.floor(random() * 3)),
      );
      const readings = Object.fromEntries(
        fleets.flatMap(({ name, capacity: most }): [string, FleetReading][] => {
          const up = random() < 0.7;
          const connections = Math.floor(random() * 1.5 * most);
          return pick([[], [[name, { up }]], [[name, { up, connections }]], [[name, { up, connections }]]]);
        }),
      );
      for (const region of [undefined, "EUROPE", "ASIAPAC", "AFRICA"]) {
        const difference = error(wanted, fleets, readings, region);
        if (difference >= EXACT) {
          throw new Error(`${difference} at ${JSON.stringify({ wanted, fleets, readings, region })}`);
        }
      }
    }
  });
});

describe("the chain as it is run", () => {
  /** Shares of first answers among so many queries. */
  function sample(queries: number, ...[wanted, fleets, readings, region]: Case): Map<string, number> {
    const { answers, filters } = record(wanted, fleets, readings);
    const counts = new Map<string, number>();
    for (let query = 0; query < queries; query++) {
      const [first] = applyFilterChain(answers, filters, { random, georegion: region }, (filter) => {
        throw new Error(`${filter} is not simulated`);
      });
      const name = first?.data ?? "";
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return new Map([...counts].map(([name, count]) => [name, count / queries]));
  }

  test("shares 75/25 to within 0.2 points over a million queries, and as likely over fewer", () => {
    const queries = cases(1e6);
    const bound = 0.002 * Math.sqrt(1e6 / queries);
    const shares = sample(queries, traffic(weighted({ a: 75, b: 25 })), fleetsOf(40_000, 40_000));
    expect(Math.abs((shares.get("a") ?? 0) - 0.75)).toBeLessThan(bound);
    expect(Math.abs((shares.get("b") ?? 0) - 0.25)).toBeLessThan(bound);
  });

  test("shares as the model says to within five standard errors, whatever the policy, load and health", () => {
    const queries = cases(20_000);
    for (const kind of KINDS) {
      for (let round = 0; round < 6; round++) {
        const fleets = randomFleets(2 + (round % 4), random);
        const wanted = traffic(roundRobin(), [within("EUROPE", randomPolicy(kind, fleets, random))]);
        const readings = Object.fromEntries(
          fleets.map(({ name, capacity: most }): [string, FleetReading] => [
            name,
            { up: random() < 0.8, connections: Math.floor(random() * most) },
          ]),
        );
        const shares = sample(queries, wanted, fleets, readings, "EUROPE");
        const model = trafficShares(wanted, fleets, readings, "EUROPE");
        for (const [name, share] of Object.entries(model)) {
          const standardError = Math.sqrt((share * (1 - share)) / queries);
          expect(Math.abs((shares.get(name) ?? 0) - share)).toBeLessThanOrEqual(
            5 * standardError + FEW / queries,
          );
        }
      }
    }
  });
});
