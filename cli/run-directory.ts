import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { hostname } from "node:os";
import path from "node:path";

/** A run's plan or builder is long done after a day, in milliseconds: whatever process its number now belongs to. */
const OLD = 86_400_000;

/**
 * Makes an empty directory for what one run may write down for a while, such as a saved plan or the key of a builder:
 * readable by its owner only. Those of runs that were killed are removed: their processes are gone, or they are a day
 * old where nobody can tell, as on a disk that several machines share.
 *
 * @param parent is made where it is not there.
 * @param purpose `plan`; the machine and the process are part of the name too.
 * @returns its path; whoever asked for it removes it.
 */
export function makeRunDirectory(parent: string, purpose: string): string {
  const prefix = `${purpose}-${hostname()}-`;
  mkdirSync(parent, { recursive: true });
  for (const name of readdirSync(parent).filter((each) => each.startsWith(`${purpose}-`))) {
    const [, pid] = name.startsWith(prefix) ? (/^(\d+)-/.exec(name.slice(prefix.length)) ?? []) : [];
    try {
      const directory = path.join(parent, name);
      const left = pid !== undefined && !isRunning(Number(pid));
      if (left || statSync(directory).mtimeMs < Date.now() - OLD)
        rmSync(directory, { recursive: true, force: true });
    } catch {
      // Somebody else's.
    }
  }
  return mkdtempSync(path.join(parent, `${prefix}${process.pid}-`));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // There is one that is not ours.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
