import { trafficChange, unanswered } from "../../../constructs/dns/traffic-change";
import {
  capacity,
  cost,
  failover,
  roundRobin,
  weighted,
  within,
} from "../../../constructs/dns/traffic-policy";
import { applied, drained } from "./applied";
import { fleetsOf } from "./sample-traffic";

const quarter = applied({ policy: weighted({ a: 25, b: 75 }) });

describe("points of traffic", () => {
  test("75/25 to 0/100 is 75", () => {
    const before = applied({ policy: weighted({ a: 75, b: 25 }) });
    const after = applied({ policy: roundRobin(), fleets: drained(fleetsOf(1_000, 1_000), 0) });
    expect(trafficChange(before, after)).toEqual({
      points: 75,
      users: [{ family: "A", before: { a: 75, b: 25 }, after: { a: 0, b: 100 }, points: 75 }],
    });
  });

  test.each([
    ["the same shares by another policy", applied({ policy: capacity() }), applied({}), 0],
    ["weights that mean the same", quarter, applied({ policy: weighted({ a: 1, b: 3 }) }), 0],
    ["a policy that orders", quarter, applied({ policy: failover(["a", "b"]) }), 75],
    ["the cheapest", applied({}), applied({ policy: cost({ a: 1, b: 2 }) }), 50],
    [
      "a part of a share",
      applied({ policy: capacity() }),
      applied({ policy: capacity(), fleets: drained(fleetsOf(1_000, 1_000), 50) }),
      25,
    ],
    ["a fleet that appears", applied({}), applied({ fleets: fleetsOf(1, 1, 1) }), 100 / 3],
    ["a fleet that disappears", applied({ fleets: fleetsOf(1, 1, 1) }), applied({}), 100 / 3],
    [
      "a drained fleet that disappears",
      applied({ fleets: drained(fleetsOf(1, 1, 1), 100, 100, 0) }),
      applied({}),
      0,
    ],
    ["the time to live alone", quarter, { ...quarter, ttl: 300 }, 0],
  ])("%s", (_, before, after, points) => {
    expect(trafficChange(before, after).points).toBeCloseTo(points, 9);
    expect(trafficChange(after, before).points).toBeCloseTo(points, 9);
  });
});

describe("with regions", () => {
  const before = applied({ within: [within("EUROPE", weighted({ a: 60, b: 40 }))] });
  const after = applied({
    policy: weighted({ a: 40, b: 60 }),
    within: [within("EUROPE", failover(["b", "a"])), within("AFRICA", failover(["a", "b"]))],
  });

  test("the worst one counts, everywhere else among them; one that is new was like everywhere else", () => {
    const { points, users } = trafficChange(before, after);
    expect(users.map(({ region, points: own }) => [region, Math.round(own)])).toEqual([
      [undefined, 10],
      ["EUROPE", 60],
      ["AFRICA", 50],
    ]);
    expect(points).toBeCloseTo(60, 9);
    expect(trafficChange(after, before).points).toBeCloseTo(60, 9);
  });

  test("their sizes count, where all are known", () => {
    expect(trafficChange(before, after, { EUROPE: 20, AFRICA: 5 }).points).toBeCloseTo(
      0.2 * 60 + 0.05 * 50 + 0.75 * 10,
      9,
    );
    expect(trafficChange(before, after, { EUROPE: 20 }).points).toBeCloseTo(60, 9);
  });
});

describe("address families", () => {
  const both = fleetsOf(1_000, 1_000);

  test("the worst one counts", () => {
    const before = applied({ six: both });
    const after = applied({ policy: weighted({ a: 60, b: 40 }), six: both.slice(0, 1) });
    const { points, users } = trafficChange(before, after);
    expect(users.map(({ family, points: own }) => [family, Math.round(own)])).toEqual([
      ["A", 10],
      ["AAAA", 50],
    ]);
    expect(points).toBeCloseTo(50, 9);
    expect(trafficChange(before, after, {}).points).toBeCloseTo(50, 9);
  });

  test("who had no IPv6 record has used IPv4", () => {
    const change = trafficChange(applied({}), applied({ six: both.slice(0, 1) }));
    expect(change.users[1]).toEqual({
      family: "AAAA",
      before: { a: 50, b: 50 },
      after: { a: 100 },
      points: 50,
    });
    expect(trafficChange(applied({}), applied({ six: both })).points).toBe(0);
  });

  test("users that lose their record get no answer, which is all of their traffic", () => {
    const change = trafficChange(applied({ six: both }), applied({}));
    expect(change.points).toBe(100);
    expect(unanswered(change)).toMatchObject([{ family: "AAAA", before: { a: 50, b: 50 } }]);
    expect(unanswered(trafficChange(applied({}), applied({})))).toEqual([]);
  });

  test("nobody is answered below a zone that was given up", () => {
    const change = trafficChange(applied({ six: both }), applied({ six: both, zone: "other.example.net" }));
    expect(unanswered(change).map(({ family }) => family)).toEqual(["A", "AAAA"]);
  });
});
