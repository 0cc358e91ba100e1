import { command } from "../../rollout/command";
import { decide } from "../../rollout/decide";
import { record } from "../../rollout/record";
import { startRollout } from "../../rollout/rollout-state";

/** The pure functions that are checked together; a mutant has another one of them. */
export interface Machine {
  readonly start: typeof startRollout;
  readonly decide: typeof decide;
  readonly record: typeof record;
  readonly command: typeof command;
}

export const MACHINE: Machine = { start: startRollout, decide, record, command };
