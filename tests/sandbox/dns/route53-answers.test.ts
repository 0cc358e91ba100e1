import {
  draw,
  firstValues,
  outcomes,
  type Location,
  type Route53Record,
  type Routing,
} from "../../../sandbox/dns/route53-answers";

const held = (
  value: string,
  routing: Routing,
  { name = "x", ...changes }: Partial<Route53Record> = {},
): Route53Record => ({ name, type: "A", ttl: 60, values: [value], routing, healthCheck: value, ...changes });
const weighted = (value: string, weight: number, changes?: Partial<Route53Record>) =>
  held(value, { kind: "weighted", weight }, changes);
const failover = (value: string, role: "PRIMARY" | "SECONDARY", changes?: Partial<Route53Record>) =>
  held(value, { kind: "failover", role }, changes);
const alias = (name: string, routing: Routing, to: string, evaluateTargetHealth = true): Route53Record => ({
  name,
  type: "A",
  ttl: 0,
  values: [],
  routing,
  alias: { name: to, evaluateTargetHealth },
});
const SIMPLE: Routing = { kind: "simple" };

/** What clients get of `x`: value -> how likely it is first. */
function shares(records: readonly Route53Record[], unhealthy: readonly string[] = [], client: Location = {}) {
  const isHealthy = (id: string): boolean => !unhealthy.includes(id);
  return Object.fromEntries(firstValues(outcomes(records, "x", "A", { isHealthy, client })));
}

describe("weights", () => {
  const group = [weighted("a", 1), weighted("b", 3), weighted("spare", 0)];

  test("share between the healthy", () => {
    expect(shares(group)).toEqual({ a: 0.25, b: 0.75 });
    expect(shares(group, ["b"])).toEqual({ a: 1 });
  });

  test("of 0 count where no other is healthy, and alike", () => {
    expect(shares([...group, weighted("other", 0)], ["a", "b"])).toEqual({ spare: 0.5, other: 0.5 });
    expect(shares([weighted("a", 0), weighted("b", 0)])).toEqual({ a: 0.5, b: 0.5 });
  });

  test("count as ever where nobody is healthy", () => {
    expect(shares(group, ["a", "b", "spare"])).toEqual({ a: 0.25, b: 0.75 });
  });

  test("without a health check are healthy", () => {
    const unchecked: Route53Record = {
      name: "x",
      type: "A",
      ttl: 60,
      values: ["a"],
      routing: { kind: "weighted", weight: 1 },
    };
    expect(shares([unchecked, weighted("b", 1)], ["a", "b"])).toEqual({ a: 1 });
  });
});

describe("failover", () => {
  const pair = [failover("b", "SECONDARY"), failover("a", "PRIMARY")];
  test.each([
    [[], "a"],
    [["a"], "b"],
    [["b"], "a"],
    [["a", "b"], "a"],
  ])("with %j down: %s", (down, first) => {
    expect(shares(pair, down)).toEqual({ [first]: 1 });
  });
});

describe("multivalue answers", () => {
  const group = "abcdefghij".split("").map((value) => held(value, { kind: "multivalue" }));
  const answer = (down: readonly string[]) =>
    draw(outcomes(group, "x", "A", { isHealthy: (id) => !down.includes(id) }), Math.random)?.values ?? [];

  test("have the healthy ones, all where none is, and never more than eight", () => {
    expect(answer("cdefghij".split("")).toSorted()).toEqual(["a", "b"]);
    expect(new Set(answer([])).size).toBe(8);
    expect(answer("abcdefghij".split(""))).toHaveLength(8);
  });

  test("have each first as often", () => {
    expect(shares(group, "cdefghij".split(""))).toEqual({ a: 0.5, b: 0.5 });
  });
});

describe("geolocation", () => {
  const at = (value: string, location: Location) => held(value, { kind: "geolocation", location });
  const group = [
    at("default", { country: "*" }),
    at("europe", { continent: "EU" }),
    at("germany", { country: "DE" }),
    at("new-york", { country: "US", subdivision: "NY" }),
  ];
  test.each<[Location, string[], string]>([
    [{}, [], "default"],
    [{ continent: "AS", country: "JP" }, [], "default"],
    [{ continent: "EU", country: "FR" }, [], "europe"],
    [{ continent: "EU", country: "DE" }, [], "germany"],
    [{ continent: "NA", country: "US", subdivision: "NY" }, [], "new-york"],
    [{ continent: "NA", country: "US", subdivision: "CA" }, [], "default"],
    [{ continent: "NA", country: "US" }, [], "default"],
    [{ continent: "EU", country: "DE" }, ["germany"], "europe"],
    [{ continent: "EU", country: "DE" }, ["germany", "europe"], "default"],
    [{ continent: "EU", country: "DE" }, ["germany", "europe", "default"], "germany"],
    [{ continent: "EU", country: "DE" }, ["germany", "europe", "default", "new-york"], "germany"],
  ])("%j with %j down: %s", (client, down, first) => {
    expect(shares(group, down, client)).toEqual({ [first]: 1 });
  });

  test("without a record for all others leaves them without an answer", () => {
    expect(shares([at("europe", { continent: "EU" })], [], { continent: "AS" })).toEqual({});
  });
});

describe("aliases", () => {
  const inner = [weighted("a", 1, { name: "inner" }), weighted("b", 1, { name: "inner" })];

  test("lead to what their target answers, for as long as that says", () => {
    const zone = [alias("x", SIMPLE, "inner"), ...inner];
    expect(shares(zone)).toEqual({ a: 0.5, b: 0.5 });
    expect(draw(outcomes(zone, "x", "A", { isHealthy: () => true }), Math.random)?.ttl).toBe(60);
  });

  test("are as healthy as their target where they evaluate it: as long as anything there is", () => {
    const pair = (evaluate: boolean) => [
      alias("x", { kind: "failover", role: "PRIMARY" }, "inner", evaluate),
      failover("last", "SECONDARY"),
      ...inner,
    ];
    expect(shares(pair(true), ["a"])).toEqual({ b: 1 });
    expect(shares(pair(true), ["a", "b"])).toEqual({ last: 1 });
    expect(shares(pair(false), ["a", "b"])).toEqual({ a: 0.5, b: 0.5 });
  });

  test("in a circle lead nowhere", () => {
    const zone = [alias("x", SIMPLE, "y"), alias("y", SIMPLE, "x")];
    expect(shares(zone)).toEqual({});
    expect(shares([alias("x", SIMPLE, "none")])).toEqual({});
  });
});

describe("a draw", () => {
  const group = [weighted("a", 1), weighted("b", 3)];
  const possible = outcomes(group, "x", "A", { isHealthy: () => true });
  test.each([
    [0, "a"],
    [0.249, "a"],
    [0.25, "b"],
    [0.999, "b"],
  ])("of %d is %s", (random, value) => {
    expect(draw(possible, () => random)?.values).toEqual([value]);
  });

  test("of nothing is nothing", () => {
    expect(draw([], Math.random)).toBeUndefined();
  });
});
