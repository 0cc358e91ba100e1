import {
  decisionText,
  durationText,
  historyText,
  percentText,
  rolloutText,
  transitionText,
} from "../../../cli/rollout/rollout-text";
import { record } from "../../../rollout/record";
import type { RolloutEvent } from "../../../rollout/rollout-event";
import { startRollout } from "../../../rollout/rollout-state";
import { modelPlan } from "../../rollout/model";

const rollout = startRollout(undefined, modelPlan(2, "parts"), { id: "r2-1a2b", at: 0, by: "ann" });

test.each([
  [45, "45 s"],
  [60, "1 min"],
  [90, "1 min 30 s"],
  [3_600, "1 h"],
  [15_000, "4 h 10 min"],
  [-5, "0 s"],
])("%i seconds are %s", (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test("a wait says until when, and what a stop rests on is below it", () => {
  expect(decisionText({ kind: "wait", until: 160, why: "resolvers" }, 100)).toBe(
    "Waits for 1 min, until 1970-01-01 00:02:40: resolvers",
  );
  expect(decisionText({ kind: "stop", why: "no", evidence: ["a, nodes: bad"] }, 0)).toBe(
    "Stands: no\n  a, nodes: bad",
  );
});

test("every wave has a row, and a pause says who and why", () => {
  const text = rolloutText({ ...rollout, paused: { at: 1, by: "ben", why: "lunch" } }, 5);
  expect(text.split("\n")[0]).toMatch(/^Rollout r2-1a2b of .*: paused by ben: lunch$/);
  expect(text.split("\n")).toHaveLength(2 + rollout.waves.length);
});

test("history says who, what, why and what was seen", () => {
  const entry = {
    at: 0,
    by: "ann",
    what: "turn back",
    fleet: "a",
    why: "failed",
    evidence: ["a, nodes: bad"],
  };
  expect(historyText([entry])).toBe("1970-01-01 00:00:00  ann  a: turn back (failed)\n    a, nodes: bad");
});

test.each([
  [26.66, "26.7 %"],
  [100, "100 %"],
  [undefined, "?"],
])("a share of %s is %s", (percent, text) => {
  expect(percentText(percent)).toBe(text);
});

test("what a rollout does to a share is said while it does it", () => {
  const after = (...events: readonly RolloutEvent[]) =>
    events.reduce((last, event) => record(last, event, { at: 1, by: "ann" }), rollout);
  const begin = { kind: "begin", wave: 0, direction: "forward" } as const;
  expect(transitionText(rollout)).toBeUndefined();
  expect(transitionText(after(begin))).toBe(
    "The rollout r2-1a2b of new is under way: f1 is draining, so its share changes step by step.",
  );
  const word = { at: 1, by: "ben" };
  expect(transitionText({ ...after(begin, { kind: "turn back" }), paused: word })).toContain(
    "is under way, paused: f1 is restoring on its way back",
  );
  expect(transitionText(after(begin, { kind: "end", result: "finished" }))).toBeUndefined();
});
