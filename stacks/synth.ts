import type { App } from "cdktf";

/**
 * Builds an app and writes its stacks.
 *
 * CDKTF takes a stack trace for every token. Under ts-node each would be mapped back to TypeScript at once, which
 * costs more than all the rest of a large synth (bench/synth.ts); they are shown only in CDKTF's own errors.
 */
export function synth(build: () => App): void {
  // undefined is what Node starts with; the type does not say so.
  const errors = Error as { prepareStackTrace?: unknown };
  const mapped = errors.prepareStackTrace;
  errors.prepareStackTrace = undefined;
  try {
    build().synth();
  } finally {
    errors.prepareStackTrace = mapped;
  }
}
