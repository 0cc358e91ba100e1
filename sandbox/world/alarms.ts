import type { Alarm, Metric } from "../../constructs/fleet/cloud-life";
import type { Clock } from "./clock";
import type { AlarmReport } from "./world";

export interface AlarmsOptions {
  readonly clock: Clock;
  /** The alarms that exist now. */
  readonly specs: () => readonly Alarm[];
  /** What a metric is at this moment, of the minute before it; undefined: there is no number. */
  readonly measure: (metric: Metric) => number | undefined;
}

export interface Alarms {
  reports(): readonly AlarmReport[];
  /** To be called when the specs may have changed. An alarm that is changed keeps its state, as CloudWatch's do. */
  refresh(): void;
  close(): void;
}

/** How often metrics are measured, and alarms evaluated, in seconds. */
const MINUTE = 60;

/**
 * How many periods beyond those that an alarm evaluates it looks back for data, where some is missing: as in the
 * examples of {@link stateOf}'s source.
 */
const SPARE_PERIODS = 2;

interface RunningAlarm {
  readonly spec: Alarm;
  /** One a minute, the last minute at the end. */
  readonly numbers: readonly (number | undefined)[];
  readonly state: AlarmReport["state"];
  readonly reason: string;
  readonly since: number;
}

/** Runs the alarms that exist: each minute their metrics are measured, and the periods that end then are evaluated. */
export function runAlarms({ clock, specs, measure }: AlarmsOptions): Alarms {
  let running: readonly RunningAlarm[] = [];

  function refresh(): void {
    const known = new Map(running.map((alarm) => [alarm.spec.id, alarm]));
    running = specs().map((spec) => ({ ...(known.get(spec.id) ?? justMade(clock.now())), spec }));
  }

  refresh();
  const timer = clock.every(MINUTE, () => {
    running = running.map((alarm) => evaluate(alarm, measure(alarm.spec.metric), clock.now()));
  });
  return {
    reports: () =>
      running.map(({ spec: { id, name }, state, reason, since }) => ({ id, name, state, reason, since })),
    refresh,
    close: () => {
      timer.cancel();
    },
  };
}

function justMade(since: number): Omit<RunningAlarm, "spec"> {
  return { numbers: [], state: "INSUFFICIENT_DATA", reason: "the alarm has not been evaluated yet", since };
}

function evaluate(alarm: RunningAlarm, measured: number | undefined, now: number): RunningAlarm {
  const { spec, state: before } = alarm;
  const minutes = Math.max(1, Math.round(spec.periodSeconds / MINUTE));
  const periods = spec.evaluationPeriods + SPARE_PERIODS;
  const numbers = [...alarm.numbers, measured].slice(-minutes * periods);
  const points = Array.from({ length: periods }, (_, index) => {
    const end = numbers.length - (periods - 1 - index) * minutes;
    return datapoint(spec, numbers.slice(Math.max(0, end - minutes), Math.max(0, end)));
  });
  const state = stateOf(spec, points, before);
  const reason = reasonOf(spec, points);
  return { spec, numbers, state, reason, since: state === before ? alarm.since : now };
}

/** What a period's numbers make; undefined: there were none. */
function datapoint({ statistic }: Alarm, numbers: readonly (number | undefined)[]): number | undefined {
  const values = numbers.filter((value) => value !== undefined);
  if (values.length === 0) return undefined;
  const sum = values.reduce((total, value) => total + value, 0);
  return {
    minimum: Math.min(...values),
    maximum: Math.max(...values),
    average: sum / values.length,
    sum,
  }[statistic];
}

/**
 * The state after these periods, the oldest first, as CloudWatch decides it: on the newest real data where there is
 * enough, else with what `missingData` says in place of the rest
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html).
 */
export function stateOf(
  alarm: Alarm,
  points: readonly (number | undefined)[],
  before: AlarmReport["state"],
): AlarmReport["state"] {
  const { evaluationPeriods, datapointsToAlarm, missingData } = alarm;
  const real = points.flatMap((value) => (value === undefined ? [] : [breaches(alarm, value)]));
  const evaluated = real.slice(-evaluationPeriods);
  const filled = evaluationPeriods - evaluated.length;
  const breaching = evaluated.filter((breach) => breach).length;
  if (breaching + (missingData === "breaching" ? filled : 0) >= datapointsToAlarm) return "ALARM";
  if (filled === 0 || missingData === "breaching" || missingData === "notBreaching") return "OK";
  if (real.length > breaching) return "OK";
  if (missingData === "ignore") return before;
  if (real.length === 0) return "INSUFFICIENT_DATA";
  // All that is known breaches, and has done so for as long as it takes.
  const age = points.length - points.findIndex((value) => value !== undefined);
  return age >= datapointsToAlarm ? "ALARM" : "OK";
}

function breaches({ comparison, threshold }: Alarm, value: number): boolean {
  switch (comparison) {
    case "<":
      return value < threshold;
    case "<=":
      return value <= threshold;
    case ">":
      return value > threshold;
    case ">=":
      return value >= threshold;
  }
}

/** `2 of the last 3 datapoints (1, 1, -) < 2; 2 make an alarm`. */
function reasonOf(alarm: Alarm, points: readonly (number | undefined)[]): string {
  const { evaluationPeriods, datapointsToAlarm, comparison, threshold } = alarm;
  const last = points.slice(-evaluationPeriods);
  const breaching = last.filter((value) => value !== undefined && breaches(alarm, value)).length;
  const shown = last
    .map((value) => (value === undefined ? "-" : String(Number(value.toFixed(2)))))
    .join(", ");
  const rule = `${comparison} ${threshold}; ${datapointsToAlarm} make${datapointsToAlarm === 1 ? "s" : ""} an alarm`;
  return `${breaching} of the last ${evaluationPeriods} datapoints (${shown}) ${rule}`;
}
