import { PolycastError } from "../../fleet/problem";
import type { AlarmState, FleetAlarm, WatchProps } from "../management-plane";
import { alarmsOf } from "./alarms";

/** In milliseconds. */
const ANSWER_WITHIN = 10_000;
/** What DescribeAlarms takes. https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_DescribeAlarms.html */
const AT_ONCE = 100;

/** The alarms of one fleet, without those of the whole environment. Limits change no name. */
export function fleetAlarms(props: WatchProps, fleet: string): readonly FleetAlarm[] {
  const alarms = (fleets: WatchProps["fleets"]): readonly FleetAlarm[] =>
    alarmsOf({ ...props, fleets }, "", { errorPercent: 0 }).map(({ region, config }) => ({
      name: config.alarmName,
      region,
    }));
  const general = alarms([]).map(({ name }) => name);
  return alarms(props.fleets.filter(({ name }) => name === fleet)).filter(
    ({ name }) => !general.includes(name),
  );
}

/** @throws PolycastError where CloudWatch does not say. */
export async function readAlarms(alarms: readonly FleetAlarm[]): Promise<ReadonlyMap<string, AlarmState>> {
  const { CloudWatchClient, DescribeAlarmsCommand } = await import("@aws-sdk/client-cloudwatch");
  const found = new Map<string, AlarmState>();
  for (const region of new Set(alarms.map((alarm) => alarm.region))) {
    const client = new CloudWatchClient({ region, maxAttempts: 2 });
    const names = alarms.filter((alarm) => alarm.region === region).map(({ name }) => name);
    try {
      for (let from = 0; from < names.length; from += AT_ONCE) {
        const { MetricAlarms = [] } = await client.send(
          new DescribeAlarmsCommand({ AlarmNames: names.slice(from, from + AT_ONCE), MaxRecords: AT_ONCE }),
          { abortSignal: AbortSignal.timeout(ANSWER_WITHIN) },
        );
        for (const { AlarmName = "", StateValue = "INSUFFICIENT_DATA", StateReason = "" } of MetricAlarms) {
          found.set(AlarmName, { state: StateValue, reason: StateReason });
        }
      }
    } catch (error) {
      throw new PolycastError("CloudWatch does not say how its alarms are", [
        {
          where: region,
          // AWS repeats in some refusals what it was sent, so its name must do.
          what: (error as Error).name,
          remedy: "The credentials need cloudwatch:DescribeAlarms there.",
        },
      ]);
    }
  }
  return found;
}
