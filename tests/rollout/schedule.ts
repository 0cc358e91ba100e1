/** A rollout that is advanced while anything fails at random: the real `advance`, in the small world. */
import { advance } from "../../rollout/advance";
import type { Command } from "../../rollout/command";
import type { Decision } from "../../rollout/decide";
import type { Look, Verdict } from "../../rollout/look";
import type { RolloutPlan } from "../../rollout/rollout-plan";
import type { Action, Outcome, RolloutStore, RolloutWorld } from "../../rollout/rollout-world";
import { INVARIANTS, type InvariantName, type Step } from "./invariants";
import { MACHINE } from "./machine";
import { act, dnsSeen, HOLD, lookAt, modelAtStart, withFleet, type Extent, type Sight } from "./model";
import { prove, sawWell } from "./walk";

const NAMES = Object.keys(INVARIANTS) as InvariantName[];
const START = 1_000;

const COMMANDS: readonly Command[] = [
  { kind: "pause" },
  { kind: "resume" },
  { kind: "resume" },
  { kind: "approve" },
  { kind: "abort", all: false },
  { kind: "abort", all: true },
  { kind: "force" },
];

/** The process is killed. */
class Killed extends Error {}

/** What came of a schedule. */
export interface Scheduled {
  readonly violations: readonly string[];
  readonly advances: number;
  readonly kills: number;
  readonly result: string | undefined;
}

/**
 * @param random numbers from 0 to 1.
 * @param troubled advances during which things fail.
 * @param calm advances after them, during which nothing does: enough of them must bring it to an end.
 */
export async function runSchedule(
  plan: RolloutPlan,
  random: () => number,
  troubled: number,
  calm: number,
): Promise<Scheduled> {
  const happens = (probability: number): boolean => random() < probability;
  const one = <T>(...all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const rollout = MACHINE.start(undefined, plan, { id: "1", at: START, by: "me" });
  let model = modelAtStart(rollout, START);
  let trouble = true;
  let look: Look | undefined;
  // A look that nobody recorded was not had.
  let unrecorded: Sight | undefined;
  let kills = 0;
  const violations: string[] = [];

  const killMaybe = (): void => {
    if (!trouble || !happens(0.08)) return;
    kills++;
    throw new Killed();
  };
  const goTo = (step: Omit<Step, "before">): void => {
    const whole = { ...step, before: model };
    for (const name of NAMES) {
      const what = INVARIANTS[name](whole);
      if (what !== undefined) violations.push(`${name}: ${what}`);
    }
    model = step.after;
  };

  const recordLook = (): void => {
    if (unrecorded !== undefined) model = sawWell(model, unrecorded);
    unrecorded = undefined;
  };

  const store: RolloutStore = {
    read: () => Promise.resolve({ rollout: model.rollout, version: "" }),
    write: (next) => {
      killMaybe();
      if (trouble && happens(0.02)) return Promise.resolve(undefined);
      recordLook();
      const decision: Decision | undefined =
        look === undefined ? undefined : MACHINE.decide(model.rollout, look, model.now);
      const noted = decision?.kind === "note" ? decision : undefined;
      goTo({ after: prove(model, { ...model, rollout: next }), look, decision: noted });
      killMaybe();
      return Promise.resolve("");
    },
  };
  const take = (action: Action, fails: number): Promise<Outcome> => {
    const done = (extent: Extent): void => {
      goTo({ after: act(model, action, extent), look, action });
    };
    killMaybe();
    if (trouble && happens(fails)) {
      done(action.kind === "replace" ? "half" : "nothing");
      return Promise.resolve({ kind: "refused", why: "quota" });
    }
    if (trouble && happens(0.05)) {
      done("half");
      throw new Killed();
    }
    done("whole");
    killMaybe();
    return Promise.resolve({ kind: "done", ...(action.kind === "steer" && { dns: dnsSeen(model) }) });
  };
  const world: RolloutWorld = {
    now: () => model.now,
    look: () => {
      const verdict = (): Verdict => (trouble && happens(0.06) ? one("bad", "unclear") : "good");
      const sight: Sight = {
        nodes: Object.keys(model.fleets).map(verdict),
        served: verdict(),
        dns: !(trouble && happens(0.02)),
      };
      unrecorded = sight;
      look = lookAt(model, sight);
      return Promise.resolve(look);
    },
    steer: (action) => take(action, 0.03),
    replace: (action) => take(action, 0.05),
  };

  const timePasses = (): void => {
    model = { ...model, now: model.now + (trouble ? one(0, 1, HOLD, HOLD, 5 * HOLD) : HOLD) };
    for (const [name, { becomes, ...fleet }] of Object.entries(model.fleets)) {
      if (becomes === undefined || !happens(0.6)) continue;
      const fails = trouble && happens(0.1);
      goTo({ after: withFleet(model, name, { ...fleet, runs: fails ? "mixed" : becomes }) });
    }
  };
  const people = (): void => {
    const said = trouble ? one(...COMMANDS) : ({ kind: "resume" } as const);
    try {
      const next = MACHINE.command(model.rollout, said, { at: model.now, by: "you", why: "my reason" });
      const interrupted = said.kind === "pause" || said.kind === "resume";
      const truth = interrupted ? { ...model.truth, wellAt: undefined } : model.truth;
      look = undefined;
      goTo({ after: { ...model, rollout: next, truth }, said: said.kind });
    } catch {
      // It made no sense at that moment.
    }
  };

  let advances = 0;
  for (; model.rollout.ended === undefined && advances < troubled + calm; advances++) {
    trouble = advances < troubled;
    timePasses();
    if (trouble ? happens(0.05) : model.rollout.paused !== undefined) people();
    if (!trouble && isWaitingForApproval()) approve();
    await advance(store, world, "me").then(recordLook, (error: unknown) => {
      unrecorded = undefined;
      if (!trouble) throw error;
    });
  }
  return { violations, advances, kills, result: model.rollout.ended?.result };

  function isWaitingForApproval(): boolean {
    const { waves, course } = model.rollout;
    const moving = waves.some(({ phase }) => phase !== "waiting" && phase !== "done");
    const waits = waves.some(({ phase, approved }) => phase === "waiting" && approved === undefined);
    return plan.approve === "each" && course === "forward" && !moving && waits;
  }

  function approve(): void {
    const next = MACHINE.command(model.rollout, { kind: "approve" }, { at: model.now, by: "you" });
    model = { ...model, rollout: next };
  }
}
