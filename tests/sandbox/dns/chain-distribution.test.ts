import { chainDistribution } from "../../../sandbox/dns/chain-distribution";
import type { SteeredAnswer } from "../../../sandbox/dns/filter-chain";

function answers(meta: Record<string, Record<string, string>>): SteeredAnswer[] {
  return Object.entries(meta).map(([data, known]) => ({ data, meta: known }));
}

const distribution = (given: readonly SteeredAnswer[], ...filters: string[]): object =>
  Object.fromEntries(
    chainDistribution(
      given,
      filters.map((filter) => ({ filter, config: filter === "shed_load" ? { metric: "connections" } : {} })),
    ),
  );

const busy = (connections: string) => ({ connections, low_watermark: "0", high_watermark: "100" });

test("without dice the first answer is certain", () => {
  expect(distribution(answers({ a: { up: "0" }, b: {}, c: {} }), "up", "select_first_n")).toEqual({ b: 1 });
});

test("a shuffle gives each the same, a weighted one by weight", () => {
  expect(distribution(answers({ a: {}, b: {} }), "shuffle")).toEqual({ a: 0.5, b: 0.5 });
  expect(
    distribution(answers({ a: { weight: "1" }, b: { weight: "3" }, c: {} }), "weighted_shuffle"),
  ).toEqual({
    a: 0.25,
    b: 0.75,
  });
  expect(distribution(answers({ a: {}, b: { weight: "0" } }), "weighted_shuffle")).toEqual({
    a: 0.5,
    b: 0.5,
  });
});

test("every throw of shed_load's dice is gone through", () => {
  expect(distribution(answers({ a: busy("25"), b: busy("50"), c: {} }), "shed_load")).toEqual({
    a: 0.75,
    b: 0.125,
    c: 0.125,
  });
});

test("what leaves no answer is missing from the sum", () => {
  expect(distribution(answers({ a: busy("25") }), "shed_load")).toEqual({ a: 0.75 });
  expect(distribution(answers({ a: busy("100") }), "shed_load")).toEqual({});
});

test("answers of the same data count together", () => {
  const twice = [...answers({ a: { weight: "1" } }), ...answers({ a: { weight: "2" }, b: { weight: "1" } })];
  expect(distribution(twice, "weighted_shuffle")).toEqual({ a: 0.75, b: 0.25 });
});

test("a filter after a shuffle is refused, since only the first answer is followed up", () => {
  expect(() => distribution(answers({ a: {} }), "shuffle", "up")).toThrow("up follows a shuffle");
  expect(distribution(answers({ a: {} }), "shuffle", "select_first_n")).toEqual({ a: 1 });
});
