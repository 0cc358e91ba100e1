import { applyFilterChain, type Filter, type SteeredAnswer } from "../../../sandbox/dns/filter-chain";

/** Mulberry32: a small generator, good enough for counting, that a printed seed repeats. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const random = seeded(seed);
const ROUNDS = 20_000;

function answers(meta: Record<string, Record<string, string>>): SteeredAnswer[] {
  return Object.entries(meta).map(([data, known]) => ({ data, meta: known }));
}

function run(given: readonly SteeredAnswer[], ...filters: (Filter | string)[]): string[] {
  const chain = filters.map((filter) => (typeof filter === "string" ? { filter } : filter));
  return applyFilterChain(given, chain, random, (name) => unknown.push(name)).map(({ data }) => data);
}

/** How often each order came out, as a share of all rounds. */
function shares(given: readonly SteeredAnswer[], ...filters: (Filter | string)[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round++) {
    const order = run(given, ...filters).join("");
    counts.set(order, (counts.get(order) ?? 0) + 1 / ROUNDS);
  }
  return counts;
}

let unknown: string[];
beforeAll(() => {
  console.info(`filter chain: SEED=${seed}`);
});
beforeEach(() => (unknown = []));

test("without filters the record's own order holds", () => {
  expect(run(answers({ b: {}, a: {}, c: {} }))).toEqual(["b", "a", "c"]);
});

test("no answers stay no answers", () => {
  for (const filter of ["up", "shuffle", "weighted_shuffle", "priority", "select_first_n"]) {
    expect(run([], filter)).toEqual([]);
  }
});

describe("up", () => {
  test.each(["0", "false"])("drops an answer whose up is %s", (up) => {
    expect(run(answers({ a: { up }, b: { up: "1" } }), "up")).toEqual(["b"]);
  });

  test.each(["1", "true", '{"feed":"5f"}'])("keeps an answer whose up is %s", (up) => {
    expect(run(answers({ a: { up }, b: { up: "0" } }), "up")).toEqual(["a"]);
  });

  test("keeps an answer that does not say", () => {
    expect(run(answers({ a: {}, b: { up: "0" } }), "up")).toEqual(["a"]);
  });

  test("is bypassed where everything is down", () => {
    expect(run(answers({ a: { up: "0" }, b: { up: "false" } }), "up")).toEqual(["a", "b"]);
  });
});

describe("shuffle", () => {
  test("gives every order as often", () => {
    const orders = shares(answers({ a: {}, b: {}, c: {} }), "shuffle");
    expect([...orders.keys()].sort()).toEqual(["abc", "acb", "bac", "bca", "cab", "cba"]);
    for (const share of orders.values()) expect(share).toBeCloseTo(1 / 6, 1);
  });

  test("pays no heed to weights", () => {
    const orders = shares(answers({ a: { weight: "1" }, b: { weight: "99" } }), "shuffle");
    expect(Math.abs((orders.get("ab") ?? 0) - 0.5)).toBeLessThan(0.02);
  });
});

describe("weighted_shuffle", () => {
  test("puts an answer first as often as its weight says", () => {
    const orders = shares(answers({ a: { weight: "25" }, b: { weight: "75" } }), "weighted_shuffle");
    expect(Math.abs((orders.get("ab") ?? 0) - 0.25)).toBeLessThan(0.02);
    expect(Math.abs((orders.get("ba") ?? 0) - 0.75)).toBeLessThan(0.02);
  });

  test("draws the rest by the weights that are left", () => {
    const orders = shares(
      answers({ a: { weight: "10" }, b: { weight: "30" }, c: { weight: "60" } }),
      "weighted_shuffle",
    );
    expect(Math.abs((orders.get("cab") ?? 0) - 0.6 * (10 / 40))).toBeLessThan(0.02);
    expect(Math.abs((orders.get("bca") ?? 0) - 0.3 * (60 / 70))).toBeLessThan(0.02);
  });

  test("takes fractions", () => {
    const orders = shares(answers({ a: { weight: "0.5" }, b: { weight: "1.5" } }), "weighted_shuffle");
    expect(Math.abs((orders.get("ab") ?? 0) - 0.25)).toBeLessThan(0.02);
  });

  test.each([{ weight: "0" }, {}, { weight: '{"feed":"5f"}' }, { weight: "-3" }])("puts %j last", (meta) => {
    expect([...shares(answers({ a: meta, b: { weight: "1" } }), "weighted_shuffle").keys()]).toEqual(["ba"]);
  });

  test("shuffles answers that all have no weight", () => {
    const orders = shares(answers({ a: {}, b: { weight: "0" } }), "weighted_shuffle");
    expect(Math.abs((orders.get("ab") ?? 0) - 0.5)).toBeLessThan(0.02);
  });

  test("gives an answer even where rounding leaves something over", () => {
    const all = applyFilterChain(
      answers({ a: { weight: "0.1" }, b: { weight: "0.2" }, c: { weight: "0" } }),
      [{ filter: "weighted_shuffle" }],
      () => 1, // more than a random number can be, as much as rounding may make of it
      () => undefined,
    );
    expect(all.map(({ data }) => data)).toEqual(["b", "a", "c"]);
  });
});

describe("priority", () => {
  const given = answers({ a: { priority: "2" }, b: {}, c: { priority: "1" }, d: { priority: "2" } });

  test("sorts the lowest number first, unset last, equals as they were", () => {
    expect(run(given, "priority")).toEqual(["c", "a", "d", "b"]);
  });

  test.each(["1", "true"])("keeps only the lowest number's with eliminate %s", (eliminate) => {
    expect(run(given.slice(0, 2), { filter: "priority", config: { eliminate } })).toEqual(["a"]);
    expect(run(given, { filter: "priority", config: { eliminate } })).toEqual(["c"]);
  });

  test("keeps all of the lowest number", () => {
    const config = { eliminate: "1" };
    const tied = answers({ a: { priority: "1" }, b: { priority: "2" }, c: { priority: "1" } });
    expect(run(tied, { filter: "priority", config })).toEqual(["a", "c"]);
  });
});

describe("select_first_n", () => {
  const given = answers({ a: {}, b: {}, c: {} });

  test("keeps one unless told otherwise", () => {
    expect(run(given, "select_first_n")).toEqual(["a"]);
  });

  test.each([
    ["2", ["a", "b"]],
    ["9", ["a", "b", "c"]],
  ])("keeps N = %s", (N, expected) => {
    expect(run(given, { filter: "select_first_n", config: { N } })).toEqual(expected);
  });
});

test("filters work one after the other", () => {
  const given = answers({ a: { up: "0", weight: "98" }, b: { weight: "1" }, c: { weight: "3" } });
  const orders = shares(given, "up", "weighted_shuffle", "select_first_n");
  expect([...orders.keys()].sort()).toEqual(["b", "c"]);
  expect(Math.abs((orders.get("c") ?? 0) - 0.75)).toBeLessThan(0.02);
});

test("a disabled filter does nothing", () => {
  expect(run(answers({ a: {}, b: {} }), { filter: "select_first_n", disabled: true })).toEqual(["a", "b"]);
});

test("an unknown filter is reported and passed", () => {
  expect(run(answers({ a: {}, b: {} }), "geotarget_country", "select_first_n")).toEqual(["a"]);
  expect(unknown).toEqual(["geotarget_country"]);
});

test("a disabled unknown filter is not worth a word", () => {
  run(answers({ a: {} }), { filter: "cost", disabled: true });
  expect(unknown).toEqual([]);
});
