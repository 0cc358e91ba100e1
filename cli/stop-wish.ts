const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
/** In milliseconds. */
const LONG = 1_000_000;

/** Notices that somebody wants us to stop, while we do something that must be brought to an end first. */
export interface StopWish {
  /** The first signal that arrived, if one has. */
  signal(): NodeJS.Signals | undefined;
  /** Waits, with the process kept alive, until a signal arrives. */
  arrival(): Promise<void>;
  /** Lets signals end the process again. */
  release(): void;
}

/** @param onFirst told once, when the first signal arrives. */
export function listenForStop(onFirst: (signal: NodeJS.Signals) => void = () => undefined): StopWish {
  let first: NodeJS.Signals | undefined;
  let wake = (): void => undefined;
  const heard = (signal: NodeJS.Signals): void => {
    if (first === undefined) onFirst(signal);
    first ??= signal;
    wake();
  };
  for (const signal of SIGNALS) process.on(signal, heard);
  return {
    signal: () => first,
    arrival: async () => {
      // Neither a promise nor a signal's listener keeps Node.js running; a timer does.
      const hold = setInterval(() => undefined, LONG);
      while (first === undefined) await new Promise<void>((resolve) => (wake = resolve));
      clearInterval(hold);
    },
    release: () => {
      SIGNALS.forEach((signal) => process.off(signal, heard));
    },
  };
}
