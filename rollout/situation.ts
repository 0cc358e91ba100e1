/** What a decision rests on, and the questions that it asks of it. */
import { judge, type DnsLook, type Judgement, type Look } from "./look";
import type { RolloutPlan } from "./rollout-plan";
import { waveInTransition, wavesOf, type RolloutState, type Wave } from "./rollout-state";
import { afterWave, standingRelease } from "./standing-release";

/** Rungs have two decimals, and what DNS applies is reckoned from shares. */
const ROUNDING = 0.005;

/** All that a decision rests on. */
export interface Situation {
  readonly rollout: RolloutState;
  readonly plan: RolloutPlan;
  readonly look: Look;
  readonly dns: DnsLook;
  readonly now: number;
}

/** The same, while a wave is in transition. */
export interface WaveSituation extends Situation {
  readonly wave: Wave;
  readonly fleet: string;
  /** Percent that the live record gives the fleet. */
  readonly percent: number;
  readonly forward: boolean;
}

/** Whether these fleets are well, run what they should, and have the shares that the capacity is reckoned with. */
export function judgeServing({ rollout, plan, look, dns }: Situation, names: readonly string[]): Judgement {
  const judgements = names.map((name): Judgement => {
    const share = plan.fleets[name]?.share;
    const wave = waveInTransition(rollout);
    const release = wave?.plan.fleet === name ? afterWave(rollout, wave) : standingRelease(rollout, name);
    const own = judge(look, plan, name, release);
    if (dns.percents[name] === share) return own;
    const reason = `${name}, share: bad, ${dns.percents[name] ?? "no"} % rather than ${share ?? 0} %`;
    return { verdict: "bad", reasons: own.verdict === "good" ? [reason] : [reason, ...own.reasons] };
  });
  const worst = judgements.filter(({ verdict }) => verdict !== "good");
  return {
    verdict: worst.length === 0 ? "good" : worst.some(({ verdict }) => verdict === "bad") ? "bad" : "unclear",
    reasons: (worst.length === 0 ? judgements : worst).flatMap(({ reasons }) => reasons),
  };
}

/** Whether the fleet has as little traffic as it is to have while its nodes are replaced. */
export function isEmpty({ wave, percent, dns }: WaveSituation): boolean {
  return percent === wave.plan.ladder[0] && dns.arrived;
}

/** Where the fleet's share goes next, from where DNS really has it. */
export function nextRung({ wave, fleet, dns }: WaveSituation, way: "up" | "down"): number {
  const { ladder } = wave.plan;
  const applied = dns.applied[fleet] ?? 0;
  return way === "down"
    ? (ladder.findLast((rung) => rung < applied - ROUNDING) ?? (ladder[0] as number))
    : (ladder.find((rung) => rung > applied + ROUNDING) ?? lastOf(ladder));
}

/** Whether every resolver has what DNS answers now. */
export function isHeld({ rollout: { dns }, now }: Situation): boolean {
  return dns !== undefined && now >= dns.since + dns.hold;
}

/** Whether another wave is to be undone after this one. */
export function isFollowed(rollout: RolloutState, wave: Wave): boolean {
  const others = wavesOf(rollout).filter(({ plan }) => plan.fleet !== wave.plan.fleet);
  return (
    rollout.course === "all-back" &&
    others.some(({ state }) => state.phase === "done" && state.direction === "forward")
  );
}

export function otherFleets({ plan, fleet }: WaveSituation): readonly string[] {
  return Object.keys(plan.fleets).filter((name) => name !== fleet);
}

/** Times that are recorded and have not come yet. */
export function isAhead({ dns, waves }: RolloutState, now: number): boolean {
  return [dns?.since ?? 0, ...waves.flatMap(({ since, bakedAt }) => [since, bakedAt ?? 0])].some(
    (time) => time > now,
  );
}

export function lastOf(ladder: readonly number[]): number {
  return ladder[ladder.length - 1] as number;
}
