import { wantedTraffic } from "../../constructs/dns/applied-traffic";
import { roundRobin } from "../../constructs/dns/traffic-policy";
import { trafficSteps } from "../../constructs/dns/traffic-steps";
import { appliedPercents } from "../../rollout/applied-percents";
import { evacuate } from "../../rollout/evacuate";
import { pair } from "./sample-rollout";

const full = { aws: 100, stackpath: 100 };

describe("a fleet is taken out of traffic", () => {
  test("at once where the others carry the peak", () => {
    const percents = evacuate(pair(), "aws", { percents: full, unwell: {}, peak: 35_000 });
    expect(percents).toEqual({ aws: 0, stackpath: 100 });
  });

  test.each([
    ["they do not", { peak: 45_000 }, /without it, all together would get 45000 connections/],
    ["nobody has said what the peak is", {}, /peak: is not declared/],
    [
      "they are not well",
      { peak: 35_000, unwell: { stackpath: "1 of 4 nodes" } },
      /stackpath: is not well: 1 of 4 nodes/,
    ],
  ])("only with a reason where %s", (_, changes, message) => {
    const remaining = { percents: full, unwell: {}, ...changes };
    expect(() => evacuate(pair(), "aws", remaining)).toThrow(message);
    expect(() => evacuate(pair(), "aws", remaining, " ")).toThrow(/--reason TEXT/);
    expect(evacuate(pair(), "aws", remaining, "fire")).toEqual({ aws: 0, stackpath: 100 });
  });

  test("never where nobody would be left, whatever the reason", () => {
    const remaining = { percents: { aws: 100, stackpath: 0 }, unwell: {}, peak: 1 };
    expect(() => evacuate(pair(), "aws", remaining, "fire")).toThrow(/nobody would be answered/);
  });

  test("by its name", () => {
    expect(() => evacuate(pair(), "asw", { percents: full, unwell: {} })).toThrow(/nearest: "aws"/);
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
