/** Something that will happen at a time of the world. */
export interface Timer {
  cancel(): void;
}

/**
 * The world's time. All that lasts in the world (boots, checks, TTLs, bakes) is measured by it and by nothing else, so
 * that it can run fast, and tests can move it by hand.
 */
export interface Clock {
  /** World time, in milliseconds since 1970. */
  now(): number;
  /** World seconds per real second. */
  readonly scale: number;
  /** Runs `then` once, `seconds` of world time from now. */
  after(seconds: number, then: () => void): Timer;
  /** Runs `then` again and again, the first time `seconds` of world time from now. */
  every(seconds: number, then: () => void): Timer;
}
