import { linkSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Makes this process the only one at work in a directory.
 *
 * The lock is the file `lock.<n>` with the highest n, and holds its process's number. A lock whose process is gone
 * is taken over by making `lock.<n+1>`, which succeeds for one process only: a stale file is never removed to make
 * room, so two that find it at the same time cannot both win.
 *
 * @param isAlive whether the process of that number still works in the directory.
 * @returns the function that gives the lock back, or undefined where a living process holds it.
 */
export function lockDirectory(
  directory: string,
  isAlive: (pid: number) => boolean,
): (() => void) | undefined {
  const draft = join(directory, `lock-of-${process.pid}`);
  writeFileSync(draft, String(process.pid));
  try {
    for (;;) {
      const locks = lockNumbers(directory);
      const newest = Math.max(0, ...locks);
      if (locks.length > 0 && isHeld(join(directory, `lock.${newest}`), isAlive)) return undefined;
      const own = join(directory, `lock.${newest + 1}`);
      if (!link(draft, own)) continue;
      for (const stale of locks) rmSync(join(directory, `lock.${stale}`), { force: true });
      return () => {
        rmSync(own, { force: true });
      };
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

function lockNumbers(directory: string): number[] {
  return readdirSync(directory).flatMap((name) => {
    const number = /^lock\.(\d+)$/.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

function isHeld(path: string, isAlive: (pid: number) => boolean): boolean {
  try {
    const pid = Number(readFileSync(path, "utf8"));
    // Our own number in a lock that we do not hold: it was given to another process before.
    return pid !== process.pid && isAlive(pid);
  } catch {
    return false; // given back just now
  }
}

/** A link appears with its content, or not at all. */
function link(existing: string, path: string): boolean {
  try {
    linkSync(existing, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
