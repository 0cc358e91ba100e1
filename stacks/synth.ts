import type { App } from "cdktf";

/**
 * Builds an app, writes its stacks, and returns it.
 *
 * CDKTF takes a stack trace for every token. Under ts-node each would be mapped back to TypeScript at once, which
 * costs more than all the rest of a large synth (bench/synth.ts); they are shown only in CDKTF's own errors.
 */
export function synth(build: () => App): App {
  const errors = Error as { prepareStackTrace?: unknown };
  const mapped = errors.prepareStackTrace;
  // As Node does it. Without any, Node would take that of the realm around this one, which maps as well.
  errors.prepareStackTrace = (error: Error, trace: readonly NodeJS.CallSite[]) =>
    [String(error), ...trace.map(String)].join("\n    at ");
  try {
    const app = build();
    app.synth();
    return app;
  } finally {
    errors.prepareStackTrace = mapped;
  }
}
