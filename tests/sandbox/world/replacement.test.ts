import type { Replacement } from "../../../constructs/fleet/cloud-life";
import {
  advanceReplacement,
  beginReplacement,
  mostNodes,
  type Progress,
  type Tally,
} from "../../../sandbox/world/replacement";

type Rolling = Extract<Replacement, { kind: "rolling" }>;

const rolling = (changes: Partial<Rolling> = {}): Rolling => ({
  kind: "rolling",
  minHealthyPercent: 90,
  maxHealthyPercent: 100,
  warmupSeconds: 0,
  checkpoints: [],
  checkpointDelaySeconds: 0,
  ...changes,
});
const ONE_BY_ONE = { kind: "one-at-a-time" } as const;

const tally = (wanted: number, changes: Partial<Tally> = {}): Tally => ({
  wanted,
  old: wanted,
  oldHealthy: wanted,
  fresh: 0,
  ready: 0,
  ...changes,
});
const first = (rule: Parameters<typeof advanceReplacement>[0], nodes: Tally) => {
  const { stop, start } = advanceReplacement(rule, beginReplacement(0), nodes, 0);
  return { stop, start };
};

/** Plays a replacement with nodes that get ready one step after their start. Each entry: old and fresh nodes. */
function play(rule: Parameters<typeof advanceReplacement>[0], wanted: number, healthy = wanted) {
  let nodes = tally(wanted, { oldHealthy: healthy });
  let progress: Progress | "done" | "failed" = beginReplacement(0);
  const course: string[] = [];
  const totals: number[] = [];
  const working: number[] = [];
  for (let now = 0; typeof progress !== "string" && now < 1_000_000; now += 1_000) {
    const step = advanceReplacement(rule, progress, nodes, now);
    progress = step.progress;
    const old = nodes.old - step.stop;
    const fresh = nodes.fresh + step.start;
    // Unhealthy ones go first.
    const oldHealthy = Math.min(nodes.oldHealthy, old);
    working.push(oldHealthy + nodes.ready);
    totals.push(old + fresh);
    if (step.stop + step.start > 0) course.push(`${old}+${fresh}`);
    nodes = { wanted, old, oldHealthy, fresh, ready: fresh };
  }
  return { course, progress, most: Math.max(...totals), least: Math.min(...working) };
}

describe("a rolling replacement", () => {
  test("stops as many as may be missing, and starts as many", () => {
    expect(first(rolling({ minHealthyPercent: 90 }), tally(10))).toEqual({ stop: 1, start: 1 });
    expect(first(rolling({ minHealthyPercent: 50 }), tally(10))).toEqual({ stop: 5, start: 5 });
    expect(first(rolling({ minHealthyPercent: 0 }), tally(10))).toEqual({ stop: 10, start: 10 });
  });

  test("starts first where there may be more", () => {
    const rule = rolling({ minHealthyPercent: 100, maxHealthyPercent: 150 });
    expect(first(rule, tally(4))).toEqual({ stop: 0, start: 2 });
    expect(first(rule, tally(4, { fresh: 2 }))).toEqual({ stop: 0, start: 0 });
    expect(first(rule, tally(4, { fresh: 2, ready: 1 }))).toEqual({ stop: 1, start: 1 });
    expect(first(rule, tally(4, { fresh: 2, ready: 2 }))).toEqual({ stop: 2, start: 2 });
  });

  test("rounds so that fewer are missing and at least one more is there", () => {
    expect(first(rolling({ minHealthyPercent: 90 }), tally(15))).toEqual({ stop: 1, start: 1 });
    expect(mostNodes(rolling({ maxHealthyPercent: 110 }), 1)).toBe(2);
    expect(mostNodes(rolling({ maxHealthyPercent: 150 }), 2)).toBe(3);
    expect(mostNodes(ONE_BY_ONE, 2)).toBe(2);
  });

  test("goes node by node where the percentages leave no room", () => {
    const rule = rolling({ minHealthyPercent: 100, maxHealthyPercent: 100 });
    expect(first(rule, tally(2))).toEqual({ stop: 1, start: 1 });
    expect(first(rule, tally(2, { old: 1, oldHealthy: 1, fresh: 1 }))).toEqual({ stop: 0, start: 0 });
    expect(play(rule, 3).course).toEqual(["2+1", "1+2", "0+3"]);
  });

  test("stops unhealthy old nodes at once: they are missed by nobody", () => {
    const rule = rolling({ minHealthyPercent: 100, maxHealthyPercent: 100 });
    expect(first(rule, tally(4, { oldHealthy: 1 }))).toEqual({ stop: 3, start: 3 });
  });

  test("is done at once where nothing is old", () => {
    expect(advanceReplacement(rolling(), beginReplacement(0), tally(0), 0).progress).toBe("done");
    const fresh = tally(3, { old: 0, oldHealthy: 0, fresh: 3, ready: 3 });
    expect(advanceReplacement(rolling(), beginReplacement(0), fresh, 0).progress).toBe("done");
  });

  test("is not done before the last is ready", () => {
    const fresh = tally(3, { old: 0, oldHealthy: 0, fresh: 3, ready: 2 });
    expect(advanceReplacement(rolling(), beginReplacement(0), fresh, 0).progress).not.toBe("done");
  });

  test("replaces a node that went missing meanwhile", () => {
    expect(first(rolling(), tally(10, { old: 8, oldHealthy: 8, fresh: 1 }))).toEqual({ stop: 0, start: 1 });
  });

  test("pauses at each checkpoint", () => {
    const rule = rolling({ minHealthyPercent: 0, checkpoints: [20, 100], checkpointDelaySeconds: 300 });
    let step = advanceReplacement(rule, beginReplacement(0), tally(10), 0);
    expect(step).toMatchObject({ stop: 2, start: 2 });
    const fifth = tally(10, { old: 8, oldHealthy: 8, fresh: 2, ready: 2 });
    const at = (now: number, nodes: Tally) => {
      step = advanceReplacement(rule, step.progress as Progress, nodes, now);
      return step;
    };
    expect(at(60_000, { ...fifth, ready: 1 })).toMatchObject({ stop: 0, start: 0 });
    expect(at(70_000, fifth)).toMatchObject({ stop: 0, start: 0, progress: { pausedUntil: 370_000 } });
    expect(at(369_000, fifth)).toMatchObject({ stop: 0, start: 0 });
    expect(at(370_000, fifth)).toMatchObject({ stop: 8, start: 8, progress: { checkpoint: 1 } });
    const all = tally(10, { old: 0, oldHealthy: 0, fresh: 10, ready: 10 });
    expect(at(400_000, all)).toMatchObject({ progress: { pausedUntil: 700_000 } });
    expect(at(700_000, all)).toMatchObject({ progress: "done", stop: 0, start: 0 });
  });

  test("leaves the rest as it is where the last checkpoint is not 100", () => {
    expect(play(rolling({ minHealthyPercent: 0, checkpoints: [50] }), 10)).toMatchObject({
      course: ["5+5"],
      progress: "done",
    });
  });

  test("gives up after an hour without progress; a pause is none, and progress starts the hour anew", () => {
    const rule = rolling({ checkpoints: [50, 100], checkpointDelaySeconds: 10_000 });
    const waiting = tally(2, { old: 1, oldHealthy: 1, fresh: 1 });
    const begun = beginReplacement(0);
    expect(advanceReplacement(rule, begun, waiting, 3_600_000).progress).not.toBe("failed");
    expect(advanceReplacement(rule, begun, waiting, 3_600_001)).toEqual({
      progress: "failed",
      stop: 0,
      start: 0,
    });
    const half = advanceReplacement(rule, begun, { ...waiting, ready: 1 }, 3_600_001);
    expect(half.progress).toMatchObject({ replaced: 1, at: 3_600_001 });
    const paused = advanceReplacement(rule, half.progress as Progress, { ...waiting, ready: 1 }, 10_000_000);
    expect(paused.progress).not.toBe("failed");
    const after = advanceReplacement(rule, half.progress as Progress, { ...waiting, ready: 1 }, 13_600_001);
    expect(after).toMatchObject({ stop: 1, start: 1, progress: { checkpoint: 1, at: 13_600_001 } });
  });

  test("ends, within its percentages, whatever they are", () => {
    const seed = Date.now() % 100_000;
    let state = seed + 1;
    const below = (limit: number): number => (state = (state * 48_271) % 2_147_483_647) % limit;
    for (let i = 0; i < 2_000; i++) {
      const rule = rolling({
        minHealthyPercent: below(101),
        maxHealthyPercent: 100 + below(101),
        checkpoints: below(2) === 0 ? [] : [20 + below(30), 50 + below(49), 100],
        checkpointDelaySeconds: below(3),
      });
      const wanted = 1 + below(20);
      const { course, progress, most, least } = play(rule, wanted);
      // A group too small for both is one short, and never more.
      const floor = Math.ceil((wanted * rule.minHealthyPercent) / 100);
      const room = mostNodes(rule, wanted) > wanted || floor < wanted;
      const told = { seed, rule, wanted, course };
      expect({ ...told, progress, last: course.at(-1) }).toEqual({
        ...told,
        progress: "done",
        last: `0+${wanted}`,
      });
      expect({ ...told, most: Math.max(most, mostNodes(rule, wanted)) }).toEqual({
        ...told,
        most: mostNodes(rule, wanted),
      });
      expect({ ...told, short: least < (room ? floor : floor - 1) }).toEqual({ ...told, short: false });
    }
  });
});

describe("a replacement of one node at a time", () => {
  test("waits for each", () => {
    expect(first(ONE_BY_ONE, tally(3))).toEqual({ stop: 1, start: 1 });
    expect(first(ONE_BY_ONE, tally(3, { old: 2, fresh: 1 }))).toEqual({ stop: 0, start: 0 });
    expect(play(ONE_BY_ONE, 3)).toMatchObject({ course: ["2+1", "1+2", "0+3"], progress: "done", most: 3 });
  });

  test("does not wait for an old node that is unhealthy", () => {
    expect(play(ONE_BY_ONE, 3, 1).progress).toBe("done");
  });

  test("gives up on one that is not ready in an hour", () => {
    const begun = advanceReplacement(ONE_BY_ONE, beginReplacement(0), tally(2), 50_000).progress as Progress;
    const waiting = tally(2, { old: 1, fresh: 1 });
    expect(advanceReplacement(ONE_BY_ONE, begun, waiting, 3_650_000).progress).not.toBe("failed");
    expect(advanceReplacement(ONE_BY_ONE, begun, waiting, 3_650_001).progress).toBe("failed");
  });
});
