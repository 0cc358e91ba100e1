/**
 * How a rollout goes on. One provider at a time gets the release: its share of the traffic is taken away, its nodes are
 * replaced, looked at while nobody is sent there, given their share back step by step, and left to prove themselves. What
 * fails goes back the same way, with what it had. Nothing here acts, waits or reads a clock; see `advance`.
 */
import { judge, seenNow, type Judgement, type Look } from "./look";
import type { RolloutEvent } from "./rollout-event";
import type { PlannedFleet } from "./rollout-plan";
import { waveInTransition, wavesOf, type RolloutResult, type RolloutState, type Wave } from "./rollout-state";
import type { Action } from "./rollout-world";
import {
  isAhead,
  isEmpty,
  isFollowed,
  isHeld,
  judgeServing,
  lastOf,
  nextRung,
  otherFleets,
  type Situation,
  type WaveSituation,
} from "./situation";
import { recordedRelease, releaseText } from "../live/live-release";
import { afterWave, beforeWave, releasesAfter, standingRelease } from "./standing-release";

export type Decision =
  /** Do this, then look again. */
  | { readonly kind: "act"; readonly action: Action; readonly why: string }
  /** Record this, then decide again. */
  | {
      readonly kind: "note";
      readonly event: RolloutEvent;
      readonly why: string;
      readonly evidence?: readonly string[];
    }
  /** Nothing is wrong and nothing is to be done yet. `until`: in seconds, before which nothing changes by itself. */
  | { readonly kind: "wait"; readonly until?: number; readonly why: string }
  /** Nothing goes on before the evidence changes or a person says something. */
  | { readonly kind: "stop"; readonly why: string; readonly evidence: readonly string[] }
  | { readonly kind: "ended"; readonly result: RolloutResult };

/**
 * The next step of a rollout.
 * @param look at the world, as it is at `now`.
 * @param now in seconds of the world's clock.
 */
export function decide(rollout: RolloutState, look: Look, now: number): Decision {
  const { plan, ended, paused } = rollout;
  if (ended !== undefined) return { kind: "ended", result: ended.result };
  if (paused !== undefined) return stop(`paused by ${paused.by}: ${paused.why ?? "no reason given"}`);
  if (isAhead(rollout, now)) return note({ kind: "clock" }, "the clock has gone back; waits begin anew");
  const { dns } = look;
  const wave = waveInTransition(rollout);
  if (dns === undefined) return standStill(wave, "nobody can tell how the traffic is shared");
  const situation = { rollout, plan, look, dns, now };
  const moved = seeDns(situation);
  if (moved !== undefined) return moved;
  if (wave === undefined) return betweenWaves(situation);
  const fleet = wave.plan.fleet;
  const forward = wave.state.direction === "forward";
  return goOn({ ...situation, wave, fleet, percent: dns.percents[fleet] ?? 0, forward });
}

/** Every wait is counted from the last change of DNS, whoever made it. Shares that somebody else changes are a person's. */
function seeDns({ rollout, plan, dns }: Situation): Decision | undefined {
  const known = rollout.dns;
  const wave = waveInTransition(rollout);
  const event = { mark: dns.mark, ttl: dns.ttl, percents: dns.percents };
  const mine = (name: string): boolean =>
    dns.percents[name] === known?.percents[name] ||
    (name === wave?.plan.fleet && dns.percents[name] === wave.state.intent);
  const foreign = known === undefined ? [] : Object.keys(plan.fleets).filter((name) => !mine(name));
  if (foreign.length > 0) {
    const changes = foreign.map(
      (name) => `${name} ${known?.percents[name] ?? "no"} % to ${dns.percents[name] ?? "no"} %`,
    );
    return note(
      { kind: "interference", ...event },
      `somebody else changed the live record: ${changes.join(", ")}`,
    );
  }
  const same = Object.keys(plan.fleets).every((name) => dns.percents[name] === known?.percents[name]);
  if (known?.mark === dns.mark && known.ttl === dns.ttl && same) return undefined;
  return note({ kind: "dns", ...event }, "DNS has changed");
}

function betweenWaves(situation: Situation): Decision {
  const { rollout, plan, look } = situation;
  const waves = wavesOf(rollout);
  if (rollout.course === "all-back") {
    const last = waves.findLast(({ state }) => state.phase === "done" && state.direction === "forward");
    if (last === undefined) return note({ kind: "end", result: "rolled back" }, "every fleet is as it was");
    return note({ kind: "begin", wave: last.index, direction: "back" }, "the whole rollout was aborted");
  }
  if (rollout.course === "back") {
    // Its first sites have baked, and the others still wait: the fleet is not whole before they have what they had, too.
    const half = waves.findLast(
      ({ plan: { fleet }, state }) =>
        state.phase === "done" &&
        state.direction === "forward" &&
        waves.some((other) => other.plan.fleet === fleet && other.state.phase === "waiting"),
    );
    if (half !== undefined) {
      const why = `only some sites of ${half.plan.fleet} run the release`;
      return note({ kind: "begin", wave: half.index, direction: "back" }, why);
    }
    return note({ kind: "end", result: "rolled back" }, "the fleet in transition is as it was");
  }
  const next = waves.find(({ state }) => state.phase === "waiting");
  if (next === undefined) return note({ kind: "end", result: "finished" }, "the release baked everywhere");
  const fleet = next.plan.fleet;
  const ready = judgeServing(situation, Object.keys(plan.fleets));
  if (ready.verdict !== "good") return stop(`${fleet} waits until every fleet is well`, ready.reasons);
  if (plan.approve === "each" && next.state.approved === undefined) {
    return stop(`${fleet} waits until a person approves it`);
  }
  const own = judge(look, plan, fleet, standingRelease(rollout, fleet));
  return note(
    { kind: "begin", wave: next.index, direction: "forward" },
    `it is the turn of ${fleet}`,
    own.reasons,
  );
}

function goOn(situation: WaveSituation): Decision {
  switch (situation.wave.state.phase) {
    case "draining":
      return drain(situation);
    case "replacing":
      return replace(situation);
    case "settling":
      return settle(situation);
    case "verifying":
      return verify(situation);
    case "restoring":
      return restore(situation);
    case "baking":
      return bake(situation);
    case "waiting":
    case "done":
      throw new Error("A wave that waits or is done is not in transition");
  }
}

/** Takes the fleet's traffic away, within the limits; from a fleet that has failed, all at once. */
function drain(situation: WaveSituation): Decision {
  const { rollout, plan, wave, fleet, forward, dns } = situation;
  const { ladder } = wave.plan;
  const { forced } = wave.state;
  const held = holdBack(situation);
  if (held !== undefined) return held;
  if (isEmpty(situation)) {
    return whenHeld(situation, () => whenServed(situation, () => enter("replacing", `${fleet} is drained`)));
  }
  const others = judgeServing(situation, otherFleets(situation));
  if (others.verdict !== "good" && forced === undefined) {
    return stop(`${fleet} keeps its traffic until the others can carry it`, others.reasons);
  }
  if (!otherFleets(situation).some((name) => (dns.percents[name] ?? 0) > 0)) {
    return stop(`${fleet} is the last one that serves`);
  }
  const floor = ladder[0] as number;
  const own = judge(situation.look, plan, fleet, beforeWave(rollout, wave));
  if (forced !== undefined) {
    return steer(situation, floor, 100, `all at once, by the word of ${forced.by}: ${forced.why ?? ""}`);
  }
  if (!forward && own.verdict === "bad") {
    return steer(situation, floor, 100, `all at once: ${own.reasons.join("; ")}`);
  }
  const rung = nextRung(situation, "down");
  return whenHeld(situation, () => steer(situation, rung, plan.trafficLimit, `${fleet} is being drained`));
}

/** A fleet that nothing has happened to yet is not taken on while it, or another one, is not well. */
function holdBack(situation: WaveSituation): Decision | undefined {
  const { rollout, plan, look, wave, fleet, forward } = situation;
  if (!forward || wave.state.touched || wave.state.forced !== undefined) return undefined;
  const own = judge(look, plan, fleet, beforeWave(rollout, wave));
  const others = judgeServing(situation, otherFleets(situation));
  if (own.verdict === "bad") return turnBack(`${fleet} has failed before its turn`, own);
  if (others.verdict === "bad") return turnBack(`the others cannot carry the traffic of ${fleet}`, others);
  const unclear = [own, others].filter(({ verdict }) => verdict !== "good");
  if (unclear.length === 0) return undefined;
  return stop(
    `${fleet} keeps its nodes until every fleet is well`,
    unclear.flatMap(({ reasons }) => reasons),
  );
}

/** Nothing is replaced that users may still be sent to. */
function replace(situation: WaveSituation): Decision {
  const { plan, wave, fleet, forward } = situation;
  const { refused } = wave.state;
  if (forward && refused !== undefined) {
    return turnBack(`${fleet} could not be replaced`, { verdict: "bad", reasons: [refused] });
  }
  if (!isEmpty(situation) || !isHeld(situation)) return enter("draining", `${fleet} is not drained any more`);
  const held = holdBack(situation);
  if (held !== undefined) return held;
  return whenServed(situation, () => {
    const planned = plan.fleets[fleet] as PlannedFleet;
    const { sites } = wave.plan;
    const release = forward ? releasesAfter(planned, wave.plan) : planned.previous;
    const again = refused === undefined ? "" : `, again; the last time: ${refused}`;
    const gets = releaseText(recordedRelease(release));
    const action: Action = { kind: "replace", fleet, release, ...(sites !== undefined && { sites }) };
    return { kind: "act", action, why: `${fleet} gets ${gets}${again}` };
  });
}

/** Terraform returns before the provider has replaced every node. */
function settle({ plan, look, wave, fleet, forward, now }: WaveSituation): Decision {
  const seen = seenNow(look, look.fleets[fleet]?.replacement);
  const reasons = [`${fleet}, replacement: ${seen.verdict}, ${seen.reason}`];
  const deadline = wave.state.since + plan.settleSeconds;
  if (seen.verdict === "good") return enter("verifying", `the replacement of ${fleet} has ended`, reasons);
  const late = now >= deadline;
  if (seen.verdict === "unclear" && !late) {
    return { kind: "wait", until: deadline, why: `${fleet} is being replaced: ${seen.reason}` };
  }
  if (!forward) return enter("replacing", `${fleet} is to be what it was, and is not yet`, reasons);
  const how = late ? "takes too long" : "has failed";
  return turnBack(`the replacement of ${fleet} ${how}`, { verdict: "bad", reasons });
}

/** Nobody is sent to nodes that have not shown that they are well. */
function verify({ rollout, plan, look, wave, fleet, forward }: WaveSituation): Decision {
  const own = judge(look, plan, fleet, afterWave(rollout, wave));
  if (own.verdict === "good") return enter("restoring", `${fleet} is well`, own.reasons);
  if (forward && own.verdict === "bad") return turnBack(`${fleet} has failed`, own);
  return stop(`nobody is sent to ${fleet} before it is well`, own.reasons);
}

/** Gives the share back, a rung at a time, each after a look at what the last one did. */
function restore(situation: WaveSituation): Decision {
  const { rollout, plan, look, wave, fleet, forward, percent, dns } = situation;
  const { ladder } = wave.plan;
  const own = judge(look, plan, fleet, afterWave(rollout, wave));
  if (forward && own.verdict === "bad") return turnBack(`${fleet} has failed`, own);
  const isWhole = percent === lastOf(ladder) && dns.arrived;
  // What nothing has happened to is as it was, well or not.
  if (own.verdict !== "good" && !(isWhole && !wave.state.touched)) {
    return stop(`${fleet} gets no more traffic before it is well`, own.reasons);
  }
  if (isWhole) {
    return whenHeld(situation, () =>
      forward || isFollowed(rollout, wave)
        ? enter("baking", `${fleet} serves its whole share`, own.reasons)
        : enter("done", `${fleet} is as it was`, own.reasons),
    );
  }
  const rung = nextRung(situation, "up");
  const limit = (dns.applied[fleet] ?? 0) <= (ladder[0] as number) ? plan.firstLimit : plan.trafficLimit;
  return whenHeld(situation, () => steer(situation, rung, limit, `${fleet} gets its share back`));
}

/** Counts only time between two looks that found every fleet well; so neither a pause nor a restart shortens it. */
function bake(situation: WaveSituation): Decision {
  const { rollout, plan, look, dns, wave, fleet, forward, percent } = situation;
  const { baked, bakedAt, forced } = wave.state;
  const own = judge(look, plan, fleet, afterWave(rollout, wave));
  if (forward && own.verdict === "bad") return turnBack(`${fleet} has failed in its bake`, own);
  if (percent !== lastOf(wave.plan.ladder) || !dns.arrived) {
    return enter("restoring", `${fleet} does not serve its whole share any more`);
  }
  const all = judgeServing(situation, Object.keys(plan.fleets));
  if (all.verdict !== "good") {
    return standStill(wave, `the bake of ${fleet} waits until every fleet is well`, all.reasons);
  }
  if (forced !== undefined) return enter("done", `a person's word: ${forced.why ?? ""}`, own.reasons);
  if (baked >= plan.bakeSeconds) return enter("done", `${fleet} has baked for ${baked} s`, own.reasons);
  if (bakedAt !== look.at) return note({ kind: "bake", at: look.at }, `${fleet} is well`, own.reasons);
  const left = Math.min(plan.bakeSeconds - baked, plan.lookSeconds);
  return { kind: "wait", until: look.at + left, why: `${fleet} has baked ${baked} of ${plan.bakeSeconds} s` };
}

/** Nothing that was looked at before counts for a bake any more. */
function standStill(wave: Wave | undefined, why: string, evidence: readonly string[] = []): Decision {
  return wave?.state.bakedAt === undefined ? stop(why, evidence) : note({ kind: "doubt" }, why, evidence);
}

function whenHeld(situation: Situation, then: () => Decision): Decision {
  const { since = 0, hold = 0 } = situation.rollout.dns ?? {};
  if (isHeld(situation)) return then();
  return { kind: "wait", until: since + hold, why: `resolvers keep older answers for up to ${hold} s` };
}

function whenServed({ look, dns }: Situation, then: () => Decision): Decision {
  const served = seenNow(look, dns.served);
  return served.verdict === "good"
    ? then()
    : stop("the name servers do not answer what was applied", [`DNS: ${served.verdict}, ${served.reason}`]);
}

function steer({ fleet }: WaveSituation, percent: number, limit: number, why: string): Decision {
  return { kind: "act", action: { kind: "steer", fleet, percent, limit }, why };
}

function enter(
  phase: Extract<RolloutEvent, { kind: "enter" }>["phase"],
  why: string,
  evidence?: readonly string[],
): Decision {
  return note({ kind: "enter", phase }, why, evidence);
}

function turnBack(why: string, { reasons }: Judgement): Decision {
  return note({ kind: "turn back" }, why, reasons);
}

function note(event: RolloutEvent, why: string, evidence?: readonly string[]): Decision {
  return { kind: "note", event, why, ...(evidence !== undefined && { evidence }) };
}

function stop(why: string, evidence: readonly string[] = []): Decision {
  return { kind: "stop", why, evidence };
}
