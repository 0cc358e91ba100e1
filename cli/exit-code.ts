import { signalCode, type GracefulResult } from "../sandbox/graceful-child";

/** Exit codes of the command: done, failed, wrongly used. Stopped by a signal: 128 plus its number. */
export const FAILED = 1;
export const USAGE = 2;

/** What our own exit code is after a command of ours that ran another. */
export function exitCodeOf({ code, stoppedBy }: GracefulResult): number {
  return stoppedBy === undefined ? code : signalCode(stoppedBy);
}
