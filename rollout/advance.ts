/** One step of a rollout: look, decide, record, act, record. Whatever ends it in between, the next one goes on from there. */
import { PolycastError } from "../constructs/fleet/problem";
import { decide, type Decision } from "./decide";
import { record } from "./record";
import type { Occasion, RolloutEvent } from "./rollout-event";
import type { RolloutState } from "./rollout-state";
import type { Outcome, RolloutStore, RolloutWorld } from "./rollout-world";

/** What an advance has come to. */
export interface Advance {
  readonly rollout: RolloutState;
  /** The last decision: what was done, or why nothing was. */
  readonly decision: Decision;
  /** Where something was done. */
  readonly outcome?: Outcome;
}

/**
 * Takes at most one action. Who calls it holds the lock of the rollout for as long as it takes.
 * @param by a person, or the scheduler's name.
 * @throws PolycastError where there is no rollout, and where somebody else has written meanwhile.
 */
export async function advance(store: RolloutStore, world: RolloutWorld, by: string): Promise<Advance> {
  const stored = await store.read();
  if (stored === undefined) throw new PolycastError("There is no rollout to advance.");
  let { rollout, version } = stored;

  const keep = async (event: RolloutEvent, occasion: Omit<Occasion, "at" | "by">): Promise<void> => {
    const next = record(rollout, event, { at: world.now(), by, ...occasion });
    const written = await store.write(next, version);
    if (written === undefined) {
      throw new PolycastError(
        "Somebody else has written the rollout's state meanwhile; nothing more was done.",
        [{ where: rollout.id, what: "another advance or a command was faster, or the lock is lost" }],
      );
    }
    [rollout, version] = [next, written];
  };

  const look = await world.look(rollout.plan);
  for (;;) {
    const decision = decide(rollout, look, world.now());
    if (decision.kind === "note") {
      await keep(decision.event, { why: decision.why, evidence: decision.evidence });
      continue;
    }
    if (decision.kind !== "act") return { rollout, decision };
    const { action, why } = decision;
    await keep({ kind: "intend", action }, { why });
    const outcome = await (action.kind === "steer" ? world.steer(action) : world.replace(action));
    if (outcome.kind === "refused") await keep({ kind: "refused", action }, { why: outcome.why });
    else if (action.kind === "replace") await keep({ kind: "replaced" }, {});
    else if (outcome.dns !== undefined) await keep({ kind: "steered", ...outcome.dns }, {});
    return { rollout, decision, outcome };
  }
}
