import { statSync } from "node:fs";
import { PolycastError } from "../constructs/fleet/problem";
import { faultsSchema, type Fault } from "./engine/fault";
import { readJson, writeJson } from "./sandbox-record";

/**
 * The faults in a file; none where there is no file.
 *
 * @throws PolycastError with every mistake in it.
 */
export function readFaults(path: string): readonly Fault[] {
  let content: unknown;
  try {
    content = readJson(path) ?? [];
  } catch (error) {
    throw new PolycastError("The file of faults cannot be read", [
      { where: path, what: String(error), remedy: "Make it anew: npx polycast sandbox fault clear" },
    ]);
  }
  return checkFaults(content, path);
}

/** Replaces the faults; a running sandbox heeds them at its next operation. */
export function writeFaults(path: string, faults: readonly Fault[]): void {
  writeJson(path, faults);
}

/**
 * Faults out of something that a person wrote.
 *
 * @throws PolycastError with every mistake in it.
 */
export function checkFaults(content: unknown, where: string): readonly Fault[] {
  const parsed = faultsSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new PolycastError(
    "A fault is not described as it must be",
    parsed.error.issues.map(({ path, message }) => ({
      where: [where, ...path.map(String)].join("."),
      what: message,
    })),
  );
}

/**
 * A function that gives the faults of a file as it is at each call, and reads it only after it has changed. A file
 * that cannot be used is reported once, and the last faults go on.
 */
export function watchFaults(path: string, report: (trouble: string) => void): () => readonly Fault[] {
  let version: string | undefined;
  let faults: readonly Fault[] = [];
  return () => {
    const now = versionOf(path);
    if (now === version) return faults;
    version = now;
    try {
      faults = readFaults(path);
    } catch (error) {
      report(error instanceof Error ? error.message : String(error));
    }
    return faults;
  };
}

function versionOf(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? "absent" : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
}
