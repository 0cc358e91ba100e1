import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Its process is part of its name. */
const NAME = /^polycast-image-(\d+)-/;

/**
 * Makes an empty directory for one run, readable by its owner only, and removes those of runs that were killed: they
 * hold the keys of builders.
 * @returns its path.
 */
export function makeWorkspace(): string {
  const directory = tmpdir();
  for (const name of readdirSync(directory)) {
    const [, pid] = NAME.exec(name) ?? [];
    if (pid === undefined || isRunning(Number(pid))) continue;
    try {
      rmSync(path.join(directory, name), { recursive: true, force: true });
    } catch {
      // Somebody else's.
    }
  }
  return mkdtempSync(path.join(directory, `polycast-image-${process.pid}-`));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // There is one that is not ours.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
