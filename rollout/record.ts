/** What becomes of the recorded state. Nothing here decides; see `decide` and `command`. */
import { recordedRelease, releaseText } from "../live/live-release";
import type { DnsSeen, Occasion, RolloutEvent } from "./rollout-event";
import {
  isInTransition,
  waveInTransition,
  wavesOf,
  type HistoryEntry,
  type RolloutState,
  type WaveState,
} from "./rollout-state";

/** The state after an event, with the event in its history. */
export function record(rollout: RolloutState, event: RolloutEvent, occasion: Occasion): RolloutState {
  const next = apply(rollout, event, occasion);
  // Every look of a bake would be one.
  if (event.kind === "bake") return next;
  const wave = event.kind === "begin" ? wavesOf(rollout)[event.wave] : waveInTransition(rollout);
  return withHistory(next, describeEvent(event), occasion, wave?.plan.fleet);
}

function apply(rollout: RolloutState, event: RolloutEvent, { at, by, why }: Occasion): RolloutState {
  switch (event.kind) {
    case "begin":
      return begin(rollout, event.wave, event.direction, at);
    case "enter":
      return event.phase === "done" ? finishWave(rollout, at) : changeWave(rollout, enter(event.phase, at));
    case "turn back":
      return turnBack({ ...rollout, course: rollout.course === "forward" ? "back" : rollout.course }, at);
    case "end":
      return { ...rollout, ended: { at, result: event.result } };
    case "intend": {
      const { action } = event;
      return changeWave(rollout, (wave) =>
        action.kind === "steer" ? { ...wave, intent: action.percent } : { ...wave, touched: true },
      );
    }
    case "steered":
      return seeDns(rollout, ownStep(rollout, event), at);
    case "dns":
      return seeDns(rollout, event, at);
    case "interference":
      return {
        ...changeWave(seeDns(rollout, event, at), (wave) => ({ ...wave, intent: undefined })),
        paused: { at, by, ...(why !== undefined && { why }) },
      };
    case "replaced":
      return changeWave(rollout, enter("settling", at));
    case "refused":
      // A step that was refused is taken again.
      if (event.action.kind === "steer") return rollout;
      return changeWave(rollout, (wave) => ({ ...wave, refused: why ?? "no reason given" }));
    case "bake":
      return changeWave(rollout, (wave) => ({
        ...wave,
        baked: wave.baked + countedSeconds(wave, event.at, rollout.plan.lookSeconds),
        bakedAt: event.at,
      }));
    case "doubt":
      return changeWave(rollout, doubt);
    case "clock":
      return restartWaits(rollout, at);
  }
}

/** @param index of the wave. */
function begin(
  rollout: RolloutState,
  index: number,
  direction: WaveState["direction"],
  at: number,
): RolloutState {
  const { fleet: name } = rollout.plan.waves[index] ?? { fleet: "" };
  const fleet = rollout.plan.fleets[name];
  // A fleet that runs the release already has nothing to replace, and has to prove itself like the others.
  const runsIt =
    direction === "forward" && fleet?.previous.id === fleet?.next.id && fleet?.previous.sites === undefined;
  const waves = rollout.waves.map((wave, each) =>
    each === index
      ? {
          ...enter(runsIt ? "baking" : "draining", at)(wave),
          direction,
          touched: direction === "back",
        }
      : wave,
  );
  return { ...rollout, waves };
}

/**
 * The wave in transition is undone: drained first where its nodes may be of the new release, by it or an earlier wave of its
 * fleet. Only what it has done itself counts as touched: until then its nodes are what that one has made of them.
 */
export function turnBack(rollout: RolloutState, at: number): RolloutState {
  const { fleet } = waveInTransition(rollout)?.plan ?? {};
  const earlier = wavesOf(rollout).some(
    ({ plan, state }) => plan.fleet === fleet && state.phase === "done" && state.direction === "forward",
  );
  return changeWave(rollout, (wave) =>
    wave.direction === "back"
      ? wave
      : { ...enter(wave.touched || earlier ? "draining" : "restoring", at)(wave), direction: "back" },
  );
}

/** Going back gives a fleet all that it had, so earlier waves of the same fleet are undone too. */
function finishWave(rollout: RolloutState, at: number): RolloutState {
  const wave = waveInTransition(rollout);
  const done = changeWave(rollout, enter("done", at));
  if (wave?.state.direction !== "back") return done;
  const waves = done.waves.map((each, index) =>
    rollout.plan.waves[index]?.fleet === wave.plan.fleet && each.phase === "done"
      ? { ...each, direction: "back" as const }
      : each,
  );
  return { ...done, waves };
}

const enter =
  (phase: WaveState["phase"], at: number) =>
  ({ direction, touched, intent, approved, baked, refused }: WaveState): WaveState => ({
    phase,
    direction,
    since: at,
    touched,
    baked: phase === "done" ? baked : 0,
    // The step may have been taken, and is seen at the next look.
    ...(intent !== undefined && phase !== "done" && { intent }),
    ...(approved !== undefined && { approved }),
    // It is of interest until the nodes are what they should be.
    ...(refused !== undefined && ["draining", "replacing"].includes(phase) && { refused }),
  });

function doubt(wave: WaveState): WaveState {
  return { ...wave, bakedAt: undefined };
}

function countedSeconds({ bakedAt }: WaveState, at: number, most: number): number {
  return bakedAt === undefined ? 0 : Math.min(Math.max(0, at - bakedAt), most);
}

/**
 * What a step of our own has changed, and no more: a share that somebody else changed meanwhile is still news to the next
 * look, which pauses for it.
 */
function ownStep(rollout: RolloutState, seen: DnsSeen): DnsSeen {
  const wave = waveInTransition(rollout);
  const before = rollout.dns?.percents;
  if (wave === undefined || before === undefined) return seen;
  const { fleet } = wave.plan;
  return { ...seen, percents: { ...before, [fleet]: wave.state.intent ?? seen.percents[fleet] ?? 0 } };
}

function seeDns(rollout: RolloutState, { mark, ttl, percents }: DnsSeen, at: number): RolloutState {
  const hold = 2 * Math.max(ttl, rollout.dns?.ttl ?? 0);
  return { ...rollout, dns: { mark, ttl, percents: { ...percents }, since: at, hold } };
}

/** Whatever waits begins to wait anew, so no wait becomes shorter. */
export function restartWaits(rollout: RolloutState, at: number): RolloutState {
  const waves = rollout.waves.map((wave) => doubt({ ...wave, since: at }));
  return { ...rollout, waves, ...(rollout.dns !== undefined && { dns: { ...rollout.dns, since: at } }) };
}

/** Changes the wave in transition. */
export function changeWave(rollout: RolloutState, change: (wave: WaveState) => WaveState): RolloutState {
  return { ...rollout, waves: rollout.waves.map((wave) => (isInTransition(wave) ? change(wave) : wave)) };
}

export function withHistory(
  rollout: RolloutState,
  what: string,
  { at, by, why, evidence }: Occasion,
  fleet?: string,
): RolloutState {
  const entry: HistoryEntry = {
    at,
    by,
    what,
    ...(fleet !== undefined && { fleet }),
    ...(why !== undefined && { why }),
    ...(evidence !== undefined && { evidence: [...evidence] }),
  };
  return { ...rollout, history: [...rollout.history, entry] };
}

function describeEvent(event: RolloutEvent): string {
  switch (event.kind) {
    case "begin":
      return `begin ${event.direction}`;
    case "enter":
      return `enter ${event.phase}`;
    case "end":
      return `end: ${event.result}`;
    case "intend":
      return event.action.kind === "steer"
        ? `share to ${event.action.percent} %`
        : `replace with ${releaseText(recordedRelease(event.action.release))}`;
    case "turn back":
    case "steered":
    case "replaced":
    case "refused":
    case "dns":
    case "interference":
    case "bake":
    case "doubt":
    case "clock":
      return event.kind;
  }
}
