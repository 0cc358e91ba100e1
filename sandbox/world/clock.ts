import { PolycastError } from "../../constructs/fleet/problem";
import { Timetable } from "./timetable";

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

/** A clock on real time. */
export interface ScaledClock extends Clock {
  /** @throws PolycastError for a scale that is not allowed; the clock then goes on as it did. */
  setScale(scale: number): void;
}

/** A clock for tests: it stands still until it is moved. */
export interface ManualClock extends Clock {
  /** Runs all that is due in so many seconds of world time, in order, each thing at its own time. */
  advance(seconds: number): void;
}

/** Beyond it, a world second is shorter than what a real timer can tell apart by far. */
const MAX_SCALE = 100_000;

/** How long due timers run before what else the process has to do gets its turn, in real milliseconds. */
const SLICE = 10;

/** The longest that Node's timers wait, in milliseconds; above it they do not wait at all. */
const LONGEST_WAIT = 2 ** 31 - 1;

/** A number that a clock may have for its scale. @throws PolycastError for any other. */
export function checkScale(scale: number): number {
  if (scale > 0 && scale <= MAX_SCALE) return scale;
  throw new PolycastError("The world's clock cannot run at this scale.", [
    {
      where: "scale",
      what: `got ${scale}; allowed are numbers above 0, up to ${MAX_SCALE}`,
      remedy: "1 is real time; at 600, ten minutes of the world take a second.",
    },
  ]);
}

/**
 * World time that passes `scale` times as fast as real time. It keeps no process alive.
 *
 * Each timer sees its own time, and no timer is skipped: where the process is too busy, world time waits for the timers
 * that are due, and catches up when it can.
 *
 * @param start world time now, in milliseconds since 1970.
 * @throws PolycastError for a scale that is not allowed.
 */
export function scaledClock({ scale, start }: { scale: number; start: number }): ScaledClock {
  const timetable = new Timetable();
  let pace = { scale: checkScale(scale), world: start, real: performance.now() };
  let running: number | undefined; // the time of the timer that runs
  let wake: NodeJS.Timeout | undefined;
  let wakeAt = Infinity;

  const elapsed = () => pace.world + (performance.now() - pace.real) * pace.scale;
  const now = () => running ?? Math.min(elapsed(), timetable.next);

  /** Sets the one real timer to the next entry. While due timers run, their end does it. */
  function plan(): void {
    if (running !== undefined || timetable.next === wakeAt) return;
    clearTimeout(wake);
    wakeAt = timetable.next;
    if (wakeAt === Infinity) return;
    const wait = Math.max(0, (wakeAt - elapsed()) / pace.scale);
    wake = setTimeout(runDue, Math.min(wait, LONGEST_WAIT)).unref();
  }

  function runDue(): void {
    wakeAt = Infinity;
    const end = performance.now() + SLICE;
    try {
      while (timetable.next <= elapsed() && performance.now() < end) {
        running = timetable.next;
        timetable.runNext();
      }
    } finally {
      running = undefined;
      plan();
    }
  }

  return {
    now,
    get scale() {
      return pace.scale;
    },
    setScale: (wanted) => {
      pace = { scale: checkScale(wanted), world: now(), real: performance.now() };
      wakeAt = Infinity;
      plan();
    },
    ...timersOn(timetable, now, plan),
  };
}

/** @param start world time at first, in milliseconds since 1970. */
export function manualClock(start = 0): ManualClock {
  const timetable = new Timetable();
  let time = start;
  return {
    now: () => time,
    scale: 1,
    advance: (seconds) => {
      const end = time + seconds * 1000;
      while (timetable.next <= end) {
        time = timetable.next;
        timetable.runNext();
      }
      time = end;
    },
    ...timersOn(timetable, () => time),
  };
}

function timersOn(
  timetable: Timetable,
  now: () => number,
  changed: () => void = () => undefined,
): Pick<Clock, "after" | "every"> {
  const add = (seconds: number, then: () => void, recurs: boolean): Timer => {
    if (!(seconds >= 0) || (recurs && seconds === 0)) throw new RangeError(`a timer of ${seconds} seconds`);
    const cancel = timetable.add(now() + seconds * 1000, then, recurs ? seconds * 1000 : undefined);
    changed();
    return { cancel };
  };
  return {
    after: (seconds, then) => add(seconds, then, false),
    every: (seconds, then) => add(seconds, then, true),
  };
}
