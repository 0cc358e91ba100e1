import { hasStopped } from "../../../cli/rollout/has-stopped";
import type { Advance } from "../../../rollout/advance";
import { record } from "../../../rollout/record";
import type { RolloutEvent } from "../../../rollout/rollout-event";
import { startRollout, type RolloutState } from "../../../rollout/rollout-state";
import { modelPlan } from "../../rollout/model";

const after = (...events: readonly RolloutEvent[]): RolloutState =>
  events.reduce(
    (rollout, event) => record(rollout, event, { at: 1, by: "me", why: "because" }),
    startRollout(undefined, modelPlan(2, "parts"), { id: "1", at: 0, by: "me" }),
  );
const begin: RolloutEvent = { kind: "begin", wave: 0, direction: "forward" };
const advance = (changes: Partial<Advance>): Advance => ({
  rollout: after(begin),
  decision: { kind: "wait", why: "" },
  ...changes,
});
const steer = { kind: "steer", fleet: "f1", percent: 0, limit: 1 } as const;

test.each<[string, Partial<Advance>, boolean]>([
  ["a wait", {}, false],
  ["a step", { decision: { kind: "act", action: steer, why: "" }, outcome: { kind: "done" } }, false],
  ["a good end", { decision: { kind: "ended", result: "finished" } }, false],
  ["a stop", { decision: { kind: "stop", why: "", evidence: [] } }, true],
  ["a refusal", { outcome: { kind: "refused", why: "quota" } }, true],
  ["a rollback's end", { decision: { kind: "ended", result: "rolled back" } }, true],
  ["an abandonment", { decision: { kind: "ended", result: "abandoned" } }, true],
])("whether a person should know of %s", (_, changes, should) => {
  expect(hasStopped(advance(changes))).toBe(should);
});

test("a provider that does not give back what a fleet had is told to a person at the second attempt", () => {
  const replace = [
    { kind: "enter", phase: "replacing" },
    { kind: "intend", action: { kind: "replace", fleet: "f1", release: { id: "old", image: "" } } },
    { kind: "replaced" },
  ] as const;
  // The way forward is an attempt at something else.
  const back = [begin, ...replace, { kind: "turn back" }] as const;
  expect(hasStopped(advance({ rollout: after(...back, ...replace) }))).toBe(false);
  expect(hasStopped(advance({ rollout: after(...back, ...replace, ...replace) }))).toBe(true);
  const done = [...back, ...replace, ...replace, { kind: "enter", phase: "done" }] as const;
  expect(hasStopped(advance({ rollout: after(...done) }))).toBe(false);
});
