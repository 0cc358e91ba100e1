import { z } from "zod";
import type { Replacement } from "../../constructs/fleet/cloud-life";

/** How long a cloud waits for a new node to get ready until it gives up, in milliseconds: EC2's hour. */
const PATIENCE = 3_600_000;

/** How far the replacement of a group's nodes has come since its template changed. World times in milliseconds. */
export const progressSchema = z.object({
  /** How many checkpoints it has left behind. */
  checkpoint: z.int(),
  /** How many nodes were replaced when it last came forward. */
  replaced: z.int(),
  /** When it last came forward. */
  at: z.number(),
  /** Until when it pauses at a checkpoint. */
  pausedUntil: z.number().optional(),
});
export type Progress = Readonly<z.infer<typeof progressSchema>>;

/** A group's nodes as a replacement sees them: those of an older template, and those of the one that is wanted. */
export interface Tally {
  readonly wanted: number;
  readonly old: number;
  readonly oldHealthy: number;
  readonly fresh: number;
  /** Fresh nodes that count: healthy, and for as long as their warm-up takes. */
  readonly ready: number;
}

/** What is to be done now: so many old nodes stop, and so many fresh ones start, at once. */
export interface Step {
  readonly progress: Progress | "done" | "failed";
  readonly stop: number;
  readonly start: number;
}

export function beginReplacement(now: number): Progress {
  return { checkpoint: 0, replaced: 0, at: now };
}

/** The next step of a replacement, by the rule of its cloud. Pure. */
export function advanceReplacement(
  rule: Exclude<Replacement, { kind: "none" }>,
  progress: Progress,
  tally: Tally,
  now: number,
): Step {
  const replaced = Math.min(tally.ready, goneOf(tally));
  const current = replaced > progress.replaced ? { ...progress, replaced, at: now } : progress;
  const step = rule.kind === "rolling" ? rolling(rule, current, tally, now) : oneAtATime(current, tally, now);
  const { progress: next } = step;
  const stuck = typeof next !== "string" && next.pausedUntil === undefined && now - next.at > PATIENCE;
  return stuck ? { progress: "failed", stop: 0, start: 0 } : step;
}

/**
 * EC2's instance refresh. As long as the smallest number may run, old nodes go, unhealthy ones first; up to the largest
 * number, fresh ones come. A group too small for both percentages is replaced node by node all the same. That the
 * smallest number is rounded up is documented; of the largest we take it, so that one more than one is two.
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/instance-refresh-overview.html
 * https://docs.aws.amazon.com/autoscaling/ec2/userguide/asg-adding-checkpoints-instance-refresh.html
 */
function rolling(
  rule: Extract<Replacement, { kind: "rolling" }>,
  progress: Progress,
  tally: Tally,
  now: number,
): Step {
  const { wanted, old, oldHealthy, fresh, ready } = tally;
  const wait: Step = { progress, stop: 0, start: Math.max(0, wanted - old - fresh) };
  if (progress.pausedUntil !== undefined) {
    if (now < progress.pausedUntil) return wait;
    const { checkpoint, replaced } = progress;
    return rolling(rule, { checkpoint: checkpoint + 1, replaced, at: now }, tally, now);
  }
  const percent = (rule.checkpoints.length === 0 ? [100] : rule.checkpoints)[progress.checkpoint];
  if (percent === undefined) return { ...wait, progress: "done" };
  const goal = Math.ceil((wanted * percent) / 100);
  const gone = goneOf(tally);
  if (Math.min(ready, gone) >= goal) {
    const pause = rule.checkpoints.length === 0 ? 0 : rule.checkpointDelaySeconds * 1000;
    const paused = { ...progress, pausedUntil: now + pause };
    return pause > 0 ? { ...wait, progress: paused } : rolling(rule, paused, tally, now);
  }
  const least = Math.ceil((wanted * rule.minHealthyPercent) / 100);
  const most = mostNodes(rule, wanted);
  const mayGo = Math.max(0, Math.min(old, goal - gone));
  const spare = old - oldHealthy + Math.max(0, oldHealthy + ready - least);
  const stop = Math.min(mayGo, spare);
  const left = old - stop + fresh;
  const start = Math.max(0, wanted - left, Math.min(goal - fresh, most - left));
  if (stop === 0 && start === 0 && mayGo > 0 && ready === fresh) return { progress, stop: 1, start: 1 };
  return { progress, stop, start };
}

/** How many nodes there may be at once while so many are wanted. */
export function mostNodes(rule: Replacement, wanted: number): number {
  return rule.kind === "rolling" ? Math.ceil((wanted * rule.maxHealthyPercent) / 100) : wanted;
}

/** One node stops and starts anew; the next only when all fresh ones are ready. */
function oneAtATime(progress: Progress, { wanted, old, fresh, ready }: Tally, now: number): Step {
  const missing = Math.max(0, wanted - old - fresh);
  if (ready < fresh) return { progress, stop: 0, start: missing };
  if (old === 0) return { progress: "done", stop: 0, start: missing };
  return { progress: { ...progress, at: now }, stop: 1, start: missing + 1 };
}

/** How many of the wanted nodes are old no more. */
function goneOf({ wanted, old }: Tally): number {
  return Math.max(0, wanted - old);
}
