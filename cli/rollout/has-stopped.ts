import type { Advance } from "../../rollout/advance";
import { waveInTransition, type RolloutState } from "../../rollout/rollout-state";

/** Whether a person should know of what an advance has come to: it does not go on by itself, or has just gone back. */
export function hasStopped({ rollout, decision, outcome }: Advance): boolean {
  return (
    decision.kind === "stop" ||
    outcome?.kind === "refused" ||
    (decision.kind === "ended" && decision.result !== "finished") ||
    triesAgain(rollout)
  );
}

/** Whether a fleet that goes back was told more than once to be what it was: its provider does not make it so. */
function triesAgain(rollout: RolloutState): boolean {
  if (rollout.ended !== undefined || waveInTransition(rollout)?.state.direction !== "back") return false;
  const { history } = rollout;
  const turned = history.findLastIndex(({ what }) =>
    ["turn back", "begin back", "abort", "abort all"].includes(what),
  );
  return history.slice(turned + 1).filter(({ what }) => what === "replaced").length > 1;
}
