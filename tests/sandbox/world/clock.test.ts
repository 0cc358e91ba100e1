import { spawnSync } from "node:child_process";
import { PolycastError } from "../../../constructs/fleet/problem";
import { PROJECT_ROOT } from "../../../live/state-location";
import { manualClock, scaledClock, type Clock } from "../../../sandbox/world/clock";

const real = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

function busy(milliseconds: number): void {
  const until = performance.now() + milliseconds;
  while (performance.now() < until);
}

/** Writes down what happens, with the time that it sees. */
function diary(clock: Clock): { lines: string[]; note: (what: string) => () => void } {
  const lines: string[] = [];
  return { lines, note: (what) => () => void lines.push(`${what} ${clock.now() / 1000}`) };
}

describe("the manual clock", () => {
  test("stands still until it is moved", () => {
    const clock = manualClock(5_000);
    expect(clock.now()).toBe(5_000);
    clock.advance(2.5);
    expect(clock.now()).toBe(7_500);
  });

  test("runs what is due in order of time, then of making, each at its own time", () => {
    const clock = manualClock();
    const { lines, note } = diary(clock);
    clock.after(30, note("c"));
    clock.after(10, note("a"));
    clock.after(30, note("d"));
    clock.after(20, note("b"));
    clock.after(30.001, note("late"));
    clock.advance(30);
    expect(lines).toEqual(["a 10", "b 20", "c 30", "d 30"]);
    expect(clock.now()).toBe(30_000);
  });

  test("runs in the same move what was made during it", () => {
    const clock = manualClock();
    const { lines, note } = diary(clock);
    clock.after(10, () => {
      note("first")();
      clock.after(5, note("second"));
      clock.after(0, note("at once"));
      clock.after(6, note("too late"));
    });
    clock.advance(15);
    expect(lines).toEqual(["first 10", "at once 10", "second 15"]);
  });

  test("repeats without drift", () => {
    const clock = manualClock();
    const { lines, note } = diary(clock);
    clock.every(10, note("tick"));
    clock.advance(25);
    clock.advance(5);
    expect(lines).toEqual(["tick 10", "tick 20", "tick 30"]);
  });

  test("forgets what is cancelled, also by itself and by what runs before it", () => {
    const clock = manualClock();
    const { lines, note } = diary(clock);
    clock.after(10, note("never")).cancel();
    const ticks = clock.every(1, () => {
      note("tick")();
      if (clock.now() === 2_000) ticks.cancel();
    });
    const doomed = clock.after(5, note("doomed"));
    clock.after(5, note("stays"));
    clock.after(4, () => {
      doomed.cancel();
    });
    clock.advance(20);
    expect(lines).toEqual(["tick 1", "tick 2", "stays 5"]);
  });

  test.each([-1, NaN])("refuses a timer of %p seconds", (seconds) => {
    expect(() => manualClock().after(seconds, () => undefined)).toThrow(RangeError);
  });

  test("refuses to repeat all the time", () => {
    expect(() => manualClock().every(0, () => undefined)).toThrow(RangeError);
  });

  test("keeps the order of ten thousand timers made in any order", () => {
    const seed = Date.now() % 100_000;
    let state = seed;
    const random = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const clock = manualClock();
    const seen: { at: number; made: number }[] = [];
    const expected: { at: number; made: number }[] = [];
    for (let made = 0; made < 10_000; made++) {
      const at = Math.floor(random() * 500);
      const timer = clock.after(at, () => void seen.push({ at: clock.now() / 1000, made }));
      if (random() < 0.2) timer.cancel();
      else expected.push({ at, made });
    }
    clock.advance(500);
    expected.sort((one, other) => one.at - other.at || one.made - other.made);
    expect({ seed, seen }).toEqual({ seed, seen: expected });
  });
});

describe("the scaled clock", () => {
  test("shows world time, so many times as fast", async () => {
    const before = performance.now();
    const clock = scaledClock({ scale: 1_000, start: 7_000_000 });
    const begun = performance.now();
    await real(20);
    const least = (performance.now() - begun) * 1_000;
    const shown = clock.now() - 7_000_000;
    expect(shown).toBeGreaterThanOrEqual(least);
    expect(shown).toBeLessThanOrEqual((performance.now() - before) * 1_000);
    expect(clock.scale).toBe(1_000);
  });

  test("runs timers in order, each at its own time, however late", async () => {
    const clock = scaledClock({ scale: 1_000, start: 0 });
    const lines: string[] = [];
    // While a timer runs, time stands still, so that all of these are made at once.
    await new Promise<void>((resolve) => {
      clock.after(1, () => {
        const begin = clock.now();
        const note = (what: string) => () => void lines.push(`${what} ${Math.round(clock.now() - begin)}`);
        clock.after(10, note("b"));
        clock.after(5, note("a"));
        const ticks = clock.every(4, note("tick"));
        clock.after(15, () => {
          note("end")();
          ticks.cancel();
          resolve();
        });
        busy(20);
      });
    });
    expect(lines).toEqual(["tick 4000", "a 5000", "tick 8000", "b 10000", "tick 12000", "end 15000"]);
  });

  test("never shows a time later than that of a timer that has not run", async () => {
    const clock = scaledClock({ scale: 100_000, start: 0 });
    let ran = false;
    clock.after(1, () => (ran = true));
    busy(2);
    const waiting = clock.now();
    busy(2);
    expect(clock.now()).toBe(waiting);
    expect(ran).toBe(false);
    while (clock.now() === waiting) await real(1);
    expect(ran).toBe(true);
  });

  test("lets others have their turn while it is far behind, and skips nothing", async () => {
    const clock = scaledClock({ scale: 100_000, start: 0 });
    const ticks: number[] = [];
    const begin = clock.now();
    const timer = clock.every(1, () => {
      ticks.push(clock.now());
      busy(1); // a hundred times slower than its period
    });
    const slices: number[] = [];
    for (let i = 0; i < 5; i++) {
      const before = ticks.length;
      await real(1);
      slices.push(ticks.length - before);
    }
    const before = ticks.length;
    await real(300);
    timer.cancel();
    expect(Math.max(...slices)).toBeLessThanOrEqual(30); // not for long at a time
    expect(ticks.length).toBeGreaterThan(before + 12); // and again and again
    const [first = NaN] = ticks;
    expect(first).toBeGreaterThan(begin);
    expect(ticks.map((tick) => Math.round(tick - first))).toEqual(ticks.map((_, i) => i * 1000));
  });

  test("changes its scale, timers included", async () => {
    const clock = scaledClock({ scale: 0.001, start: 0 });
    const ran = new Promise<number>((resolve) => {
      clock.after(60, () => {
        resolve(clock.now());
      });
    });
    await real(5);
    expect(clock.now()).toBeLessThan(1);
    clock.setScale(10_000);
    expect(clock.scale).toBe(10_000);
    expect(await ran).toBeCloseTo(60_000);
  });

  test("keeps no process alive, and needs nothing else that wakes it", () => {
    const program = `
      const { scaledClock } = require("./sandbox/world/clock");
      let ticks = 0;
      scaledClock({ scale: 100_000, start: 0 }).every(1, () => {
        ticks++;
        for (const until = performance.now() + 1; performance.now() < until; );
      });
      setTimeout(() => console.log(ticks), 500);
    `;
    const { stdout, stderr, status } = spawnSync(
      process.execPath,
      ["-r", "ts-node/register", "-e", program],
      {
        cwd: PROJECT_ROOT,
        encoding: "utf8",
        timeout: 10_000,
      },
    );
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    expect(Number(stdout)).toBeGreaterThan(20);
  });

  test("goes on from where it is when its scale changes", async () => {
    const clock = scaledClock({ scale: 10_000, start: 0 });
    await real(10);
    const before = clock.now();
    expect(before).toBeGreaterThan(50_000);
    clock.setScale(1);
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    expect(clock.now()).toBeLessThan(before + 50_000);
  });

  test("never has Node wait for longer than it can, which it would not do at all", () => {
    const waiting = jest.spyOn(globalThis, "setTimeout");
    try {
      scaledClock({ scale: 0.000_01, start: 0 }).after(3_600, () => undefined);
      expect(waiting.mock.calls.map(([, wait]) => wait)).toEqual([2 ** 31 - 1]);
    } finally {
      waiting.mockRestore();
    }
  });

  test("forgets what is cancelled", async () => {
    const clock = scaledClock({ scale: 1_000, start: 0 });
    let ran = false;
    clock.after(1, () => (ran = true)).cancel();
    await real(10);
    expect(ran).toBe(false);
  });

  test.each([
    [0, "0"],
    [-1, "-1"],
    [NaN, "NaN"],
    [Infinity, "Infinity"],
    [100_001, "100001"],
  ])("refuses a scale of %p, and says what is allowed", (scale, shown) => {
    expect(() => scaledClock({ scale, start: 0 })).toThrow(PolycastError);
    const clock = scaledClock({ scale: 2, start: 0 });
    const set = (): void => {
      clock.setScale(scale);
    };
    expect(set).toThrow(PolycastError);
    expect(set).toThrow(`got ${shown}; allowed are numbers above 0, up to 100000`);
    expect(clock.scale).toBe(2);
  });

  test.each([0.001, 1, 600, 100_000])("takes a scale of %p", (scale) => {
    expect(scaledClock({ scale, start: 0 }).scale).toBe(scale);
  });
});
