import { command } from "../../rollout/command";
import { record } from "../../rollout/record";
import type { RolloutEvent } from "../../rollout/rollout-event";
import type { RolloutPlan } from "../../rollout/rollout-plan";
import { startRollout, type RolloutState } from "../../rollout/rollout-state";
import { unprovenFleets } from "../../rollout/unproven-fleets";
import { firstSitesPlan, modelPlan } from "./model";

const OCCASION = { at: 1, by: "me", why: "fire" };
const OLD = { f1: ["old"], f2: ["old"] };
const SOME = { f1: ["old", "new"], f2: ["old"] };
const NEW = { f1: ["new"], f2: ["old"] };

const afterIn = (plan: RolloutPlan, events: readonly RolloutEvent[]): RolloutState =>
  events.reduce(
    (rollout, event) => record(rollout, event, OCCASION),
    startRollout(undefined, plan, { id: "1", at: 0, by: "me" }),
  );
const after = (...events: readonly RolloutEvent[]): RolloutState => afterIn(modelPlan(2, "parts"), events);
const begin: RolloutEvent = { kind: "begin", wave: 0, direction: "forward" };
const replace: RolloutEvent = {
  kind: "intend",
  action: { kind: "replace", fleet: "f1", release: { id: "new", image: "image-new" } },
};
const replaced = [begin, { kind: "enter", phase: "replacing" }, replace, { kind: "replaced" }] as const;

test("nobody's release is unproven before nodes are replaced", () => {
  expect(unprovenFleets(after(), OLD)).toEqual({});
  expect(unprovenFleets(after(begin), OLD)).toEqual({});
});

test.each(["verifying", "restoring", "baking"] as const)("a release is unproven while it is %s", (phase) => {
  expect(unprovenFleets(after(...replaced, { kind: "enter", phase }), NEW)).toEqual({ f1: "new" });
});

test("one that has baked is proven, and so it is when the next fleet's turn comes", () => {
  const baked = [...replaced, { kind: "enter", phase: "baking" }, { kind: "enter", phase: "done" }] as const;
  expect(unprovenFleets(after(...baked), NEW)).toEqual({});
  const next: RolloutEvent = { kind: "begin", wave: 1, direction: "forward" };
  expect(unprovenFleets(after(...baked, next), NEW)).toEqual({});
});

test("where first sites have baked, a release is unproven again from when the others get it", () => {
  const first = (...events: readonly RolloutEvent[]) =>
    unprovenFleets(afterIn(firstSitesPlan(modelPlan(2, "parts")), [...replaced, ...events]), SOME);
  expect(first({ kind: "enter", phase: "baking" })).toEqual({ f1: "new" });
  const baked: readonly RolloutEvent[] = [
    { kind: "enter", phase: "done" },
    { kind: "begin", wave: 1, direction: "forward" },
  ];
  expect(first(...baked)).toEqual({});
  expect(first(...baked, { kind: "turn back" })).toEqual({ f1: "new" });
  expect(first(...baked, { kind: "enter", phase: "replacing" }, replace)).toEqual({ f1: "new" });
});

test("a fleet that goes back is unproven until its nodes are known to be what they were", () => {
  const back = [...replaced, { kind: "turn back" }] as const;
  expect(unprovenFleets(after(...back), NEW)).toEqual({ f1: "new" });
  expect(unprovenFleets(after(...back, { kind: "enter", phase: "settling" }), OLD)).toEqual({ f1: "new" });
  expect(unprovenFleets(after(...back, { kind: "enter", phase: "restoring" }), OLD)).toEqual({});
});

test("what was abandoned is unproven for as long as it runs", () => {
  const abandoned = command(after(...replaced, { kind: "turn back" }), { kind: "abandon" }, OCCASION);
  expect(unprovenFleets(abandoned, NEW)).toEqual({ f1: "new" });
  expect(unprovenFleets(abandoned, OLD)).toEqual({});
});
