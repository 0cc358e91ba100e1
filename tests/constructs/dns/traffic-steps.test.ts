import {
  appliedShares,
  parseAppliedTraffic,
  type AppliedTraffic,
} from "../../../constructs/dns/applied-traffic";
import { trafficChange } from "../../../constructs/dns/traffic-change";
import { trafficShares } from "../../../constructs/dns/traffic-model";
import { isWithin, trafficSteps } from "../../../constructs/dns/traffic-steps";
import { capacity, cost, failover, weighted, within } from "../../../constructs/dns/traffic-policy";
import { chainDistribution } from "../../../sandbox/dns/chain-distribution";
import { cases, SEED, seeded } from "../../seeded";
import { applied, drained } from "./applied";
import { fleetsOf, healthStates, KINDS, randomFleets, randomPolicy, record } from "./sample-traffic";

/** What does not count: thousandths of a point. */
const NEAR = 1e-3;

/** The points of each step, from the first. */
function pointsOf(from: AppliedTraffic, steps: readonly AppliedTraffic[]): readonly number[] {
  return steps.map((step, index) => trafficChange(steps[index - 1] ?? from, step).points);
}

const sharesOf = (steps: readonly AppliedTraffic[] | undefined, region?: string) =>
  steps?.map((step) => appliedShares(step, "A", region)?.["a"]);

describe("a way in steps", () => {
  test("is as long as the limit lets it, and ends at what is wanted", () => {
    const [from, to] = [
      applied({ policy: weighted({ a: 75, b: 25 }) }),
      applied({ policy: failover(["b", "a"]) }),
    ];
    const steps = trafficSteps(from, to, 10);
    expect(sharesOf(steps)?.map((share = NaN) => Number(share.toFixed(9)))).toEqual([
      ...[65, 55, 45, 35, 25, 15, 5],
      0,
    ]);
    expect(steps?.at(-1)).toBe(to);
    expect(steps?.map(({ step }) => step)).toEqual([...Array<true>(7).fill(true), undefined]);
  });

  test("is one step where all is within the limit", () => {
    const [from, to] = [applied({}), applied({ policy: weighted({ a: 60, b: 40 }) })];
    expect(isWithin(10, from, to)).toBe(true);
    expect(trafficSteps(from, to, 10)).toEqual([to]);
    expect(isWithin(9, from, to)).toBe(false);
    expect(trafficSteps(from, from, 1)).toEqual([from]);
  });

  test("goes on from each of its steps as it would have", () => {
    const [from, to] = [applied({}), applied({ policy: cost({ a: 2, b: 1 }), fleets: fleetsOf(5, 7) })];
    const steps = trafficSteps(from, to, 7) ?? [];
    expect(steps).toHaveLength(8);
    steps.slice(0, -1).forEach((step, index) => {
      const read = parseAppliedTraffic(JSON.stringify(step), "a step");
      expect(trafficSteps(read, to, 7)).toEqual(steps.slice(index + 1));
    });
  });

  test("serves a drained fleet until the last step, and one that was drained from the first on", () => {
    const [all, half] = [applied({}), applied({ fleets: drained(fleetsOf(1_000, 1_000), 0) })];
    const percents = (steps: readonly AppliedTraffic[] | undefined) =>
      steps?.map(({ fleets }) => fleets.A.map(({ percent }) => percent));
    expect(percents(trafficSteps(all, half, 25))).toEqual([
      [100, 100],
      [0, 100],
    ]);
    expect(percents(trafficSteps(half, all, 25))).toEqual([
      [100, 100],
      [100, 100],
    ]);
    const third = drained(fleetsOf(1, 1, 1), 100, 100, 0);
    const aside = trafficSteps(
      applied({ fleets: third }),
      applied({ policy: failover(["a", "b", "c"]), fleets: third }),
      25,
    );
    expect(percents(aside)?.[0]).toEqual([100, 100, 0]);
  });

  test("sheds load where what is wanted does, and so in each region", () => {
    const to = applied({
      policy: capacity(),
      fleets: fleetsOf(9, 1),
      within: [within("EUROPE", failover(["a", "b"]))],
    });
    const first = trafficSteps(applied({ fleets: fleetsOf(9, 1) }), to, 25)?.[0]?.traffic;
    expect(first?.policy).toEqual({ kind: "weighted", weights: { a: 70, b: 30 }, sheds: true });
    expect(first?.within).toEqual([
      { region: "EUROPE", policy: { kind: "weighted", weights: { a: 75, b: 25 } } },
    ]);
  });

  test("keeps a region that is given up until the last step", () => {
    const from = applied({ within: [within("EUROPE", failover(["a", "b"]))] });
    const steps = trafficSteps(from, applied({}), 20);
    expect(sharesOf(steps, "EUROPE")).toEqual([80, 60, 50]);
    expect(steps?.map(({ traffic }) => traffic.within.length)).toEqual([1, 1, 0]);
  });

  test("leaves a fleet on standby next to nothing, and no weight is 0", () => {
    const fleets = fleetsOf(1, 1, 1);
    const [first] =
      trafficSteps(
        applied({ policy: failover(["a", "b", "c"]), fleets }),
        applied({ policy: failover(["b", "a", "c"]), fleets }),
        30,
      ) ?? [];
    expect(first?.traffic.policy).toEqual({
      kind: "weighted",
      weights: { a: 70.0001, b: 29.9999, c: 0.0001 },
    });
  });

  test.each([
    ["a fleet leaves with more than the limit", applied({ fleets: fleetsOf(1, 1, 1) }), applied({})],
    ["IPv6 users lose their record", applied({ six: fleetsOf(1, 1) }), applied({})],
    ["the zone is another", applied({}), applied({ zone: "other.example.net" })],
    ["IPv6 users begin with a part of the fleets", applied({}), applied({ six: fleetsOf(1) })],
  ])("does not exist where %s", (_, from, to) => {
    expect(trafficSteps(from, to, 30)).toBeUndefined();
  });

  test("takes a fleet along that leaves with less than the limit", () => {
    const from = applied({ policy: weighted({ a: 50, b: 45, c: 5 }), fleets: fleetsOf(1, 1, 1) });
    const steps = trafficSteps(from, applied({ policy: failover(["b", "a"]) }), 10) ?? [];
    expect(Math.max(...pointsOf(from, steps))).toBeLessThanOrEqual(10 + NEAR);
    expect(steps.at(-1)?.traffic.policy.kind).toBe("failover");
  });

  test("counts by the sizes of the regions where they are known", () => {
    const to = applied({ within: [within("EUROPE", failover(["a", "b"]))] });
    expect(trafficSteps(applied({}), to, 10)).toHaveLength(5);
    expect(trafficSteps(applied({}), to, 10, { EUROPE: 20 })).toHaveLength(1);
  });
});

describe(`random changes (seed ${SEED})`, () => {
  const random = seeded(SEED);
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const changes = Array.from({ length: cases(150) }, () => {
    const fleets = randomFleets(2 + Math.floor(random() * 4), random);
    const some = (regions: readonly string[]) =>
      applied({
        policy: randomPolicy(pick(KINDS), fleets, random),
        // The first one serves.
        fleets: fleets.map((fleet, index) => ({ ...fleet, percent: index > 0 && random() < 0.2 ? 0 : 100 })),
        within: regions.map((region) => within(region, randomPolicy(pick(KINDS), fleets, random))),
      });
    const regions = random() < 0.5 ? [] : ["EUROPE", "AFRICA"];
    const [from, to, limit] = [some(regions), some(regions.slice(0, 1)), 1 + random() * 60];
    return { from, to, limit, steps: trafficSteps(from, to, limit) ?? [] };
  });

  test("are walked within the limit, to the end, and no further than the change is large", () => {
    for (const { from, to, limit, steps } of changes) {
      const points = pointsOf(from, steps);
      const total = trafficChange(from, to).points;
      const sum = points.reduce((all, each) => all + each, 0);
      expect(steps.at(-1)).toBe(to);
      expect(Math.max(...points)).toBeLessThanOrEqual(limit + NEAR);
      expect(Math.abs(sum - total)).toBeLessThanOrEqual(0.01 + NEAR * steps.length);
      expect(steps.length).toBeLessThanOrEqual(Math.ceil(total / limit) + 1);
    }
  });

  test("are compiled to what the steps mean, in every health state, with readings and without", () => {
    for (const { to, steps } of changes.slice(0, 40)) {
      const [step = to] = steps;
      const { A } = step.fleets;
      for (const healthy of healthStates(A)) {
        const readings = Object.fromEntries(
          A.map(({ name, capacity: most }) => [
            name,
            {
              up: healthy[name]?.up ?? true,
              ...(random() < 0.7 && { connections: Math.floor(most * random()) }),
            },
          ]),
        );
        const region = pick([undefined, "EUROPE"]);
        const { answers, filters } = record(step.traffic, A, readings);
        const compiled = chainDistribution(answers, filters, { georegion: region });
        const model = trafficShares(step.traffic, A, readings, region);
        for (const { name } of A) expect(compiled.get(name) ?? 0).toBeCloseTo(model[name] ?? NaN, 11);
      }
    }
  });

  test("move every share in one direction", () => {
    for (const { from, steps: further } of changes) {
      const steps = [from, ...further].map((step) => appliedShares(step, "A") ?? {});
      for (const name of Object.keys(steps[0] ?? {})) {
        const way = (steps.at(-1)?.[name] ?? 0) - (steps[0]?.[name] ?? 0);
        steps.slice(1).forEach((step, index) => {
          const moved = (step[name] ?? 0) - (steps[index]?.[name] ?? 0);
          expect(moved * Math.sign(way)).toBeGreaterThanOrEqual(-NEAR);
        });
      }
    }
  });
});
