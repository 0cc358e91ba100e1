import { newsOf } from "../../../cli/rollout/notice";
import { command } from "../../../rollout/command";
import { startRollout, type RolloutState } from "../../../rollout/rollout-state";
import { modelPlan } from "../../rollout/model";

const PLAN = modelPlan(2, "parts");
const start = (id: string): RolloutState => startRollout(undefined, PLAN, { id, at: 0, by: "ann" });
const rollout = command(start("r-2"), { kind: "pause" }, { at: 60, by: "ben", why: "lunch" });

test("who was told nothing is told all of the last rollout, and nothing of those before", () => {
  const notice = newsOf([start("r-1"), rollout], undefined);
  expect(notice).toMatchObject({ environment: "model", rollout: "r-2", release: "new", state: "paused" });
  expect(notice?.events.map((event) => [event.rollout, event.number, event.what])).toEqual([
    ["r-2", 0, "start"],
    ["r-2", 1, "pause"],
  ]);
});

test("only what is new is told, and nothing where nothing is", () => {
  expect(newsOf([rollout], { rollout: "r-2", entries: 1 })?.events).toEqual([
    expect.objectContaining({ number: 1, what: "pause", by: "ben", why: "lunch", at: 60 }),
  ]);
  expect(newsOf([rollout], { rollout: "r-2", entries: 2 })).toBeUndefined();
  // Of a state that was restored by hand, which knows less than was told.
  expect(newsOf([rollout], { rollout: "r-2", entries: 3 })?.events).toHaveLength(2);
  expect(newsOf([], undefined)).toBeUndefined();
});

test("what was left of an earlier rollout comes first", () => {
  const events = newsOf([start("r-0"), start("r-1"), rollout], { rollout: "r-1", entries: 0 })?.events;
  expect(events?.map((event) => `${event.rollout} ${event.number}`)).toEqual(["r-1 0", "r-2 0", "r-2 1"]);
});

test("its text is what people read", () => {
  expect(newsOf([rollout], { rollout: "r-2", entries: 1 })?.text).toMatch(
    /^Rollout r-2 of new in model: paused by ben: lunch\n1970-01-01 00:01:00 {2}ben {2}.*pause \(lunch\)$/,
  );
});

test("a state says what became of it", () => {
  const state = (changes: Partial<RolloutState>) => newsOf([{ ...start("r"), ...changes }], undefined)?.state;
  expect(state({})).toBe("running");
  expect(state({ ended: { at: 1, result: "rolled back" } })).toBe("rolled back");
});

test("whoever was out of reach for long is told the newest, in a text that chats take", () => {
  const long = "x".repeat(200);
  const history = Array.from({ length: 120 }, (_, at) => ({ at, by: "ann", what: `event ${at}`, why: long }));
  const notice = newsOf([{ ...rollout, history }], { rollout: "r-2", entries: 10 });
  expect(notice?.leftOut).toBe(60);
  expect(notice?.events.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, at) => at + 70));
  expect(notice?.text.length).toBeLessThanOrEqual(4_000);
  expect(notice?.text.split("\n")[1]).toBe("60 more before: npx polycast rollout history --all");
  expect(notice?.text).toContain(`event 119 (${long})`);
});
