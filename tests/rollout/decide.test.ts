import { command } from "../../rollout/command";
import { decide, type Decision } from "../../rollout/decide";
import { record } from "../../rollout/record";
import type { RolloutEvent } from "../../rollout/rollout-event";
import { formatRollout, parseRollout, startRollout, type RolloutState } from "../../rollout/rollout-state";
import type { RolloutPlan } from "../../rollout/rollout-plan";
import {
  firstSitesPlan,
  HOLD,
  lookAt,
  modelAtStart,
  modelPlan,
  withFleet,
  type Model,
  type Runs,
  type Sight,
} from "./model";

const WELL: Sight = { nodes: ["good", "good"], served: "good", dns: true };
const NOW = 1_000;
const plan = modelPlan(2, "parts");
const start = (): RolloutState => startRollout(undefined, plan, { id: "1", at: NOW, by: "me" });

/** A rollout after these events, DNS seen long ago. */
function after(...events: readonly RolloutEvent[]): Model {
  const dns = { kind: "dns", mark: "0", ttl: 1, percents: { f1: 100, f2: 100 } } as const;
  const rollout = [dns, ...events].reduce(
    (last, event) => record(last, event, { at: NOW - HOLD, by: "me" }),
    start(),
  );
  return modelAtStart(rollout, NOW);
}

function decided(model: Model, sight: Partial<Sight> = {}): Decision {
  return decide(model.rollout, lookAt(model, { ...WELL, ...sight }), model.now);
}

const intend = (fleet: string, percent: number): RolloutEvent => ({
  kind: "intend",
  action: { kind: "steer", fleet, percent, limit: 25 },
});
const begin: RolloutEvent = { kind: "begin", wave: 0, direction: "forward" };

describe("before a wave", () => {
  test("DNS is seen first, and its wait begins", () => {
    expect(decided(modelAtStart(start(), NOW))).toMatchObject({ kind: "note", event: { kind: "dns" } });
  });

  test("the next fleet begins where every fleet is well", () => {
    expect(decided(after())).toMatchObject({ kind: "note", event: begin });
  });

  test.each(["bad", "unclear"] as const)("nothing begins with another fleet's %s evidence", (verdict) => {
    const decision = decided(after(), { nodes: ["good", verdict] });
    expect(decision).toMatchObject({
      kind: "stop",
      why: "f1 waits until every fleet is well",
      evidence: [expect.stringMatching(/^f2, nodes: /)],
    });
  });
});

describe("a wave", () => {
  test("takes the first rung down, within the limit", () => {
    expect(decided(after(begin))).toMatchObject({
      kind: "act",
      action: { kind: "steer", fleet: "f1", percent: 50, limit: 25 },
    });
  });

  test("waits two times the time to live between steps", () => {
    const model = after(begin);
    const moved = { kind: "steered", mark: "1", ttl: 30, percents: { f1: 50, f2: 100 } } as const;
    const rollout = record(model.rollout, moved, { at: NOW, by: "me" });
    const halfway = withFleet({ ...model, rollout }, "f1", { live: 50, applied: 50, runs: "old" });
    const look = lookAt(halfway, WELL);
    const dns = { ...look.dns, ttl: 30 } as NonNullable<typeof look.dns>;
    expect(decide(rollout, { ...look, dns }, NOW)).toMatchObject({ kind: "wait", until: NOW + 60 });
  });

  test("stops where DNS cannot be read", () => {
    expect(decided(after(begin), { dns: false })).toMatchObject({ kind: "stop" });
  });

  test("gives the share back when another fleet fails while it is drained", () => {
    expect(decided(after(begin), { nodes: ["good", "bad"] })).toMatchObject({ event: { kind: "turn back" } });
  });

  test("does not replace what is not drained", () => {
    const model = after(begin, { kind: "enter", phase: "replacing" });
    expect(decided(model)).toMatchObject({ event: { kind: "enter", phase: "draining" } });
  });

  test("goes back when its replacement takes too long", () => {
    const settling = after(begin, { kind: "enter", phase: "settling" });
    const replaced = withFleet(settling, "f1", { live: 100, applied: 100, runs: "mixed", becomes: "new" });
    expect(decided(replaced)).toMatchObject({ kind: "wait" });
    expect(decided({ ...replaced, now: NOW + plan.settleSeconds })).toMatchObject({
      event: { kind: "turn back" },
      why: "the replacement of f1 takes too long",
    });
  });

  test("is judged by the release that its nodes report", () => {
    const verifying = after(begin, { kind: "enter", phase: "verifying" });
    const decision = decided(verifying);
    expect(decision).toMatchObject({
      event: { kind: "turn back" },
      evidence: ["f1, release: bad, a reports old, not new; b reports old, not new"],
    });
  });

  test("pauses when somebody else changes a share", () => {
    const model = withFleet(after(begin), "f2", { live: 0, applied: 0, runs: "old" });
    const decision = decided(model);
    expect(decision).toMatchObject({
      event: { kind: "interference" },
      why: "somebody else changed the live record: f2 100 % to 0 %",
    });
  });

  test.each([
    ["another fleet", { f1: 50, f2: 0 }, "f2 100 % to 0 %"],
    ["its own fleet", { f1: 0, f2: 100 }, "f1 50 % to 0 %"],
  ])("pauses when somebody changes the share of %s in the middle of a step", (_, percents, changes) => {
    const intend = {
      kind: "intend",
      action: { kind: "steer", fleet: "f1", percent: 50, limit: 25 },
    } as const;
    const moved = { kind: "steered", mark: "1", ttl: 1, percents } as const;
    const model = Object.entries(percents).reduce(
      (last, [name, percent]) => withFleet(last, name, { live: percent, applied: percent, runs: "old" }),
      after(begin, intend, moved),
    );
    expect(decided(model)).toMatchObject({
      event: { kind: "interference" },
      why: `somebody else changed the live record: ${changes}`,
    });
  });

  test("waits anew when the clock goes back", () => {
    const model = after(begin);
    expect(decided({ ...model, now: NOW - 2 * HOLD })).toMatchObject({ event: { kind: "clock" } });
  });
});

describe("a clock that jumps", () => {
  const enter = (phase: "baking" | "settling") => ({ kind: "enter", phase }) as const;
  const baking = after(begin, enter("baking"), { kind: "bake", at: NOW - HOLD });
  const whole = withFleet(baking, "f1", { live: 100, applied: 100, runs: "new" });
  /** The state after all that is recorded at one moment. */
  const noted = (model: Model, now: number): Model => {
    const decision = decided({ ...model, now });
    if (decision.kind !== "note") return { ...model, now };
    const occasion = { at: now, by: "me", why: decision.why };
    return noted({ ...model, rollout: record(model.rollout, decision.event, occasion) }, now);
  };

  test("forward bakes nothing: no more is counted than between two looks", () => {
    const { rollout } = noted(whole, NOW + 1_000_000);
    expect(rollout.waves[0]).toMatchObject({ phase: "baking", baked: plan.lookSeconds });
  });

  test("back makes waits begin anew, and counts nothing", () => {
    const before = whole.rollout.waves[0]?.baked ?? 0;
    const back = noted(whole, NOW - 500);
    expect(back.rollout.waves[0]).toMatchObject({ phase: "baking", baked: before, bakedAt: NOW - 500 });
    expect(back.rollout.dns?.since).toBe(NOW - 500);
    expect(noted(back, NOW - 500 + 1).rollout.waves[0]?.baked).toBe(before + 1);
  });

  test("forward while nodes are replaced gives up, and takes the fleet back", () => {
    const settling = after(begin, enter("settling"));
    const replaced = withFleet(settling, "f1", { live: 100, applied: 100, runs: "mixed", becomes: "new" });
    expect(noted(replaced, NOW + 1_000_000).rollout).toMatchObject({
      course: "back",
      waves: [{ direction: "back" }, { phase: "waiting" }],
    });
  });
});

describe("people", () => {
  const occasion = { at: NOW, by: "you" };

  test.each(["force", "abandon"] as const)("give a reason to %s", (kind) => {
    const { rollout } = after(begin);
    expect(() => command(rollout, { kind }, { ...occasion, why: " " })).toThrow(/needs a reason/);
    expect(command(rollout, { kind }, { ...occasion, why: "fire" }).history.at(-1)).toEqual({
      at: NOW,
      by: "you",
      what: kind,
      // An end is about the whole rollout.
      ...(kind === "force" && { fleet: "f1" }),
      why: "fire",
    });
  });

  test("cannot resume what is not paused, nor approve what does not wait", () => {
    const { rollout } = after(begin);
    expect(() => command(rollout, { kind: "resume" }, occasion)).toThrow(/is not paused/);
    expect(() => command(rollout, { kind: "approve" }, occasion)).toThrow(/no wave waits/);
  });

  test("undo all of a rollout that has ended, and nothing less", () => {
    const { rollout } = after({ kind: "end", result: "finished" });
    expect(() => command(rollout, { kind: "abort", all: false }, occasion)).toThrow(/it has ended: finished/);
    expect(command(rollout, { kind: "abort", all: true }, occasion)).toMatchObject({ course: "all-back" });
  });

  test("pause it for the last reason that they gave, and it is about no fleet", () => {
    const { rollout } = after(begin);
    const twice = ["lunch", "fire"].reduce(
      (last, why) => command(last, { kind: "pause" }, { ...occasion, why }),
      rollout,
    );
    expect(twice.paused).toEqual({ ...occasion, why: "fire" });
    expect(twice.history.at(-1)).toEqual({ ...occasion, what: "pause", why: "fire" });
  });

  test("approve the wave that waits", () => {
    const each = modelPlan(2, "parts", { approve: "each" });
    const rollout = startRollout(undefined, each, { id: "1", at: NOW, by: "me" });
    const approved = command(rollout, { kind: "approve" }, occasion);
    expect(approved.waves.map((wave) => wave.approved)).toEqual([occasion, undefined]);
    expect(approved.history.at(-1)).toMatchObject({ what: "approve", fleet: "f1" });
  });

  test("evacuate a fleet, and nothing gives it its share back before they say so", () => {
    const restoring = after(begin, { kind: "enter", phase: "restoring" }, intend("f1", 50));
    const rollout = command(
      restoring.rollout,
      { kind: "evacuate", fleet: "f2" },
      { ...occasion, why: "fire" },
    );
    expect(rollout.paused).toEqual({ ...occasion, why: "f2 is evacuated: fire" });
    expect(rollout.history.at(-1)).toEqual({ ...occasion, what: "evacuate", fleet: "f2", why: "fire" });
    const model = withFleet({ ...restoring, rollout }, "f2", { live: 0, applied: 0, runs: "old" });
    expect(decided(model)).toMatchObject({ kind: "stop", why: "paused by you: f2 is evacuated: fire" });
    // The resumed rollout knows of it, so this is no interference.
    const resumed = command(rollout, { kind: "resume" }, occasion);
    expect(decided({ ...model, rollout: resumed })).toMatchObject({ kind: "note", event: { kind: "dns" } });
  });

  test("start nothing while a rollout goes on", () => {
    const { rollout } = after(begin);
    const again = (): RolloutState => startRollout(rollout, plan, { id: "2", at: NOW, by: "me" });
    expect(again).toThrow(/the rollout 1 of release "new" has not ended/);
  });
});

describe("the state", () => {
  test("is read as it was written", () => {
    const { rollout } = after(begin);
    expect(parseRollout(formatRollout(rollout), "x", "model")).toEqual(rollout);
  });

  test.each([
    ["of a newer version", { version: 2 }, /has version 2/],
    ["with a word too many", { more: 1 }, /Unrecognized key/],
    ["with a wave too few", { waves: [] }, /0 are recorded, 2 planned/],
  ])("is refused %s", (_, change, message) => {
    const text = JSON.stringify({ ...start(), ...change });
    expect(() => parseRollout(text, "x", "model")).toThrow(message);
  });

  test("is refused when it is another environment's, or torn", () => {
    expect(() => parseRollout(formatRollout(start()), "x", "other")).toThrow(
      /belongs to the environment "model"/,
    );
    expect(() => parseRollout("{", "x", "model")).toThrow(/is not JSON/);
  });

  test("keeps all of its history", () => {
    const { rollout } = after(begin);
    expect(rollout.history.map(({ what }) => what)).toEqual(["start", "dns", "begin forward"]);
  });
});

describe("first sites", () => {
  const whole = modelPlan(2, "parts");
  const [old, next] = [whole.fleets["f1"]?.previous, whole.fleets["f1"]?.next] as [Release, Release];
  type Release = RolloutPlan["fleets"][string]["next"];

  /** The first fleet as it is, in the phase of one of its waves; those before are done. */
  function inPhase(
    wave: 0 | 1,
    phase: RolloutState["waves"][number]["phase"],
    runs: Runs,
    changes: Partial<RolloutState["waves"][number]> = {},
    previous: RolloutPlan["fleets"][string]["previous"] = old,
  ): Model {
    const f1 = { ...(whole.fleets["f1"] as RolloutPlan["fleets"][string]), previous };
    const sites = firstSitesPlan({ ...whole, fleets: { ...whole.fleets, f1 } });
    const started = startRollout(undefined, sites, { id: "1", at: NOW, by: "me" });
    const empty = phase === "replacing";
    const waves = started.waves.map((each, index) =>
      index < wave
        ? { ...each, phase: "done" as const, touched: true }
        : index === wave
          ? { ...each, phase, ...changes }
          : each,
    );
    const percents = { f1: empty ? 0 : 100, f2: 100 };
    const dns = { mark: "0", since: NOW - HOLD, hold: HOLD, ttl: 1, percents };
    const model = modelAtStart({ ...started, waves, dns }, NOW);
    const share = empty ? 0 : 100;
    return { ...withFleet(model, "f1", { live: share, applied: share, runs }), serial: 0 };
  }

  const gets = (model: Model) => {
    const decision = decided(model);
    return decision.kind === "act" && decision.action.kind === "replace" ? decision.action : decision;
  };

  test("get the release alone, and nothing of the others may change", () => {
    const { kind, release, sites } = gets(inPhase(0, "replacing", "old")) as ReturnType<typeof gets> & {
      release: unknown;
      sites: unknown;
    };
    expect([kind, release, sites]).toEqual(["replace", { ...old, sites: { a: next } }, ["a"]]);
  });

  test("are followed by the whole fleet", () => {
    const action = gets(inPhase(1, "replacing", "some"));
    expect(action).toEqual({ kind: "replace", fleet: "f1", release: next });
  });

  test("go back alone to what they had", () => {
    const back = inPhase(0, "replacing", "some", { direction: "back", touched: true });
    expect(gets(back)).toEqual({ kind: "replace", fleet: "f1", release: old, sites: ["a"] });
  });

  test("leave a fleet that was mixed before as it was, and bring exactly that back", () => {
    const r0 = { id: "r0", image: "image-r0" };
    const mixed = { ...old, sites: { b: r0 } };
    expect(gets(inPhase(0, "replacing", "old", {}, mixed))).toMatchObject({
      event: { kind: "turn back" },
      evidence: ["f1, release: bad, b reports old, not r0"],
    });
    const forced = { forced: { at: NOW, by: "me", why: "because" } };
    expect(gets(inPhase(0, "replacing", "old", forced, mixed))).toMatchObject({
      release: { ...old, sites: { a: next, b: r0 } },
    });
    const back = inPhase(1, "replacing", "new", { direction: "back", touched: true }, mixed);
    expect(gets(back)).toEqual({ kind: "replace", fleet: "f1", release: mixed });
  });

  test("are judged by the release that each site should report", () => {
    expect(decided(inPhase(0, "verifying", "some"))).toMatchObject({ event: { phase: "restoring" } });
    expect(decided(inPhase(0, "verifying", "new"))).toMatchObject({
      event: { kind: "turn back" },
      evidence: ["f1, release: bad, b reports new, not old"],
    });
    expect(decided(inPhase(1, "draining", "some"))).toMatchObject({ kind: "act", action: { percent: 50 } });
  });

  test("are no bad evidence when the fleet goes back before the others were touched: it is drained step by step", () => {
    const draining = inPhase(1, "draining", "some");
    const aborted = command(
      draining.rollout,
      { kind: "abort", all: false },
      { at: NOW - HOLD, by: "me", why: "because" },
    );
    expect(decided({ ...draining, rollout: aborted })).toMatchObject({
      kind: "act",
      action: { kind: "steer", percent: 50, limit: 25 },
    });
  });

  test("have what they had again before a rollout ends that was aborted while the others waited", () => {
    const between = inPhase(0, "done", "some");
    const aborted = command(between.rollout, { kind: "abort", all: false }, { at: NOW, by: "me" });
    expect(decided({ ...between, rollout: aborted })).toMatchObject({
      kind: "note",
      event: { kind: "begin", wave: 0, direction: "back" },
      why: "only some sites of f1 run the release",
    });
  });

  test("that went back with the whole fleet are as it is", () => {
    const last = inPhase(1, "restoring", "old", { direction: "back", touched: true });
    const { rollout } = last;
    const ended = record(rollout, { kind: "enter", phase: "done" }, { at: NOW, by: "me" });
    expect(ended.waves.map(({ direction }) => direction).slice(0, 2)).toEqual(["back", "back"]);
  });

  test("are replaced where the fleet runs the release, and some of its sites do not", () => {
    const waiting = inPhase(0, "waiting", "old", {}, { ...next, sites: { b: old } });
    const begun = record(waiting.rollout, begin, { at: NOW, by: "me" });
    expect(begun.waves[0]?.phase).toBe("draining");
    const same = inPhase(0, "waiting", "old", {}, next);
    expect(record(same.rollout, begin, { at: NOW, by: "me" }).waves[0]?.phase).toBe("baking");
  });
});
