import { answerDifferences, predict, type Prediction } from "../../../cli/dns/answer-differences";
import type { Tally } from "../../../cli/dns/name-servers";
import type { FilteredSet } from "../../../sandbox/dns/zone";
import { NO_FEEDS } from "../../../sandbox/dns/feeds";

const [ONE, OTHER] = ["192.0.2.1", "192.0.2.2"];
const wanted: Prediction = {
  first: new Map([
    [ONE, 0.25],
    [OTHER, 0.75],
  ]),
  possible: new Set([ONE, OTHER]),
  size: 1,
  ttl: 60,
};

function tally(ones: number, changes: Partial<Tally> = {}): Tally {
  const first = new Map([
    [ONE, ones],
    [OTHER, 10_000 - ones],
  ]);
  return {
    ...{ asked: 10_000, replies: 10_000, first, seen: new Set(first.keys()) },
    ...{ sizes: new Set([1]), ttls: new Set([60]), failures: new Map<string, string>() },
    ...changes,
  };
}

// One standard error is 43.3 of 10,000.
test.each([2500, 2500 + 216, 2500 - 216])("%i of 10,000 may be a quarter", (ones) => {
  expect(answerDifferences(tally(ones), wanted)).toEqual([]);
});

test.each([2500 + 217, 2500 - 217, 0, 10_000])("%i of 10,000 are no quarter", (ones) => {
  const [said] = answerDifferences(tally(ones), wanted);
  expect(said).toContain(`${ONE} came first in`);
  expect(said).toContain("not in 25 %");
});

test("what is left to no chance is exact", () => {
  const certain = { ...wanted, first: new Map([[ONE, 1]]), possible: new Set([ONE]) };
  const all = new Map([[ONE, 10_000]]);
  expect(answerDifferences(tally(0, { first: all, seen: new Set([ONE]) }), certain)).toEqual([]);
  expect(answerDifferences(tally(9_999), certain)).toHaveLength(2);
});

test.each([
  ["another TTL", { ttls: new Set([60, 59]) }, "the TTL was 59 s, not 60 s"],
  ["more answers", { sizes: new Set([2]) }, "replies had 2 answers, not 1"],
  ["an answer from elsewhere", { seen: new Set([ONE, OTHER, "192.0.2.9"]) }, "192.0.2.9 was in replies"],
])("%s", (_, change, message) => {
  expect(answerDifferences(tally(2500, change), wanted)).toEqual([expect.stringContaining(message)]);
});

describe("a prediction", () => {
  const set: FilteredSet = {
    ...{ type: "A", ttl: 60 },
    answers: [
      { data: ONE, meta: { up: "0", weight: "1" } },
      { data: OTHER, meta: { up: "1", weight: "1" } },
    ],
    filters: [{ filter: "up" }, { filter: "weighted_shuffle" }, { filter: "select_first_n" }],
  };

  test("of a chain", () => {
    const { first, possible, size, ttl } = predict(set, { feeds: NO_FEEDS }) as Prediction;
    expect([[...first], [...possible], size, ttl]).toEqual([[[OTHER, 1]], [OTHER], 1, 60]);
  });

  test("without filters: always the same order, all of it", () => {
    const { first, possible, size } = predict({ ...set, filters: [] }, { feeds: NO_FEEDS }) as Prediction;
    expect([[...first], [...possible], size]).toEqual([[[ONE, 1]], [ONE, OTHER], 2]);
  });

  test("of nothing: no answer", () => {
    expect(predict(undefined, { feeds: NO_FEEDS })).toMatchObject({ size: 0, ttl: undefined });
  });

  test("of a chain that nobody can work out: none", () => {
    const filters = [{ filter: "shuffle" }, { filter: "priority" }];
    expect(predict({ ...set, filters }, { feeds: NO_FEEDS })).toBeUndefined();
  });

  test("in one spelling of addresses", () => {
    const six = {
      ...set,
      type: "AAAA" as const,
      answers: [{ data: "2001:DB8:0:0::1", meta: {} }],
      filters: [],
    };
    expect([...(predict(six, { feeds: NO_FEEDS })?.first.keys() ?? [])]).toEqual(["2001:db8::1"]);
  });
});
