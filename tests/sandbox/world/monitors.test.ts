import type { Monitor } from "../../../constructs/fleet/cloud-life";
import { manualClock, type ManualClock } from "../../../sandbox/world/clock";
import { runMonitors, type Monitors } from "../../../sandbox/world/monitors";

const place = (name: string, latitude: number) => ({ name, position: { latitude, longitude: 0 } });
const NORTH = place("north", 60);
const MIDDLE = place("middle", 0);
const SOUTH = place("south", -60);

const MONITOR: Monitor = {
  id: "m",
  name: "a monitor",
  active: true,
  probe: { kind: "tcp", address: "192.0.2.1", port: 443 },
  from: [NORTH, MIDDLE, SOUTH],
  frequencySeconds: 60,
  rapidRecheck: false,
  policy: "quorum",
  feeds: ["f"],
};

let clock: ManualClock;
let specs: Monitor[];
let monitors: Monitors;
/** Latitudes that see it down. */
let down: Set<number>;
/** `second latitude`, for each look. */
let looks: string[];
/** `second feed up`, for each move. */
let moves: string[];

beforeEach(() => {
  clock = manualClock(0);
  specs = [];
  down = new Set();
  looks = [];
  moves = [];
});
afterEach(() => {
  monitors.close();
});

function run(...changes: Partial<Monitor>[]): void {
  specs = changes.map((change) => ({ ...MONITOR, ...change }));
  monitors = runMonitors({
    clock,
    specs: () => specs,
    probe: (probe, { latitude }) => {
      expect(probe).toEqual(MONITOR.probe);
      looks.push(`${clock.now() / 1000} ${latitude}`);
      return !down.has(latitude);
    },
    onFeed: (id, { up }) => moves.push(`${clock.now() / 1000} ${id} ${up}`),
  });
}

const fails = (...places: (typeof NORTH)[]): void => {
  down = new Set(places.map(({ position }) => position.latitude));
};
const status = () => monitors.reports()[0]?.status;

describe("looking", () => {
  test("each place looks once in a period, one after the other", () => {
    run({});
    clock.advance(119);
    expect(looks).toEqual(["0 60", "20 0", "40 -60", "60 60", "80 0", "100 -60"]);
  });

  test("a monitor that is not active never looks, and stays pending", () => {
    run({ active: false });
    clock.advance(600);
    expect([looks, moves, status()]).toEqual([[], [], "pending"]);
  });

  test("one without a place to look from stays pending", () => {
    run({ from: [] });
    clock.advance(600);
    expect([moves, status()]).toEqual([[], "pending"]);
  });

  test("nobody looks after the end", () => {
    run({});
    clock.advance(30);
    monitors.close();
    clock.advance(600);
    expect(looks).toHaveLength(2);
    expect(monitors.reports()).toEqual([]);
  });
});

describe("a new monitor", () => {
  test("is pending, and its feed unset, until every place has looked once", () => {
    run({});
    clock.advance(39);
    expect([status(), moves]).toEqual(["pending", []]);
    clock.advance(1);
    expect([status(), moves]).toEqual(["up", ["40 f true"]]);
  });

  test("may be down from the start", () => {
    fails(NORTH, MIDDLE);
    run({});
    clock.advance(40);
    expect([status(), moves]).toEqual(["down", ["40 f false"]]);
  });

  test("reports what each place saw, when, and since when it is what it is", () => {
    fails(SOUTH);
    run({});
    clock.advance(70);
    expect(monitors.reports()).toEqual([
      {
        id: "m",
        name: "a monitor",
        status: "up",
        since: 40_000,
        from: {
          north: { up: true, at: 60_000 },
          middle: { up: true, at: 20_000 },
          south: { up: false, at: 40_000 },
        },
      },
    ]);
  });
});

describe("feeds", () => {
  test("hear changes only, all of the monitor's", () => {
    run({ feeds: ["f", "g"] });
    clock.advance(60);
    fails(NORTH, MIDDLE, SOUTH);
    clock.advance(600);
    fails();
    clock.advance(600);
    expect(moves).toEqual([
      ...["40 f true", "40 g true"],
      // North had just looked; the other two make the majority.
      ...["100 f false", "100 g false"],
      ...["700 f true", "700 g true"],
    ]);
  });
});

describe("policies", () => {
  const cases: [Monitor["policy"], (typeof NORTH)[], "up" | "down", "up" | "down"][] = [
    // policy, who sees it down, status where it was up, status where it was down
    ["one", [], "up", "up"],
    ["one", [SOUTH], "down", "down"],
    ["one", [NORTH, MIDDLE, SOUTH], "down", "down"],
    ["all", [], "up", "up"],
    ["all", [NORTH, MIDDLE], "up", "down"],
    ["all", [SOUTH], "up", "down"],
    ["all", [NORTH, MIDDLE, SOUTH], "down", "down"],
    ["quorum", [SOUTH], "up", "up"],
    ["quorum", [NORTH, SOUTH], "down", "down"],
    [{ upAbovePercent: 18 }, [], "up", "up"],
    [{ upAbovePercent: 18 }, [NORTH, MIDDLE], "up", "up"],
    [{ upAbovePercent: 34 }, [NORTH, MIDDLE], "down", "down"],
    [{ upAbovePercent: 18 }, [NORTH, MIDDLE, SOUTH], "down", "down"],
  ];
  test.each(cases)("%j, with %j down: %s where it was up, %s where it was down", (policy, who, up, down) => {
    run({ policy });
    clock.advance(60);
    fails(...who);
    clock.advance(60);
    expect(status()).toBe(up);
    fails(NORTH, MIDDLE, SOUTH);
    clock.advance(60);
    fails(...who);
    clock.advance(60);
    expect(status()).toBe(down);
  });

  test("a split quorum changes nothing, either way", () => {
    run({ from: [NORTH, SOUTH] });
    fails(NORTH);
    clock.advance(60);
    expect(status()).toBe("up");
    fails(NORTH, SOUTH);
    clock.advance(60);
    expect(status()).toBe("down");
    fails(SOUTH);
    clock.advance(60);
    expect(status()).toBe("down");
  });
});

describe("a rapid recheck", () => {
  test("comes a second after an apparent change, and moves no later look", () => {
    run({ from: [NORTH], rapidRecheck: true });
    clock.advance(30);
    fails(NORTH);
    clock.advance(95);
    expect(looks).toEqual(["0 60", "60 60", "61 60", "120 60"]);
    expect(moves).toEqual(["0 f true", "61 f false"]);
  });

  test("finds that it was nothing", () => {
    run({ from: [NORTH], rapidRecheck: true });
    clock.advance(59.5);
    fails(NORTH);
    clock.advance(1);
    fails();
    clock.advance(600);
    expect([status(), moves]).toEqual(["up", ["0 f true"]]);
    expect(looks.slice(0, 4)).toEqual(["0 60", "60 60", "61 60", "120 60"]);
  });

  test("is for recoveries and first looks too", () => {
    fails(NORTH);
    run({ from: [NORTH], rapidRecheck: true });
    clock.advance(30);
    fails();
    clock.advance(60);
    expect(moves).toEqual(["1 f false", "61 f true"]);
  });

  test("of a monitor that looks each second lets time pass", () => {
    fails(NORTH);
    run({ from: [NORTH], rapidRecheck: true, frequencySeconds: 1 });
    clock.advance(3);
    expect(looks).toEqual(["0 60", "1 60", "1 60", "2 60", "3 60"]);
  });
});

describe("several looks in a row", () => {
  test("must see the same change until it counts, either way", () => {
    run({ from: [NORTH], looksInARow: 3 });
    clock.advance(30);
    fails(NORTH);
    clock.advance(120);
    expect(status()).toBe("up");
    clock.advance(60);
    expect(status()).toBe("down");
    fails();
    clock.advance(120);
    expect(status()).toBe("down");
    clock.advance(60);
    expect(moves).toEqual(["0 f true", "180 f false", "360 f true"]);
  });

  test("begin anew with each look that sees the old", () => {
    run({ from: [NORTH], looksInARow: 2 });
    for (const places of [[NORTH], [], [NORTH], []]) {
      clock.advance(60);
      fails(...places);
    }
    clock.advance(600);
    expect(moves).toEqual(["0 f true"]);
  });

  test("are needed of a first look that sees it down", () => {
    fails(NORTH);
    run({ from: [NORTH], looksInARow: 3 });
    clock.advance(119);
    expect(status()).toBe("pending");
    clock.advance(1);
    expect(moves).toEqual(["120 f false"]);
  });
});

describe("when the specs change", () => {
  beforeEach(() => {
    run({ id: "a", feeds: ["fa"] }, { id: "b", feeds: ["fb"] });
    clock.advance(50);
    moves.length = 0;
  });
  const report = () => monitors.reports().map(({ id, status: now }) => `${id} ${now}`);

  test("what is the same goes on", () => {
    specs = specs.map((spec) => ({ ...spec, name: "renamed" }));
    monitors.refresh();
    expect(report()).toEqual(["a up", "b up"]);
    expect(monitors.reports()[0]?.name).toBe("renamed");
    looks.length = 0;
    clock.advance(20);
    expect(looks).toEqual(["60 60", "60 60"]);
  });

  test("what is gone ends, what is new starts", () => {
    specs = [{ ...MONITOR, id: "c" }];
    monitors.refresh();
    expect(report()).toEqual(["c pending"]);
    looks.length = 0;
    clock.advance(60);
    expect(looks).toHaveLength(4);
    expect(moves).toEqual(["90 f true"]);
  });

  test("what looks otherwise starts anew, and its feed keeps what it said until then", () => {
    specs = [{ ...MONITOR, id: "a", frequencySeconds: 30, feeds: ["fa"] }];
    fails(NORTH, MIDDLE, SOUTH);
    monitors.refresh();
    expect([report(), moves]).toEqual([["a pending"], []]);
    clock.advance(20);
    expect(moves).toEqual(["70 fa false"]);
  });

  test("a feed that is added hears the status at once; the others hear nothing", () => {
    specs = [{ ...MONITOR, id: "a", feeds: ["fa", "later"] }, ...specs.slice(1)];
    monitors.refresh();
    expect(moves).toEqual(["50 later true"]);
  });
});
