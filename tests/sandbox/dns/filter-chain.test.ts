import { applyFilterChain, type Filter, type SteeredAnswer } from "../../../sandbox/dns/filter-chain";
import { SEED, seeded } from "../../seeded";

const random = seeded(SEED);
const ROUNDS = 20_000;

function answers(meta: Record<string, Record<string, string>>): SteeredAnswer[] {
  return Object.entries(meta).map(([data, known]) => ({ data, meta: known }));
}

/** Answers in groups: `a` in the group `x` is "a:x". */
function grouped(...given: string[]): SteeredAnswer[] {
  return given.map((each) => {
    const [data = "", group] = each.split(":");
    return { data, meta: {}, ...(group === undefined ? {} : { group }) };
  });
}

function run(given: readonly SteeredAnswer[], ...filters: (Filter | string)[]): string[] {
  const chain = filters.map((filter) => (typeof filter === "string" ? { filter } : filter));
  return applyFilterChain(given, chain, { random }, (name) => unknown.push(name)).map(({ data }) => data);
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
  console.info(`filter chain: SEED=${SEED}`);
});
beforeEach(() => (unknown = []));

test("without filters the record's own order holds", () => {
  expect(run(answers({ b: {}, a: {}, c: {} }))).toEqual(["b", "a", "c"]);
});

test("no answers stay no answers", () => {
  for (const filter of [
    "up",
    "shed_load",
    "geofence_regional",
    "select_first_region",
    "shuffle",
    "weighted_shuffle",
    "priority",
    "select_first_n",
  ]) {
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
      { random: () => 1 }, // more than a random number can be, as much as rounding may make of it
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

describe("shed_load", () => {
  const shed: Filter = { filter: "shed_load", config: { metric: "connections" } };
  const marks = { low_watermark: "100", high_watermark: "200" };
  const kept = (meta: Record<string, string>): number =>
    shares(answers({ a: meta, b: {} }), shed, "select_first_n").get("a") ?? 0;

  test.each(["0", "99", "100"])(
    "keeps an answer with a load of %s, up to the low watermark",
    (connections) => {
      expect(kept({ ...marks, connections })).toBeCloseTo(1, 9);
    },
  );

  test.each(["200", "201", "9999"])("drops one with %s, from the high watermark on", (connections) => {
    expect(kept({ ...marks, connections })).toBe(0);
  });

  test("drops one in between as often as it is far from the low one", () => {
    expect(Math.abs(kept({ ...marks, connections: "125" }) - 0.75)).toBeLessThan(0.02);
    expect(Math.abs(kept({ ...marks, connections: "190" }) - 0.1)).toBeLessThan(0.02);
  });

  test.each([
    ["no load", marks],
    ["another load only", { ...marks, requests: "999" }],
    ["no high watermark", { low_watermark: "1", connections: "999" }],
    ["no low watermark", { high_watermark: "1", connections: "999" }],
  ])("keeps one with %s", (_, meta) => {
    expect(kept(meta)).toBeCloseTo(1, 9);
  });

  test("looks at the load average unless told otherwise", () => {
    const given = answers({ a: { ...marks, loadavg: "200" }, b: { ...marks, connections: "200" } });
    expect(run(given, "shed_load")).toEqual(["b"]);
  });

  test("may drop all", () => {
    expect(run(answers({ a: { ...marks, connections: "200" } }), shed)).toEqual([]);
  });
});

describe("geofence_regional", () => {
  const given = answers({ a: {}, b: { georegion: "EUROPE,AFRICA" }, c: { georegion: "US-EAST" }, d: {} });
  const from = (georegion: string | undefined, strict: string | undefined): string[] =>
    applyFilterChain(
      given,
      [
        {
          filter: "geofence_regional",
          ...(strict !== undefined && { config: { remove_no_georegion: strict } }),
        },
      ],
      { random, georegion },
      () => undefined,
    ).map(({ data }) => data);

  test.each(["1", "true", undefined])(
    "gives a region its own answers only, with remove_no_georegion %s",
    (strict) => {
      expect(from("AFRICA", strict)).toEqual(["b"]);
      expect(from("US-EAST", strict)).toEqual(["c"]);
    },
  );

  test("gives it those of no region too where that is off", () => {
    expect(from("EUROPE", "0")).toEqual(["a", "b", "d"]);
  });

  test.each(["ASIAPAC", undefined])("gives %s, without answers of its own, those of no region", (region) => {
    expect(from(region, "1")).toEqual(["a", "d"]);
    expect(from(region, "0")).toEqual(["a", "d"]);
  });
});

describe("select_first_region", () => {
  test("keeps the group of the first answer", () => {
    expect(run(grouped("a:x", "b:y", "c:x"), "select_first_region")).toEqual(["a", "c"]);
  });

  test("keeps answers without a group where the first has none", () => {
    expect(run(grouped("a", "b:y", "c"), "select_first_region")).toEqual(["a", "c"]);
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
