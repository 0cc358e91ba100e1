import { signalCode, type GracefulResult } from "../sandbox/graceful-child";

/** Exit codes of the command: done, failed, wrongly used. Stopped by a signal: 128 plus its number. */
export const FAILED = 1;
export const USAGE = 2;
/** What was asked could not be found out, or not all of it. */
export const UNKNOWN = 3;
/** A rollout stands until the evidence changes or a person says something, or has gone back. */
export const STOPPED = 4;

/** What our own exit code is after a command of ours that ran another. */
export function exitCodeOf({ code, stoppedBy }: GracefulResult): number {
  return stoppedBy === undefined ? code : signalCode(stoppedBy);
}

/** Somebody stopped us while a command of ours was at work; that has ended what was in flight. */
export class Stopped extends Error {
  public constructor(public readonly signal: NodeJS.Signals) {
    super("Stopped. The same command goes on from here.");
    this.name = "Stopped";
  }
}
