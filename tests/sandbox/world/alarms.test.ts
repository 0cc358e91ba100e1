import type { Alarm, Metric } from "../../../constructs/fleet/cloud-life";
import { runAlarms, stateOf, type Alarms } from "../../../sandbox/world/alarms";
import { manualClock, type ManualClock } from "../../../sandbox/world/clock";

const ALARM: Alarm = {
  id: "a",
  name: "few nodes",
  metric: { kind: "healthy-nodes", groups: ["g", "h"] },
  statistic: "minimum",
  periodSeconds: 60,
  evaluationPeriods: 3,
  datapointsToAlarm: 2,
  comparison: "<",
  threshold: 2,
  missingData: "missing",
};

/** `0 - X - X` as data: X breaches, 0 does not, - is missing. */
const points = (row: string) =>
  row.split(" ").map((point) => (point === "-" ? undefined : point === "X" ? 1 : 2));

// In the notation of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
describe.each<[number, string, string, string, string, string]>([
  // datapoints to alarm of 3, data, then the state by missing, ignore, breaching, notBreaching
  [3, "0 - X - X", "OK", "OK", "OK", "OK"],
  [3, "- - - - 0", "OK", "OK", "OK", "OK"],
  [3, "- - - - -", "INSUFFICIENT_DATA", "kept", "ALARM", "OK"],
  [3, "0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"],
  [3, "- - X - -", "ALARM", "kept", "ALARM", "OK"],
  [2, "0 - X - X", "ALARM", "ALARM", "ALARM", "ALARM"],
  [2, "0 0 X 0 X", "ALARM", "ALARM", "ALARM", "ALARM"],
  [2, "0 - X - -", "OK", "OK", "ALARM", "OK"],
  [2, "- - - - 0", "OK", "OK", "ALARM", "OK"],
  [2, "- - - X -", "ALARM", "kept", "ALARM", "OK"],
  // A breach that is not yet as old as it takes makes no alarm by itself.
  [2, "- - - - X", "OK", "kept", "ALARM", "OK"],
])("%i of 3 with %s", (datapointsToAlarm, row, missing, ignore, breaching, notBreaching) => {
  test.each(Object.entries({ missing, ignore, breaching, notBreaching }))(
    "and %s data: %s",
    (missingData, expected) => {
      for (const before of ["OK", "ALARM", "INSUFFICIENT_DATA"] as const) {
        const alarm = { ...ALARM, datapointsToAlarm, missingData: missingData as Alarm["missingData"] };
        expect(stateOf(alarm, points(row), before)).toBe(expected === "kept" ? before : expected);
      }
    },
  );
});

test.each<[Alarm["comparison"], number, boolean]>([
  ["<", 1, true],
  ["<", 2, false],
  ["<=", 2, true],
  ["<=", 3, false],
  [">", 3, true],
  [">", 2, false],
  [">=", 2, true],
  [">=", 1, false],
])("%s 2 with %i breaches: %s", (comparison, value, breaches) => {
  const alarm = { ...ALARM, comparison, evaluationPeriods: 1, datapointsToAlarm: 1 };
  expect(stateOf(alarm, [undefined, undefined, value], "OK")).toBe(breaches ? "ALARM" : "OK");
});

describe("running", () => {
  let clock: ManualClock;
  let specs: Alarm[];
  let alarms: Alarms;
  let measured: number | undefined;
  let asked: [number, Metric][];
  beforeEach(() => {
    clock = manualClock(0);
    measured = 2;
    asked = [];
  });
  afterEach(() => {
    alarms.close();
  });

  function run(change: Partial<Alarm> = {}): void {
    specs = [{ ...ALARM, ...change }];
    alarms = runAlarms({
      clock,
      specs: () => specs,
      measure: (metric) => {
        asked.push([clock.now() / 1000, metric]);
        return measured;
      },
    });
  }
  const minutes = (count: number, number?: number): void => {
    measured = number;
    clock.advance(count * 60);
  };
  const report = () => alarms.reports()[0];

  test("measures the alarm's metric each minute, and not after the end", () => {
    run();
    clock.advance(150);
    alarms.close();
    clock.advance(600);
    expect(asked).toEqual([
      [60, ALARM.metric],
      [120, ALARM.metric],
    ]);
  });

  test("an alarm that was just made has no data", () => {
    run();
    expect(report()).toEqual({
      id: "a",
      name: "few nodes",
      state: "INSUFFICIENT_DATA",
      reason: "the alarm has not been evaluated yet",
      since: 0,
    });
  });

  test("goes off with the second of three periods, and is over when two of them are well", () => {
    run();
    minutes(5, 2);
    expect(report()).toMatchObject({ state: "OK", since: 60_000 });
    minutes(1, 1);
    expect(report()?.state).toBe("OK");
    minutes(1, 1);
    expect(report()).toMatchObject({
      state: "ALARM",
      since: 420_000,
      reason: "2 of the last 3 datapoints (2, 1, 1) < 2; 2 make an alarm",
    });
    minutes(1, 2);
    expect(report()).toMatchObject({ state: "ALARM", since: 420_000 });
    minutes(1, 2);
    expect(report()).toMatchObject({ state: "OK", since: 540_000 });
  });

  test("has no data again when nothing has reported for as long as it looks back", () => {
    run();
    minutes(3, 2);
    minutes(4);
    expect(report()?.state).toBe("OK");
    minutes(1);
    expect(report()).toMatchObject({
      state: "INSUFFICIENT_DATA",
      reason: "0 of the last 3 datapoints (-, -, -) < 2; 2 make an alarm",
    });
  });

  test.each<[Alarm["statistic"], number]>([
    ["minimum", 1],
    ["maximum", 7],
    ["average", 4],
    ["sum", 12],
  ])("%s of a period's minutes", (statistic, expected) => {
    run({ statistic, periodSeconds: 180, evaluationPeriods: 1, datapointsToAlarm: 1 });
    minutes(1, 9);
    minutes(1, 1);
    minutes(1, 7);
    minutes(1, 4);
    expect(report()?.reason).toContain(`(${expected})`);
  });

  test("periods slide: one of five minutes is evaluated each minute", () => {
    run({ periodSeconds: 300, evaluationPeriods: 1, datapointsToAlarm: 1, statistic: "average" });
    minutes(10, 4);
    minutes(2, 0);
    expect(report()).toMatchObject({ state: "OK", reason: expect.stringContaining("(2.4)") as string });
    minutes(1, 0);
    expect(report()).toMatchObject({ state: "ALARM", since: 780_000 });
  });

  test("an alarm that is changed keeps its state until it is evaluated, one that is new has none", () => {
    run();
    minutes(3, 1);
    specs = [
      { ...ALARM, threshold: 1 },
      { ...ALARM, id: "b" },
    ];
    alarms.refresh();
    expect(alarms.reports().map(({ id, state }) => `${id} ${state}`)).toEqual([
      "a ALARM",
      "b INSUFFICIENT_DATA",
    ]);
    minutes(1, 1);
    expect(alarms.reports().map(({ id, state }) => `${id} ${state}`)).toEqual(["a OK", "b OK"]);
    specs = [];
    alarms.refresh();
    expect(alarms.reports()).toEqual([]);
  });
});
