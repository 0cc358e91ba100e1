import { recordedRelease, releaseText } from "../../live/live-release";
import type { Decision } from "../../rollout/decide";
import type { RolloutPlan } from "../../rollout/rollout-plan";
import {
  waveInTransition,
  wavesOf,
  type HistoryEntry,
  type RolloutState,
  type Wave,
} from "../../rollout/rollout-state";
import { plainTable } from "../plain-table";

/** A moment of the clock, to the second. */
export function timeText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace("T", " ").slice(0, 19);
}

/** `4 h 10 min`, `45 s`. */
export function durationText(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60)];
  if (hours > 0) return minutes > 0 ? `${hours} h ${minutes} min` : `${hours} h`;
  if (minutes > 0) return whole % 60 > 0 ? `${minutes} min ${whole % 60} s` : `${minutes} min`;
  return `${whole} s`;
}

/** `26.7 %`; `?` where nobody knows. */
export function percentText(percent: number | undefined): string {
  return percent === undefined ? "?" : `${Number(percent.toFixed(1))} %`;
}

/** What has become of an advance, or would become of the next one. */
export function decisionText(decision: Decision, now: number): string {
  switch (decision.kind) {
    case "act":
      return decision.why;
    case "note":
      return decision.why;
    case "wait":
      return decision.until === undefined
        ? `Waits: ${decision.why}`
        : `Waits for ${durationText(decision.until - now)}, until ${timeText(decision.until)}: ${decision.why}`;
    case "stop":
      return [`Stands: ${decision.why}`, ...decision.evidence.map((line) => `  ${line}`)].join("\n");
    case "ended":
      return `It has ended: ${decision.result}.`;
  }
}

/** `Rollout r2-1a2b of r2 in production: going on`. */
export function headline({ id, plan, ended, paused, course }: RolloutState): string {
  const state =
    ended !== undefined
      ? `${ended.result}, ${timeText(ended.at)}`
      : paused !== undefined
        ? `paused by ${paused.by}${paused.why === undefined ? "" : `: ${paused.why}`}`
        : { forward: "going on", back: "going back", "all-back": "going back, every fleet" }[course];
  return `Rollout ${id} of ${plan.release} in ${plan.environment}: ${state}`;
}

/** What it does to a fleet's share at this moment; undefined where it does nothing. */
export function transitionText(rollout: RolloutState): string | undefined {
  const wave = rollout.ended === undefined ? waveInTransition(rollout) : undefined;
  if (wave === undefined) return undefined;
  const { id, plan, paused } = rollout;
  const { phase, direction } = wave.state;
  const what = `${wave.plan.fleet} is ${phase}${direction === "back" ? " on its way back" : ""}`;
  const state = paused === undefined ? "" : ", paused";
  return `The rollout ${id} of ${plan.release} is under way${state}: ${what}, so its share changes step by step.`;
}

/** One line about the rollout, and its waves. */
export function rolloutText(rollout: RolloutState, now: number): string {
  return [
    headline(rollout),
    plainTable(
      ["wave", "fleet", "phase", "since", "release", "was", "bake"],
      wavesOf(rollout).map((wave) => waveRow(rollout, wave, now)),
    ),
  ].join("\n");
}

function waveRow({ plan }: RolloutState, { index, plan: wave, state }: Wave, now: number): readonly string[] {
  const fleet = plan.fleets[wave.fleet];
  const isBack = state.direction === "back" ? ", back" : "";
  return [
    String(index + 1),
    wave.sites === undefined ? wave.fleet : `${wave.fleet}: ${wave.sites.join(", ")}`,
    `${state.phase}${isBack}`,
    state.phase === "waiting" ? "" : durationText(now - state.since),
    fleet?.next.id ?? "",
    wasText(plan, wave.fleet),
    state.baked > 0 ? `${durationText(state.baked)} of ${durationText(plan.bakeSeconds)}` : "",
  ];
}

/** What a fleet ran at the start: `r1`; where some sites ran another release, `r1, us-east-1=r2`. */
export function wasText({ fleets }: RolloutPlan, fleet: string): string {
  const previous = fleets[fleet]?.previous;
  return previous === undefined ? "" : releaseText(recordedRelease(previous));
}

/** Everything that has happened, one line each, with what was seen below it. */
export function historyText(history: readonly HistoryEntry[]): string {
  return history
    .map(({ at, by, what, fleet, why, evidence = [] }) =>
      [
        `${timeText(at)}  ${by}  ${fleet === undefined ? "" : `${fleet}: `}${what}${why === undefined ? "" : ` (${why})`}`,
        ...evidence.map((line) => `    ${line}`),
      ].join("\n"),
    )
    .join("\n");
}
