/** What must hold in every step of every rollout, in the order of docs/rollouts.md. */
import { isDeepStrictEqual } from "node:util";
import type { Decision } from "../../rollout/decide";
import type { Look } from "../../rollout/look";
import type { Action } from "../../rollout/rollout-world";
import { HOLD, pointsMoved, SITES, targetOf, type Model } from "./model";

/** One thing that happens. */
export interface Step {
  readonly before: Model;
  readonly after: Model;
  /** For what the machine does: what it saw, and what it decided. */
  readonly look?: Look | undefined;
  readonly decision?: Decision | undefined;
  /** What was done of it. */
  readonly action?: Action | undefined;
  /** What a person did. */
  readonly said?: string | undefined;
}

/** Says what is wrong with a step; undefined: nothing. */
export type Invariant = (step: Step) => string | undefined;

export const INVARIANTS = {
  "1 one fleet in transition": ({ before, after, decision }) => {
    const phases = after.rollout.waves.filter(({ phase }) => phase !== "waiting" && phase !== "done");
    if (phases.length > 1) return `${phases.length} waves are in transition`;
    if (decision?.kind !== "act") return undefined;
    const away = (model: Model) =>
      Object.entries(model.fleets)
        .filter(([name, { live, applied, runs }]) => {
          const isAway = live !== 100 || applied !== 100 || runs === "mixed";
          return isAway && !model.truth.meddled.includes(name);
        })
        .map(([name]) => name);
    const now = away(after);
    return now.length > 1 && away(before).length <= 1 ? `${now.join(" and ")} are` : undefined;
  },

  "2 a release that has baked serves": ({ before, after, action }) => {
    const { fleets, truth } = before;
    if (action?.kind === "replace" && targetOf(action) !== "old") {
      const own = fleets[action.fleet]?.runs === "some" && targetOf(action) === "new";
      if (own && !truth.proved.includes(`${action.fleet} some`)) {
        return `${action.fleet} gets it everywhere, and it has not baked at its first sites`;
      }
      const unproved = Object.entries(fleets).find(
        ([name, { runs }]) => name !== action.fleet && runs !== "old" && !truth.proved.includes(name),
      );
      if (unproved !== undefined) return `${action.fleet} gets it, and it has not baked on ${unproved[0]}`;
    }
    const sound = (model: Model): boolean =>
      Object.entries(model.fleets).some(
        ([, { applied, runs }]) =>
          applied > 0 &&
          (runs === "old" || ((runs === "new" || runs === "some") && model.truth.proved.length > 0)),
      );
    const alone = Object.keys(fleets).length === 1;
    return !alone && sound(before) && !sound(after) ? "no fleet serves a release that has baked" : undefined;
  },

  "3 steps are bounded": ({ before, after, action, look }) => {
    const serving = (model: Model) => Object.values(model.fleets).filter(({ applied }) => applied > 0).length;
    if (serving(after) === 0) return "nobody serves";
    if (action?.kind !== "steer") return undefined;
    const { plan } = before.rollout;
    const wave = waveOf(before);
    const forced = wave?.forced !== undefined && (wave.forced.why ?? "") !== "";
    const failing =
      ["nodes", "release"].some((kind) => isBad(look, action.fleet, kind, before)) &&
      othersCarry(before, action.fleet, look);
    if (action.percent === 0 && (forced || failing)) return undefined;
    if (action.limit > plan.trafficLimit) return `a step may move ${action.limit} points`;
    // A step that takes away what is not there moves nothing.
    const isFirst = before.fleets[action.fleet]?.applied === 0 && action.percent > 0;
    if (isFirst && action.limit > plan.firstLimit) return "the first step is too long";
    const moved = pointsMoved(before.fleets, after.fleets);
    return moved > plan.trafficLimit + 1e-9 ? `a step moved ${moved} points` : undefined;
  },

  "4 the others carry the peak": ({ before, action, look }) => {
    const fleet = action?.kind === "steer" ? before.fleets[action.fleet] : undefined;
    if (action?.kind !== "steer" || fleet === undefined || action.percent >= fleet.applied) return undefined;
    if (waveOf(before)?.forced !== undefined) return undefined;
    return othersCarry(before, action.fleet, look)
      ? undefined
      : `${action.fleet} is taken away, and the others cannot carry it`;
  },

  "5 only good evidence goes on": ({ before, after, look, decision }) => {
    if (decision === undefined || look === undefined) return undefined;
    const names = Object.keys(before.fleets);
    const well = (name: string): boolean => isWell(before, name, look);
    const [was, is] = [waveOf(before), waveOf(after)];
    const fleet = fleetInTransition(before) ?? "";
    if (was === undefined && is?.direction === "forward" && !names.every(well)) return "a wave begins";
    if (was === undefined) return undefined;
    if (decision.kind === "act" && decision.action.kind === "steer") {
      const up = decision.action.percent > (before.fleets[fleet]?.applied ?? 0);
      return up && !well(fleet) ? `${fleet} gets more traffic` : undefined;
    }
    if (decision.kind !== "note") return undefined;
    const { event } = decision;
    if (event.kind === "bake" && !names.every(well)) return "time is counted as baked";
    if (event.kind !== "enter") return undefined;
    if (event.phase === "restoring" && was.phase === "verifying" && !well(fleet))
      return `${fleet} is verified`;
    const bakes = was.phase === "baking" && event.phase === "done";
    return bakes && was.direction === "forward" && !well(fleet) ? `${fleet} has baked` : undefined;
  },

  "6 a crash changes nothing": ({ before, decision }) =>
    decision?.kind === "note" && decision.event.kind === "interference" && before.truth.meddled.length === 0
      ? "what the machine did itself counts as another's doing"
      : undefined,

  "7 what fails goes back alone": ({ before, after, action }) => {
    const { plan, waves, course } = before.rollout;
    const own = fleetInTransition(before);
    if (action !== undefined && action.fleet !== own) return `${action.fleet} is not in transition`;
    if (action?.kind === "replace") {
      const back = waveOf(before)?.direction === "back";
      const wanted = back ? plan.fleets[action.fleet]?.previous : wantedOf(before, action.fleet);
      if (!isDeepStrictEqual(action.release, wanted))
        return `${action.fleet} gets ${JSON.stringify(action.release)}`;
    }
    if (course === "all-back" || after.rollout.course === "all-back") return undefined;
    // Going back gives a fleet all that it had, so its first sites' wave is undone with its own, or by itself while the others wait.
    const isHalf = (name = ""): boolean =>
      plan.waves.some(({ fleet }, index) => fleet === name && waves[index]?.phase === "waiting");
    return waves.some(
      ({ phase, direction }, index) =>
        phase === "done" &&
        plan.waves[index]?.fleet !== own &&
        !isHalf(plan.waves[index]?.fleet) &&
        after.rollout.waves[index]?.direction !== direction,
    )
      ? "a fleet that has baked goes back"
      : undefined;
  },

  "8 nothing shortens a bake": ({ before, after }) => {
    const { plan, waves } = before.rollout;
    for (const [index, wave] of waves.entries()) {
      const is = after.rollout.waves[index];
      if (wave.direction === "back" || wave.phase === "done" || is?.phase !== "done") continue;
      const fleet = plan.waves[index]?.fleet ?? "";
      const long = (before.truth.baked[fleet] ?? 0) >= plan.bakeSeconds;
      const word = wave.forced?.why ?? "";
      const logged = after.rollout.history.some(
        ({ what, why }) => what === "force" && why === word && word !== "",
      );
      if (!long && !logged)
        return `${fleet} has baked ${before.truth.baked[fleet] ?? 0} s, and nobody said why`;
    }
    return undefined;
  },

  "9 one rollout at a time": ({ before, said }) =>
    said === "start" && before.rollout.ended === undefined ? `${before.rollout.id} goes on` : undefined,

  "10 drained before it is replaced": ({ before, action }) => {
    if (action?.kind !== "replace") return undefined;
    const floor = before.rollout.plan.waves.find(({ fleet }) => fleet === action.fleet)?.ladder[0];
    const fleet = before.fleets[action.fleet];
    if (fleet?.applied !== floor || fleet?.live !== floor)
      return `${action.fleet} has ${fleet?.applied ?? "no"} %`;
    const held = before.now - before.truth.movedAt;
    return held < HOLD ? `resolvers have kept older answers for ${held} s only` : undefined;
  },
} as const satisfies Readonly<Record<string, Invariant>>;

export type InvariantName = keyof typeof INVARIANTS;

function indexInTransition({ waves }: Model["rollout"]): number {
  return waves.findIndex(({ phase }) => phase !== "waiting" && phase !== "done");
}

function waveOf({ rollout }: Model): Model["rollout"]["waves"][number] | undefined {
  return rollout.waves[indexInTransition(rollout)];
}

function fleetInTransition({ rollout }: Model): string | undefined {
  return rollout.plan.waves[indexInTransition(rollout)]?.fleet;
}

/** What a fleet should run by what is really recorded of its waves, without the machine's own words. */
function expected({ rollout }: Model, name: string): "old" | "some" | "new" {
  const own = rollout.plan.waves.flatMap(({ fleet, sites }, index) => {
    const wave = rollout.waves[index];
    return fleet === name && wave !== undefined && wave.phase !== "waiting" ? [{ ...wave, sites }] : [];
  });
  if (own.some(({ direction }) => direction === "back")) return "old";
  const begun = own.findLast(({ phase }) => phase !== "draining" && phase !== "replacing");
  return begun === undefined ? "old" : begun.sites === undefined ? "new" : "some";
}

/** What the fleet in transition is to get, going forward. */
function wantedOf({ rollout }: Model, name: string): unknown {
  const fleet = rollout.plan.fleets[name];
  const sites = rollout.plan.waves[indexInTransition(rollout)]?.sites;
  if (sites === undefined || fleet === undefined) return fleet?.next;
  return { ...fleet.previous, sites: { [SITES[0]]: fleet.next } };
}

function isWell(model: Model, name: string, look: Look): boolean {
  const seen = look.fleets[name];
  return (
    seen?.nodes?.verdict === "good" &&
    seen.release?.verdict === "good" &&
    model.fleets[name]?.runs === expected(model, name)
  );
}

/** Bad of itself, or of a release that it should not run any more. */
function isBad(look: Look | undefined, name: string, kind: string, model: Model): boolean {
  const seen = look?.fleets[name];
  if (kind === "nodes") return seen?.nodes?.verdict === "bad";
  const sites = model.rollout.plan.waves[indexInTransition(model.rollout)]?.sites;
  const runs = model.fleets[name]?.runs;
  const isOther = runs !== "mixed" && runs !== (sites === undefined ? "new" : "some");
  return isOther && waveOf(model)?.touched === true;
}

/** All others serve all that they should, are well, and carry the peak together. */
function othersCarry(model: Model, fleet: string, look: Look | undefined): boolean {
  const { plan } = model.rollout;
  const others = Object.keys(model.fleets).filter((name) => name !== fleet);
  const serving = others.filter(
    (name) => look !== undefined && isWell(model, name, look) && model.fleets[name]?.applied === 100,
  );
  const carried = serving.reduce((sum, name) => sum + (plan.fleets[name]?.capacity ?? 0), 0);
  return serving.length === others.length && carried >= plan.peak;
}
