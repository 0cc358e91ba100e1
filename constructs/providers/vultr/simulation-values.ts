import type { LeafChange } from "../../fleet/simulation";

/** When everything was made: no two runs then differ, and nothing reads it. */
export const SIMULATED_DATE = "2026-01-01T00:00:00+00:00";

/** The plugin's `IgnoreCase`: a difference in case is none. */
export function ignoreCase(change: LeafChange): boolean {
  return change.old.toLowerCase() === change.new.toLowerCase();
}
