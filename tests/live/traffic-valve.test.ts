import { failover, roundRobin, weighted, within } from "../../constructs/dns/traffic-policy";
import { describePoints, holdTraffic, parsePoints, planTraffic } from "../../live/traffic-valve";
import { applied } from "../constructs/dns/applied";
import { fleetsOf } from "../constructs/dns/sample-traffic";
import { testEnvironment } from "../environment-for-tests";
import { MANIFEST } from "../synthesize";
import { planDeployment } from "../../live/deployment";
import { emptyRecord } from "../../live/live-record";

const [quarters, all] = [
  applied({ policy: weighted({ a: 75, b: 25 }) }),
  applied({ policy: failover(["b", "a"]) }),
];

describe("the valve", () => {
  test("lets pass what stays within ten points, and holds what does not", () => {
    const small = applied({ policy: weighted({ a: 65, b: 35 }) });
    expect(holdTraffic({}, quarters, small, {})).toMatchObject({
      next: small,
      limit: 10,
      steps: [small],
    });
    expect(holdTraffic({}, quarters, small, {}).refusal).toBeUndefined();
    const plan = holdTraffic({}, quarters, all, {});
    expect(plan.next).toBe(all);
    expect(plan.refusal?.message).toBe(
      [
        "DNS would move 75 points of traffic at once; the limit is 10 points. It was not changed:",
        "  - IPv4 users: a loses 75 (75 % to 0 %), b gains 75 (25 % to 100 %)",
        "    In steps: npx polycast dns apply --in-steps",
        "    At once: npx polycast dns apply --allow 75, or with POLYCAST_TRAFFIC_LIMIT=75",
      ].join("\n"),
    );
  });

  test("has the limit that the environment says, or who deploys", () => {
    expect(holdTraffic({ trafficLimit: 75 }, quarters, all, {}).refusal).toBeUndefined();
    expect(holdTraffic({ trafficLimit: 74 }, quarters, all, {}).refusal).toBeDefined();
    expect(
      holdTraffic({ trafficLimit: 5 }, quarters, all, { POLYCAST_TRAFFIC_LIMIT: "75" }).refusal,
    ).toBeUndefined();
    expect(holdTraffic({}, quarters, all, { POLYCAST_TRAFFIC_LIMIT: "" }).limit).toBe(10);
  });

  test("names points that are enough", () => {
    const third = applied({ fleets: fleetsOf(1, 1, 1) });
    const { refusal } = holdTraffic({}, third, applied({}), {});
    expect(refusal?.message).toContain("--allow 34,");
    expect(holdTraffic({}, third, applied({}), { POLYCAST_TRAFFIC_LIMIT: "34" }).refusal).toBeUndefined();
  });

  test("does not hold the first deploy", () => {
    expect(holdTraffic({}, undefined, all, {})).toMatchObject({ next: all, steps: [all], change: undefined });
    expect(holdTraffic({}, undefined, all, {}).refusal).toBeUndefined();
  });

  test("names the users who would get no answer, whatever the environment's limit, unless told of all their points", () => {
    const from = applied({ six: fleetsOf(1, 1) });
    const held = holdTraffic({ trafficLimit: 100 }, from, applied({}), {});
    expect(held.refusal?.message).toContain("- IPv6 users: would get no answer; now a 50 %, b 50 %");
    expect(held.refusal?.message).toContain("There are no steps");
    expect(held.refusal?.message).toContain("--allow 100");
    expect(holdTraffic({}, from, applied({}), { POLYCAST_TRAFFIC_LIMIT: "99" }).refusal).toBeDefined();
    expect(holdTraffic({}, from, applied({}), { POLYCAST_TRAFFIC_LIMIT: "100" }).refusal).toBeUndefined();
  });

  test("names every region that changes, and counts by their sizes", () => {
    const to = applied({ within: [within("EUROPE", failover(["b", "a"]))] });
    const { refusal } = holdTraffic({}, applied({}), to, {});
    expect(refusal?.message).toContain("- IPv4 users in EUROPE: a loses 50 (50 % to 0 %)");
    expect(refusal?.message).not.toContain("IPv4 users:");
    expect(holdTraffic({ audience: { EUROPE: 20 } }, applied({}), to, {}).refusal).toBeUndefined();
  });

  test("in steps takes the first, and holds where there is none", () => {
    const variables = { POLYCAST_TRAFFIC_STEPS: "1" };
    const plan = holdTraffic({}, quarters, all, variables);
    expect(plan.refusal).toBeUndefined();
    expect(plan.steps).toHaveLength(8);
    expect(plan.next).toBe(plan.steps?.[0]);
    expect(holdTraffic({}, quarters, all, { ...variables, POLYCAST_TRAFFIC_LIMIT: "40" }).steps).toHaveLength(
      2,
    );
    const gone = holdTraffic(
      {},
      applied({ fleets: fleetsOf(1, 1, 1) }),
      applied({ policy: roundRobin() }),
      variables,
    );
    expect(gone.refusal?.message).toContain("c loses 33.3 (33.3 % to 0 %)");
    expect(gone.refusal?.message).toContain(
      "There are no steps: a fleet that leaves the environment is drained first",
    );
  });

  test.each(["0", "0.5", "101", "-1", "ten", " ", "NaN", "Infinity"])("refuses %j points", (text) => {
    expect(() => parsePoints(text, "--allow")).toThrow(
      /--allow: "[^"]*" is not a number of points from 1 to 100/,
    );
  });

  test("says points as a person does", () => {
    expect([1, 0.04, 12.34, 0.96].map(describePoints)).toEqual([
      "1 point",
      "0 points",
      "12.3 points",
      "1 point",
    ]);
  });
});

describe("what was last applied", () => {
  const environment = testEnvironment();
  const deployments = planDeployment(environment, MANIFEST, emptyRecord("test"));
  const plan = (state: unknown, variables = {}) =>
    planTraffic(environment, deployments, { readState: () => Promise.resolve(state) }, variables);

  const holding = (value: unknown, instances = [{ attributes: { input: { value, type: "string" } } }]) => ({
    resources: [{ type: "terraform_data", name: "traffic", instances }],
  });

  test("is read from the state", async () => {
    const { next } = await plan(undefined);
    const state = holding(JSON.stringify(next));
    expect(await plan(state)).toMatchObject({ applied: next, wanted: next, change: { points: 0 } });
  });

  test.each([[undefined], [{}], [{ resources: [] }], [holding("", [])]])(
    "is nothing in %j",
    async (state) => {
      expect((await plan(state)).applied).toBeUndefined();
    },
  );

  test("is not known where the records are others', unless a person allows all of it", async () => {
    const record = { type: "ns1_record", name: "dns_wildcard-a", instances: [{}] };
    const adopted = { resources: [record] };
    const { refusal, applied: known } = await plan(adopted);
    expect(known).toBeUndefined();
    expect(refusal?.message).toContain("edge-dns: its records were made by others, or by an earlier version");
    expect((await plan(adopted, { POLYCAST_TRAFFIC_LIMIT: "99" })).refusal).toBeDefined();
    expect((await plan(adopted, { POLYCAST_TRAFFIC_LIMIT: "100" })).refusal).toBeUndefined();
    // A first apply of ours that was interrupted.
    const own = { type: "terraform_data", name: "own-records", instances: [{}] };
    expect((await plan({ resources: [own, record] })).refusal).toBeUndefined();
  });

  test("is refused where it cannot be read, and so is a variable", async () => {
    await expect(plan(holding("{}"))).rejects.toThrow(/The traffic in the state of edge-dns is malformed/);
    await expect(plan(holding(undefined))).rejects.toThrow(/is not JSON/);
    await expect(plan(undefined, { POLYCAST_TRAFFIC_LIMIT: "much" })).rejects.toThrow(
      /POLYCAST_TRAFFIC_LIMIT: "much"/,
    );
  });
});
