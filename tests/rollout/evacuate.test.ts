import { wantedTraffic } from "../../constructs/dns/applied-traffic";
import { roundRobin, weighted } from "../../constructs/dns/traffic-policy";
import { trafficSteps } from "../../constructs/dns/traffic-steps";
import { appliedPercents } from "../../rollout/applied-percents";
import { evacuate } from "../../rollout/evacuate";
import { vultrFleet } from "../environment-for-tests";
import { pair } from "./sample-rollout";

const full = { aws: 100, stackpath: 100 };
const WELL = { unwell: {}, unproven: {} };

describe("a fleet is taken out of traffic", () => {
  test("at once where the others carry the peak", () => {
    const evacuation = evacuate(pair(), "aws", { percents: full, ...WELL, peak: 35_000 });
    expect(evacuation).toEqual({ percents: { aws: 0, stackpath: 100 }, risks: [] });
  });

  test.each([
    ["they do not", { peak: 45_000 }, /without it, all together would get 45000 connections/],
    ["nobody has said what the peak is", {}, /peak: is not declared/],
    [
      "they are not well",
      { peak: 35_000, unwell: { stackpath: "1 of 4 nodes" } },
      /stackpath: is not well: 1 of 4 nodes/,
    ],
    ["nobody can read the rollout", { peak: 35_000, unproven: undefined }, /rollout: cannot be read/],
  ])("only with a reason where %s", (_, changes, message) => {
    const remaining = { percents: full, ...WELL, ...changes };
    expect(() => evacuate(pair(), "aws", remaining)).toThrow(message);
    expect(() => evacuate(pair(), "aws", remaining, " ")).toThrow(/--reason TEXT/);
    const { percents, risks } = evacuate(pair(), "aws", remaining, "fire");
    expect(percents).toEqual({ aws: 0, stackpath: 100 });
    expect(risks.length).toBeGreaterThan(0);
  });

  test("only with a reason where most users would meet a release that has not finished a bake", () => {
    const remaining = { percents: full, ...WELL, unproven: { stackpath: "r2" }, peak: 35_000 };
    expect(() => evacuate(pair(), "aws", remaining)).toThrow(
      'fleets.stackpath: would serve 100 % of all users with "r2", which has not finished a bake',
    );
    expect(evacuate(pair(), "aws", remaining, "fire").risks).toHaveLength(1);
    // It goes itself, and who is left has baked.
    expect(evacuate(pair(), "stackpath", remaining).risks).toEqual([]);
  });

  test("without one where few users meet it", () => {
    const three = pair(weighted({ aws: 25, stackpath: 55, vultr: 20 }), {
      fleets: [...pair().fleets, vultrFleet({ connectionsPerNode: 20_000 })],
    });
    const percents = { ...full, vultr: 100 };
    const unproven = { vultr: "r2" };
    expect(evacuate(three, "aws", { percents, unwell: {}, unproven, peak: 35_000 }).risks).toEqual([]);
  });

  test("never where nobody would be left, whatever the reason", () => {
    const remaining = { percents: { aws: 100, stackpath: 0 }, ...WELL, peak: 1 };
    for (const reason of [undefined, "fire"])
      expect(() => evacuate(pair(), "aws", remaining, reason)).toThrow(/nobody would be answered/);
  });

  test("by its name", () => {
    expect(() => evacuate(pair(), "asw", { percents: full, ...WELL })).toThrow(/nearest: "aws"/);
  });
});

describe("what DNS gives a fleet", () => {
  test("is what was applied, where that was no step", () => {
    const applied = wantedTraffic(pair(), { aws: 40, stackpath: 100 });
    expect(appliedPercents(pair(), applied, full)).toEqual({ aws: 40, stackpath: 100 });
  });

  test("is the part of its whole share in a step", () => {
    const environment = pair(roundRobin());
    const [before, after] = [
      wantedTraffic(environment, full),
      wantedTraffic(environment, { ...full, aws: 0 }),
    ];
    const [step = before] = trafficSteps(before, after, 10) ?? [];
    const percents = appliedPercents(environment, step, full);
    expect(percents["aws"]).toBeCloseTo(80, 1);
    expect(percents["stackpath"]).toBe(100);
  });
});
