/** Goes through everything that can happen to a rollout in the small world, and checks each step. */
import type { Decision } from "../../rollout/decide";
import type { Verdict } from "../../rollout/look";
import type { Command } from "../../rollout/command";
import type { RolloutPlan } from "../../rollout/rollout-plan";
import type { RolloutState, WaveState } from "../../rollout/rollout-state";
import type { Machine } from "./machine";
import { INVARIANTS, type InvariantName, type Step } from "./invariants";
import {
  act,
  dnsSeen,
  HOLD,
  lookAt,
  looking,
  modelAtStart,
  withFleet,
  type Extent,
  type Model,
  type Sight,
  type Truth,
} from "./model";

export interface Violation {
  readonly invariant: InvariantName | "it ends";
  readonly what: string;
  /** The shortest way there. */
  readonly way: readonly string[];
}

export interface Walked {
  readonly states: number;
  readonly steps: number;
  readonly violations: readonly Violation[];
}

export interface WalkOptions {
  /** Only these. Default: all. */
  readonly invariants?: readonly InvariantName[];
  /** Whether it is also seen that every state comes to an end. */
  readonly ends?: boolean;
  /** How often shares may be meddled with or a fleet be evacuated, and how often the clock may go back. Default: once each. */
  readonly rare?: Truth["spare"];
  /** Whether people say and do things. Default: true. */
  readonly people?: boolean;
  /** How many violations are enough. Default: 1. */
  readonly enough?: number;
}

/** For `rare`. */
export const NEVER: Truth["spare"] = { meddling: 0, clock: 0 };

const START = 1_000;

/** Whether what comes of it is known already, and only the look is another one. */
function isRepeated({ before, after, look }: Step): boolean {
  return look !== undefined && before === after;
}

/** How a state was reached first. */
interface Reached {
  readonly model: Model;
  readonly from?: Reached;
  readonly by: string;
}

/** All states that can be reached from the start, each seen once, those that take fewer steps first. */
export function walk(machine: Machine, plan: RolloutPlan, options: WalkOptions = {}): Walked {
  const names = options.invariants ?? (Object.keys(INVARIANTS) as InvariantName[]);
  const aboutLooks = names.filter((name) => /^[345] /.test(name));
  const rollout = machine.start(undefined, plan, { id: "1", at: START, by: "me" });
  const first = modelAtStart(rollout, START, options.rare);
  const seen = new Set([keyOf(first)]);
  const reached: Reached[] = [{ model: first, by: "start" }];
  const ending = new Set<string>();
  const violations: Violation[] = [];
  let steps = 0;
  // The list grows while it is gone through.
  for (const state of reached) {
    if (options.ends === true && !endsFrom(machine, state.model, ending)) {
      violations.push({ invariant: "it ends", what: "it goes on for ever", way: wayTo(state) });
    }
    for (const step of stepsFrom(machine, state.model, options.people)) {
      steps++;
      for (const name of isRepeated(step) ? aboutLooks : names) {
        const what = INVARIANTS[name](step);
        if (what !== undefined)
          violations.push({ invariant: name, what, way: [...wayTo(state), nameOf(step)] });
      }
      if (violations.length >= (options.enough ?? 1)) return { states: seen.size, steps, violations };
      if (step.after === state.model) continue;
      const next = canonical(step.after);
      const key = keyOf(next);
      if (!seen.has(key)) {
        seen.add(key);
        reached.push({ model: next, from: state, by: nameOf(step) });
      }
    }
  }
  return { states: seen.size, steps, violations };
}

function wayTo(state: Reached): readonly string[] {
  return [...(state.from === undefined ? [] : wayTo(state.from)), state.by];
}

function nameOf({ before, after, said, decision, action }: Step): string {
  const passed = after.now - before.now;
  const what = said ?? (decision === undefined ? "the world changes" : describe(decision));
  return `${passed === 0 ? "" : `${passed} s; `}${what}${action === undefined ? "" : ", done in part or whole"}`;
}

function describe(decision: Decision): string {
  const { kind } = decision;
  if (kind === "ended") return kind;
  return `${kind}: ${kind === "note" ? decision.event.kind : ""} ${decision.why}`;
}

/** Everything that can happen next. */
function* stepsFrom(machine: Machine, model: Model, withPeople = true): Generator<Step> {
  if (withPeople) yield* people(machine, model);
  if (model.rollout.ended !== undefined) return;
  yield* provider(model);
  for (const seconds of [0, HOLD]) yield* looks(machine, passing(model, seconds));
  const { spare } = model.truth;
  if (spare.clock > 0) yield { before: model, after: clockBack(model) };
}

/** The clock shows less than it did; what was so long ago still was. */
function clockBack(model: Model): Model {
  const { now, truth } = model;
  const { movedAt, wellAt, spare } = truth;
  return {
    ...model,
    now: now - HOLD,
    truth: {
      ...truth,
      movedAt: movedAt - HOLD,
      wellAt: wellAt === undefined ? undefined : wellAt - HOLD,
      spare: { ...spare, clock: spare.clock - 1 },
    },
  };
}

function passing(model: Model, seconds: number): Model {
  return seconds === 0 ? model : { ...model, now: model.now + seconds };
}

/** The provider ends a replacement, or gives it up. */
function* provider(model: Model): Generator<Step> {
  for (const [name, fleet] of Object.entries(model.fleets)) {
    if (fleet.becomes === undefined) continue;
    const { becomes, ...rest } = fleet;
    yield { before: model, after: withFleet(model, name, { ...rest, runs: becomes }) };
    yield { before: model, after: withFleet(model, name, { ...rest, runs: "mixed" }) };
  }
}

/** Every look that can be had now, and all that can come of it. */
function* looks(machine: Machine, model: Model): Generator<Step> {
  const expanded = new Set<string>();
  const sights = sightsOf(Object.keys(model.fleets).length);
  const well = sawWell(model, sights[0] as Sight);
  const unwell = sawWell(model, sights[1] as Sight);
  const look = looking(model);
  for (const sight of sights) {
    const seen = look(sight);
    const decision = machine.decide(model.rollout, seen, model.now);
    const after = isWell(sight) ? well : unwell;
    const key = `${after === well}${keyOfDecision(decision)}`;
    if (expanded.has(key)) {
      // What comes of it is known; whether it may come of this look is not.
      const action = decision.kind === "act" ? decision.action : undefined;
      yield { before: model, after: model, look: seen, decision, action };
    } else {
      expanded.add(key);
      for (const step of outcomes(machine, model, after, decision)) yield { ...step, look: seen, decision };
    }
  }
}

function outcomes(machine: Machine, before: Model, seen: Model, decision: Decision): Step[] {
  const occasion = { at: before.now, by: "me", why: "because" };
  const noted = (model: Model, event: Parameters<Machine["record"]>[1]): Model => ({
    ...model,
    rollout: machine.record(model.rollout, event, occasion),
  });
  if (decision.kind === "note") return [{ before, after: prove(seen, noted(seen, decision.event)) }];
  if (decision.kind !== "act") return [{ before, after: seen }];
  const { action } = decision;
  const intended = noted(seen, { kind: "intend", action });
  const extents: readonly Extent[] = ["nothing", "half", "whole"];
  const killed = extents.map((extent) => ({ before, after: act(intended, action, extent), action }));
  const done = act(intended, action, "whole");
  const refused = act(intended, action, action.kind === "steer" ? "nothing" : "half");
  return [
    { before, after: intended },
    ...killed,
    { before, after: noted(refused, { kind: "refused", action }), action },
    {
      before,
      after: noted(
        done,
        action.kind === "steer" ? { kind: "steered", ...dnsSeen(done) } : { kind: "replaced" },
      ),
      action,
    },
  ];
}

const COMMANDS: readonly Command[] = [
  { kind: "pause" },
  { kind: "resume" },
  { kind: "abort", all: false },
  { kind: "abort", all: true },
  { kind: "approve" },
  { kind: "force" },
];

/** What people say, and what they do to the shares behind the machine's back. */
function* people(machine: Machine, model: Model): Generator<Step> {
  for (const said of COMMANDS) {
    const rollout = attempt(() =>
      machine.command(model.rollout, said, { at: model.now, by: "you", why: "my reason" }),
    );
    if (rollout === undefined) continue;
    // Time in a pause is nobody's bake.
    const interrupted = ["pause", "resume"].includes(said.kind);
    const truth = interrupted ? { ...model.truth, wellAt: undefined } : model.truth;
    yield { before: model, after: { ...model, rollout, truth }, said: said.kind };
  }
  const again = attempt(() =>
    machine.start(model.rollout, model.rollout.plan, { id: "2", at: model.now, by: "you" }),
  );
  if (again !== undefined) yield { before: model, after: model, said: "start" };
  const { meddled, spare } = model.truth;
  if (spare.meddling === 0 || model.rollout.ended !== undefined) return;
  for (const [name, fleet] of Object.entries(model.fleets)) {
    const percent = fleet.live === 0 ? 100 : 0;
    const others = Object.entries(model.fleets).filter(([other]) => other !== name);
    // `evacuate` makes sure that others can carry it.
    const safe = others.some(([, { applied, runs }]) => applied === 100 && runs === "old") || percent === 100;
    if (!safe) continue;
    const truth = {
      ...model.truth,
      meddled: [...meddled, name],
      spare: { ...spare, meddling: spare.meddling - 1 },
    };
    const changed = { ...fleet, live: percent, applied: percent };
    yield { before: model, after: withFleet({ ...model, truth }, name, changed) };
    if (percent !== 0) continue;
    // `evacuate` tells the machine first, and may be killed before it has done anything.
    const said = { kind: "evacuate", fleet: name } as const;
    const rollout = machine.command(model.rollout, said, { at: model.now, by: "you" });
    const told = { ...model, rollout, truth: { ...truth, wellAt: undefined } };
    for (const after of [told, withFleet(told, name, changed)])
      yield { before: model, after, said: said.kind };
  }
}

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

const VERDICTS: readonly Verdict[] = ["good", "bad", "unclear"];
const SIGHTS = new Map<number, readonly Sight[]>();

/** Every combination of what the fleets show; DNS that cannot be read or answers something else, with fleets that are well. */
function sightsOf(count: number): readonly Sight[] {
  const known = SIGHTS.get(count);
  if (known !== undefined) return known;
  const nodes = Array.from({ length: count }).reduce<Verdict[][]>(
    (all) => all.flatMap((each) => VERDICTS.map((verdict) => [...each, verdict])),
    [[]],
  );
  const well = nodes[0] ?? [];
  const sights = [
    ...nodes.map((each): Sight => ({ nodes: each, served: "good", dns: true })),
    { nodes: well, served: "bad", dns: true } as const,
    { nodes: well, served: "unclear", dns: true } as const,
    { nodes: well, served: "good", dns: false } as const,
  ];
  SIGHTS.set(count, sights);
  return sights;
}

function isWell({ nodes, dns }: Sight): boolean {
  return dns && nodes.every((verdict) => verdict === "good");
}

/** Keeps account of what has really baked. */
export function sawWell(model: Model, sight: Sight): Model {
  const { truth, fleets, now, rollout } = model;
  const well = isWell(sight);
  const passed =
    truth.wellAt === undefined ? 0 : Math.min(Math.max(0, now - truth.wellAt), rollout.plan.lookSeconds);
  const baked = Object.entries(fleets).map(([name, { live, applied, runs }]) => {
    const whole = (runs === "new" || runs === "some") && live === 100 && applied === 100;
    const seconds = whole ? (truth.baked[name] ?? 0) + (well ? passed : 0) : 0;
    return [name, Math.min(seconds, rollout.plan.bakeSeconds)] as const;
  });
  return {
    ...model,
    truth: { ...truth, baked: Object.fromEntries(baked), wellAt: well ? now : undefined },
  };
}

/** A fleet has proved its release when it has really baked, or a person said why it need not. */
export function prove(before: Model, after: Model): Model {
  const { waves, plan } = after.rollout;
  const { truth, rollout } = before;
  const proved = plan.waves.flatMap(({ fleet, sites }, index) => {
    const name = sites === undefined ? fleet : `${fleet} some`;
    const isDone = waves[index]?.phase === "done" && waves[index].direction === "forward";
    const baked = (truth.baked[fleet] ?? 0) >= plan.bakeSeconds;
    const known = truth.proved.includes(name) || baked || rollout.waves[index]?.forced !== undefined;
    return isDone && known ? [name] : [];
  });
  return { ...after, truth: { ...truth, proved } };
}

/** The longest way to an end that there can be, with good looks, far exceeded. */
const LONG = 400;

/** Whether a rollout ends, with every fleet whole and in traffic, once all are well and people give back what they took. */
function endsFrom(machine: Machine, from: Model, ending: Set<string>): boolean {
  const way: string[] = [];
  let model = mended(from);
  for (let count = 0; count < LONG; count++) {
    if (model.rollout.ended !== undefined) {
      const { result } = model.rollout.ended;
      const whole = Object.values(model.fleets).every(
        ({ live, applied, runs }) =>
          live === 100 && applied === 100 && runs !== "mixed" && (runs !== "some" || result === "abandoned"),
      );
      if (whole) for (const key of way) ending.add(key);
      return whole;
    }
    model = canonical(passing(model, HOLD));
    const key = keyOf(model);
    if (ending.has(key)) {
      for (const each of way) ending.add(each);
      return true;
    }
    way.push(key);
    model = goodStep(machine, model);
  }
  return false;
}

export function mended(model: Model): Model {
  const wave = model.rollout.waves.findIndex(({ phase }) => phase !== "waiting" && phase !== "done");
  const fleet = model.rollout.plan.waves[wave]?.fleet;
  return Object.entries(model.fleets).reduce<Model>(
    (last, [name, each]) =>
      name === fleet ? last : withFleet(last, name, { ...each, live: 100, applied: 100 }),
    model,
  );
}

/** A look at a world in which all is well, and what comes of it. */
function goodStep(machine: Machine, model: Model): Model {
  const occasion = { at: model.now, by: "me", why: "because" };
  if (model.rollout.paused !== undefined) {
    return { ...model, rollout: machine.command(model.rollout, { kind: "resume" }, occasion) };
  }
  const settled = Object.entries(model.fleets).reduce<Model>(
    (last, [name, { becomes, ...rest }]) =>
      becomes === undefined ? last : withFleet(last, name, { ...rest, runs: becomes }),
    model,
  );
  const sight = sightsOf(Object.keys(model.fleets).length)[0] as Sight;
  const decision = machine.decide(settled.rollout, lookAt(settled, sight), settled.now);
  const steps = outcomes(machine, settled, sawWell(settled, sight), decision);
  return (steps[steps.length - 1] as Step).after;
}

/** The same state with its times counted from the start, and without what nothing depends on. */
function canonical(model: Model): Model {
  const { rollout, truth, now, serial } = model;
  const { plan, dns } = rollout;
  const back = (time: number, most: number): number => START - Math.min(now - time, most);
  const { wellAt } = truth;
  return {
    ...model,
    now: START,
    serial: 0,
    rollout: {
      ...rollout,
      // Forces are what an invariant asks for.
      history: rollout.history.filter(({ what }) => what === "force").slice(-1),
      waves: rollout.waves.map((wave): WaveState => {
        const since = back(wave.since, wave.phase === "settling" ? plan.settleSeconds : 0);
        const { bakedAt, ...rest } = wave;
        return {
          ...rest,
          since,
          baked: wave.phase === "done" ? 0 : Math.min(wave.baked, plan.bakeSeconds),
          ...(bakedAt !== undefined && { bakedAt: back(bakedAt, plan.lookSeconds) }),
        };
      }),
      ...(dns !== undefined && {
        dns: { ...dns, mark: dns.mark === String(serial) ? "0" : "older", since: back(dns.since, dns.hold) },
      }),
    },
    truth: {
      ...truth,
      movedAt: back(truth.movedAt, HOLD),
      baked: Object.fromEntries(
        Object.entries(truth.baked).map(([name, seconds]) => [
          name,
          truth.proved.includes(name) ? plan.bakeSeconds : seconds,
        ]),
      ),
      wellAt: wellAt === undefined ? undefined : back(wellAt, plan.lookSeconds),
    },
  };
}

function keyOf({ rollout, fleets, truth }: Model): string {
  const { waves, course, dns, paused, ended } = rollout;
  const wave = ({
    phase,
    direction,
    since,
    touched,
    intent,
    baked,
    bakedAt,
    refused,
    approved,
    forced,
  }: WaveState): string =>
    [
      phase,
      direction,
      since,
      touched,
      intent,
      baked,
      bakedAt,
      refused !== undefined,
      approved !== undefined,
      forced !== undefined,
    ].join();
  return [
    ...waves.map(wave),
    course,
    keyOfDns(dns),
    paused !== undefined,
    ended?.result,
    ...Object.values(fleets).map(({ live, applied, runs, becomes }) => [live, applied, runs, becomes].join()),
    truth.movedAt,
    ...Object.values(truth.baked),
    truth.wellAt,
    truth.proved.join(),
    truth.meddled.join(),
    truth.spare.meddling,
    truth.spare.clock,
  ].join("|");
}

function keyOfDns(dns: RolloutState["dns"]): string {
  return dns === undefined ? "" : [dns.mark, dns.since, ...Object.values(dns.percents)].join();
}

function keyOfDecision(decision: Decision): string {
  switch (decision.kind) {
    case "act":
      return JSON.stringify(decision.action);
    case "note":
      return JSON.stringify(decision.event);
    case "wait":
    case "stop":
    case "ended":
      return decision.kind;
  }
}
