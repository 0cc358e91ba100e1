import { decideRetirement, type RetirementDecision, type RetirementLook } from "../../live/retirement";
import type { RetirementRecord } from "../../live/retirement-record";
import { SEED, seeded } from "../seeded";

type Phase = RetirementRecord["phase"];

const record = (phase: Phase, changes: Partial<RetirementRecord> = {}): RetirementRecord => ({
  version: 1,
  fleet: "aws",
  phase,
  share: 80,
  ttl: 60,
  by: "ann",
  ...changes,
});

function decide(
  phase: Phase | undefined,
  changes: Partial<RetirementLook> = {},
  direction: "forward" | "back" = "forward",
): RetirementDecision {
  const known = phase && record(phase);
  const look = { fleet: "aws", record: known, listed: true, objects: 12, now: 1_000, hold: 120 };
  return decideRetirement({ ...look, ...changes }, direction);
}

describe("the way of a retirement", () => {
  test.each<[Phase | undefined, string, string]>([
    [undefined, "begin", "refuse"],
    ["draining", "drain", "turn"],
    ["leaving", "leave", "turn"],
    ["destroying", "destroy", "refuse"],
    ["retired", "retired", "refuse"],
    ["returning", "turn", "return"],
  ])("from %s: %s, and back: %s", (phase, next, before) => {
    expect(decide(phase).kind).toBe(next);
    expect(decide(phase, {}, "back").kind).toBe(before);
  });

  test("turns to where it goes from there", () => {
    expect(decide("returning")).toEqual({ kind: "turn", to: "draining" });
    expect(decide("leaving", {}, "back")).toEqual({ kind: "turn", to: "returning" });
  });

  test.each([
    [1_000, 120],
    [1_119, 1],
  ])("out of DNS at 1000 it waits at %d for %d s more", (now, seconds) => {
    const look = { record: record("leaving", { leftAt: 1_000 }), now };
    expect(decide("leaving", look)).toEqual({ kind: "wait", seconds });
  });

  test("when all resolvers have asked again it is proven, not destroyed", () => {
    const look = { record: record("leaving", { leftAt: 1_000 }), now: 1_120 };
    expect(decide("leaving", look)).toEqual({ kind: "prove" });
  });

  test("what is destroyed is forgotten; what is retired and not in the environment any more leaves no note", () => {
    expect(decide("destroying", { objects: 0 })).toEqual({ kind: "forget" });
    expect(decide("retired", { objects: 0, listed: false })).toEqual({ kind: "clear" });
  });
});

describe("a step is refused", () => {
  const problem = (decision: RetirementDecision) =>
    decision.kind === "refuse" ? [decision.problem.what, decision.problem.remedy] : decision.kind;

  test("for a fleet that is not in the environment; one on its way needs its line until the end", () => {
    expect(problem(decide(undefined, { listed: false }))).toEqual([
      expect.stringContaining("is not in the environment"),
      undefined,
    ]);
    expect(problem(decide("destroying", { listed: false }))).toEqual([
      expect.stringContaining("is not in the environment"),
      "Put its line back until the retirement has ended.",
    ]);
  });

  test.each<Phase>(["draining", "leaving", "returning"])("back from %s without its line", (phase) => {
    expect(problem(decide(phase, { listed: false }, "back"))).toEqual([
      expect.stringContaining("is not in the environment"),
      expect.stringContaining("Put its line back"),
    ]);
  });

  test.each<[Phase, RegExp]>([
    ["draining", /come to its end: npx polycast fleet retire vultr$/],
    ["retired", /^Delete vultr from the environment/],
  ])("while another one is %s", (phase, remedy) => {
    const look = { record: record(phase, { fleet: "vultr" }) };
    for (const direction of ["forward", "back"] as const) {
      expect(problem(decide(phase, look, direction))).toEqual([
        expect.stringContaining("has to wait: vultr"),
        expect.stringMatching(remedy),
      ]);
    }
  });

  test("back, where something is destroyed", () => {
    expect(problem(decide("destroying", {}, "back"))).toEqual([
      expect.stringContaining("no way leads back"),
      expect.stringContaining("Go on: npx polycast fleet retire aws"),
    ]);
  });
});

/** What a step that succeeds leaves; one that was interrupted leaves what was there before. */
function after(decision: RetirementDecision, look: RetirementLook): RetirementLook {
  const { record: before } = look;
  const to = (changes: Partial<RetirementRecord>) => ({
    ...look,
    record: record(before?.phase ?? "draining", { ...before, ...changes }),
  });
  switch (decision.kind) {
    case "begin":
      return { ...look, record: record("draining") };
    case "turn":
      return { ...look, record: record(decision.to) };
    case "drain":
      return to({ phase: "leaving" });
    case "leave":
      return to({ leftAt: look.now });
    case "wait":
      return { ...look, now: look.now + decision.seconds };
    case "prove":
      return to({ phase: "destroying" });
    case "destroy":
      return { ...look, objects: 0 };
    case "forget":
      return to({ phase: "retired" });
    case "return":
    case "clear":
      return { ...look, record: undefined };
    case "retired":
    case "refuse":
      return look;
  }
}

test(`however it is interrupted and turned, it is destroyed only after DNS, the wait and the proof (SEED=${SEED})`, () => {
  const random = seeded(SEED);
  let destroyed = 0;
  for (let walk = 0; walk < 300; walk++) {
    let look: RetirementLook = {
      fleet: "aws",
      record: undefined,
      listed: true,
      objects: 5,
      now: 0,
      hold: 60,
    };
    // Since the fleet was last given traffic: what was done with it.
    let done: string[] = [];
    let left = -Infinity;
    for (let step = 0; step < 60 && look.objects > 0; step++) {
      const decision = decideRetirement(look, random() < 0.15 ? "back" : "forward");
      if (decision.kind === "destroy") {
        expect(done).toEqual(expect.arrayContaining(["drain", "leave", "prove"]));
        expect(look.now).toBeGreaterThanOrEqual(left + look.hold);
        destroyed++;
      }
      const isInterrupted = random() < 0.3;
      if (isInterrupted) continue;
      if (decision.kind === "turn" || decision.kind === "begin") done = [];
      done.push(decision.kind);
      if (decision.kind === "leave") left = look.now;
      look = after(decision, { ...look, now: look.now + Math.floor(5 * random()) });
    }
  }
  expect(destroyed).toBeGreaterThan(100);
});
