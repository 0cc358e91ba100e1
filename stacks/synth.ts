import type { App } from "cdktf";

/**
 * Builds an app and writes its stacks.
 *
 * CDKTF takes a stack trace for every token. Under ts-node each would be mapped back to TypeScript at once, which
 * costs more than all the rest of a large synth (bench/synth.ts); they are shown only in CDKTF's own errors.
 */
export function synth(build: () => App): void {
  const { prepareStackTrace } = Error;
  // undefined is what Node starts with; the type does not say so.
  (Error as { prepareStackTrace?: typeof prepareStackTrace | undefined }).prepareStackTrace = undefined;
  try {
    build().synth();
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
  }
}
