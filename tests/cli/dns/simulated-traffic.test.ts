import { simulateTraffic, type SimulatedUsers } from "../../../cli/dns/simulated-traffic";

const users = (region: string, part: number, changes: Partial<SimulatedUsers> = {}): SimulatedUsers => ({
  ...{ type: "A", region, part, model: { aws: 1, stackpath: 0 }, draw: () => "aws" },
  ...changes,
});

test.each([1, 2, 3, 4, 6, 7, 10, 11, 1_000, 99_999])(
  "%d queries are asked, neither more nor less",
  (queries) => {
    for (const parts of [
      Array<number>(7).fill(1 / 7),
      [0.4, ...Array<number>(6).fill(0.1)],
      [1, 0, 0],
      [0, 1],
    ]) {
      let asked = 0;
      const draw = () => (asked++, "aws");
      const [all, ...regions] = simulateTraffic(
        parts.map((part, index) => users(`region ${index}`, part, { draw })),
        queries,
      );
      expect([asked, all?.queries]).toEqual([queries, queries]);
      const sizes = regions.map((region) => region.queries);
      expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(queries);
      for (const [index, part] of parts.entries()) {
        expect(Math.abs((sizes[index] ?? NaN) - part * queries)).toBeLessThanOrEqual(1);
      }
    }
  },
);

test("each record type is asked as often", () => {
  const groups = (["A", "AAAA"] as const).flatMap((type) =>
    ["x", "y", "z"].map((region) => users(region, 1 / 3, { type })),
  );
  const all = simulateTraffic(groups, 100).filter(({ region }) => region === undefined);
  expect(all).toMatchObject([
    { type: "A", queries: 100 },
    { type: "AAAA", queries: 100 },
  ]);
});

test("an error that is no chance has no number, in JSON neither", () => {
  const [all] = simulateTraffic([users("x", 1, { draw: () => "stackpath" })], 10);
  expect(all?.fleets).toEqual([
    { fleet: "aws", share: 0, model: 100, error: -100, standardErrors: null },
    { fleet: "stackpath", share: 100, model: 0, error: 100, standardErrors: null },
  ]);
  expect(JSON.parse(JSON.stringify(all))).toEqual(all);
});

test("an error by chance is told in standard errors", () => {
  const model = { aws: 0.5, stackpath: 0.5 };
  const [all] = simulateTraffic([users("x", 1, { model })], 100);
  expect(all?.fleets.map(({ standardErrors }) => standardErrors)).toEqual([10, -10]);
  const [exact] = simulateTraffic([users("x", 1)], 100);
  expect(exact?.fleets.map(({ standardErrors }) => standardErrors)).toEqual([0, 0]);
});
