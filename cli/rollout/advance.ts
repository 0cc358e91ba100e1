import { setTimeout as sleep } from "node:timers/promises";
import { PolycastError } from "../../constructs/fleet/problem";
import type { HeldLease } from "../../live/lease";
import { advance, type Advance } from "../../rollout/advance";
import { FAILED, STOPPED } from "../exit-code";
import { listenForStop } from "../stop-wish";
import { heldText, personName } from "./person";
import { readRollout, withRollout } from "./rollout-store";
import { hasStopped } from "./has-stopped";
import { decisionText, rolloutText } from "./rollout-text";
import { openScene, openTeller, type RolloutScene } from "./scene";
import type { TellNews } from "./tell-news";
import { rolloutWorld } from "./world";

/** How often a follower looks when nothing happens, in seconds of the clock. */
const LOOK_EVERY = 60;
/** The shortest that it rests, in milliseconds, however fast the clock runs. */
const REST = 200;

export interface AdvanceOptions {
  readonly by?: string;
  readonly follow?: true;
  readonly json?: true;
}

/** `polycast rollout advance`: one step, for any scheduler; with `follow`, all of them. */
export async function runAdvance(options: AdvanceOptions): Promise<void> {
  const scene = await openScene();
  const tellNews = openTeller(scene);
  if (options.follow) {
    await follow(scene, tellNews, options);
    return;
  }
  const step = await advanceAndTell(scene, tellNews, options);
  print(step, scene, options);
  if (step.kind === "advanced" && hasStopped(step)) process.exitCode = STOPPED;
}

/** What one call has come to; without `rollout`: there was nothing to advance. */
export type Step =
  | ({ readonly kind: "advanced" } & Advance)
  | { readonly kind: "held"; readonly held: HeldLease }
  | { readonly kind: "nothing"; readonly why: string }
  /** It could not be found out, or a state was locked; the next one tries again. */
  | { readonly kind: "failed"; readonly why: string };

/** What was recorded is told, also where the step did not come to its end. */
async function advanceAndTell(
  scene: RolloutScene,
  tellNews: TellNews,
  options: AdvanceOptions,
): Promise<Step> {
  try {
    return await advanceOnce(scene, options);
  } finally {
    await tellNews();
  }
}

async function advanceOnce(scene: RolloutScene, { by, json }: AdvanceOptions): Promise<Step> {
  const { environment, live } = scene;
  // A scheduler calls again and again: what has ended is neither locked nor looked at.
  const stored = await readRollout(live.objects, environment.name);
  if (stored === undefined) return { kind: "nothing", why: "There is no rollout." };
  const { id, ended } = stored.rollout;
  if (ended !== undefined) return { kind: "nothing", why: `The rollout ${id} has ended: ${ended.result}.` };
  const tell = (line: string): void => {
    (json ? process.stderr : process.stdout).write(`${line}\n`);
  };
  const result = await withRollout(live.objects, environment.name, "rollout advance", (store) =>
    advance(store, rolloutWorld(scene, stored.rollout, tell), by ?? personName()),
  );
  return "heldBy" in result ? { kind: "held", held: result } : { kind: "advanced", ...result };
}

/** Step after step, without a pause where there is something to do. */
async function follow(scene: RolloutScene, tellNews: TellNews, options: AdvanceOptions): Promise<void> {
  const stopped = new AbortController();
  const wish = listenForStop(() => {
    stopped.abort();
  });
  let last = "";
  try {
    while (wish.signal() === undefined) {
      const step = await advanceAndTell(scene, tellNews, options).catch(failedStep);
      const text = stepText(step, scene.clock.now());
      const isNews = step.kind !== "advanced" || step.decision.kind !== "wait" || !sameWait(text, last);
      if (options.json || (isNews && text !== last)) print(step, scene, options);
      last = text;
      if (step.kind === "advanced" && hasStopped(step)) process.exitCode = STOPPED;
      else if (step.kind === "failed") process.exitCode = FAILED;
      else if (step.kind === "advanced") process.exitCode = 0;
      if (step.kind === "nothing") return;
      if (step.kind === "advanced") {
        if (step.decision.kind === "ended" || step.rollout.paused !== undefined) return;
        if (step.decision.kind === "act") continue;
      }
      await sleep(restOf(step, scene), undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  } finally {
    wish.release();
  }
}

/** What keeps one step from being taken need not keep the next one. */
function failedStep(error: unknown): Step {
  if (error instanceof PolycastError) return { kind: "failed", why: error.message };
  throw error;
}

/** In milliseconds, until something may have changed. */
function restOf(step: Step, { clock }: RolloutScene): number {
  const until = step.kind === "advanced" && step.decision.kind === "wait" ? step.decision.until : undefined;
  const seconds = Math.min(LOOK_EVERY, until === undefined ? LOOK_EVERY : until - clock.now() + 1);
  return Math.max(REST, (seconds * 1000) / clock.scale());
}

/** Whether two texts differ in times only. */
function sameWait(one: string, other: string): boolean {
  const plain = (text: string): string => text.replaceAll(/\d+/g, "");
  return plain(one) === plain(other);
}

function print(step: Step, { clock }: RolloutScene, { json }: AdvanceOptions): void {
  process.stdout.write(json ? `${JSON.stringify(step)}\n` : `${stepText(step, clock.now())}\n`);
}

function stepText(step: Step, now: number): string {
  if (step.kind === "nothing" || step.kind === "failed") return step.why;
  if (step.kind === "held") return heldText(step.held);
  const { decision, outcome, rollout } = step;
  const refused = outcome?.kind === "refused" ? `\nRefused: ${outcome.why}` : "";
  return `${decisionText(decision, now)}${refused}${decision.kind === "ended" ? `\n${rolloutText(rollout, now)}` : ""}`;
}
