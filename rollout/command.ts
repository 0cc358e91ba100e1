/** What people say to a rollout. */
import { PolycastError } from "../constructs/fleet/problem";
import { changeWave, restartWaits, turnBack, withHistory } from "./record";
import type { Occasion } from "./rollout-event";
import { waveInTransition, wavesOf, type RolloutState, type Wave, type WaveState } from "./rollout-state";

export type Command =
  | { readonly kind: "pause" }
  | { readonly kind: "resume" }
  /** The wave in transition is undone, no other begins; `all`: those that have baked are undone too, one at a time. */
  | { readonly kind: "abort"; readonly all: boolean }
  /** The wave that waits for a person may begin. */
  | { readonly kind: "approve" }
  /** The phase need not wait: a bake for its time, a drain for the others to be well. Needs a reason. */
  | { readonly kind: "force" }
  /** It ends as it is, whatever runs where: the last resort, where nobody can look at a fleet any more. Needs a reason. */
  | { readonly kind: "abandon" }
  /** The fleet is about to be taken out of traffic: nothing may give it its share back before a person says so. */
  | { readonly kind: "evacuate"; readonly fleet: string };

/**
 * The state after a person's word.
 * @throws PolycastError, with nothing changed, where it makes no sense or lacks its reason.
 */
export function command(rollout: RolloutState, said: Command, occasion: Occasion): RolloutState {
  if (["force", "abandon"].includes(said.kind) && (occasion.why ?? "").trim() === "") {
    throw refusal(rollout, said, "needs a reason, which is logged", "Say why: --reason TEXT");
  }
  if (rollout.ended !== undefined && !(said.kind === "abort" && said.all)) {
    throw refusal(
      rollout,
      said,
      `it has ended: ${rollout.ended.result}`,
      "What has baked can still be undone: abort --all, or be replaced by a new rollout.",
    );
  }
  const next = apply(rollout, said, occasion);
  const what = said.kind === "abort" && said.all ? "abort all" : said.kind;
  return withHistory(next, what, occasion, fleetOf(rollout, said));
}

/** The fleet that it is about; a word such as pause is about the whole rollout. */
function fleetOf(rollout: RolloutState, said: Command): string | undefined {
  switch (said.kind) {
    case "evacuate":
      return said.fleet;
    case "approve":
      return nextWave(rollout)?.plan.fleet;
    case "abort":
    case "force":
      return waveInTransition(rollout)?.plan.fleet;
    case "pause":
    case "resume":
    case "abandon":
      return undefined;
  }
}

function nextWave(rollout: RolloutState): Wave | undefined {
  return wavesOf(rollout).find(({ state }) => state.phase === "waiting");
}

function apply(rollout: RolloutState, said: Command, occasion: Occasion): RolloutState {
  const { at, by, why } = occasion;
  const word = { at, by, ...(why !== undefined && { why }) };
  switch (said.kind) {
    case "pause":
      return { ...rollout, paused: word };
    case "resume": {
      if (rollout.paused === undefined) throw refusal(rollout, said, "it is not paused");
      return restartWaits({ ...rollout, paused: undefined }, at);
    }
    case "abort": {
      const course = said.all || rollout.course === "all-back" ? "all-back" : "back";
      return turnBack({ ...rollout, paused: undefined, ended: undefined, course }, at);
    }
    case "approve": {
      const next = nextWave(rollout);
      if (rollout.plan.approve !== "each" || rollout.course !== "forward" || next === undefined) {
        throw refusal(rollout, said, "no wave waits for a person");
      }
      if (waveInTransition(rollout) !== undefined) {
        throw refusal(rollout, said, "a wave is in transition; the next one is approved when it is done");
      }
      return { ...rollout, waves: rollout.waves.with(next.index, { ...next.state, approved: word }) };
    }
    case "force": {
      const phase: WaveState["phase"] | undefined = waveInTransition(rollout)?.state.phase;
      if (phase !== "draining" && phase !== "baking") {
        throw refusal(
          rollout,
          said,
          `${phase === undefined ? "no fleet is in transition" : `its fleet is ${phase}`}; a person's word counts while one is draining or baking`,
        );
      }
      return changeWave(rollout, (wave) => ({ ...wave, forced: word }));
    }
    case "abandon":
      return { ...rollout, ended: { at, result: "abandoned" } };
    case "evacuate": {
      const { dns } = rollout;
      const { fleet } = said;
      const because = why === undefined ? "" : `: ${why}`;
      return {
        ...changeWave(rollout, (wave) => ({ ...wave, intent: undefined })),
        paused: { at, by, why: `${fleet} is evacuated${because}` },
        // What is known to come is no interference.
        ...(dns !== undefined && { dns: { ...dns, percents: { ...dns.percents, [fleet]: 0 } } }),
      };
    }
  }
}

function refusal({ id }: RolloutState, { kind }: Command, what: string, remedy?: string): PolycastError {
  return new PolycastError(`The rollout was not changed by ${kind}:`, [
    { where: id, what, ...(remedy !== undefined && { remedy }) },
  ]);
}
