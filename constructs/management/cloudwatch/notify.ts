import { show, type Problem } from "../../fleet/problem";
import type { WatchedFleet } from "../management-plane";
import { logRegions } from "./log-metrics";

/** Whom alarms call: mail addresses, and ARNs of SNS topics. */
export interface Targets {
  readonly mail: readonly string[];
  /** Region -> topics. */
  readonly topics: ReadonlyMap<string, readonly string[]>;
}

const MAIL = /^[^@\s]+@[^@\s]+\.[^@\s]+$/;
const TOPIC = /^arn:[\w-]+:sns:([a-z0-9-]+):\d{12}:[\w-]+$/;

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html */
const MOST_ACTIONS = 5;

/** Sorts targets by their form; those of no known form are left out. */
export function targetsOf(notify: readonly string[]): Targets {
  const topics = new Map<string, string[]>();
  for (const target of notify) {
    const region = TOPIC.exec(target)?.[1];
    if (region !== undefined) topics.set(region, [...(topics.get(region) ?? []), target]);
  }
  return { mail: notify.filter((target) => MAIL.test(target)), topics };
}

/** Regions that have alarms: those of log groups, and that of the environment's own measurements. */
export function alarmRegions(fleets: readonly WatchedFleet[], own: string): readonly string[] {
  return [...new Set([own, ...fleets.flatMap(logRegions)])];
}

/** Targets of no known form, and regions whose alarms nobody would hear: an alarm reaches topics of its own region only. */
export function checkNotify(
  notify: readonly string[],
  fleets: readonly WatchedFleet[],
  own: string,
): readonly Problem[] {
  const where = "management.notify";
  const { mail, topics } = targetsOf(notify);
  const strange = notify.filter((target) => !MAIL.test(target) && !TOPIC.test(target));
  const unheard = alarmRegions(fleets, own).filter((region) => mail.length === 0 && !topics.has(region));
  const crowded = [...topics].filter(([, those]) => those.length + (mail.length > 0 ? 1 : 0) > MOST_ACTIONS);
  return [
    ...strange.map((target) => ({
      where,
      what: `${show(target)} is neither a mail address nor the ARN of an SNS topic`,
      remedy: "Subscribe anything else, such as an HTTPS endpoint with a key in it, to a topic of your own.",
    })),
    ...unheard.map((region) => ({
      where,
      what: `nobody hears the alarms of ${region}: an alarm calls topics of its own region only`,
      remedy: "Add a mail address, or the ARN of a topic there.",
    })),
    ...crowded.map(([region, those]) => ({
      where,
      what: `an alarm calls ${MOST_ACTIONS} topics at most; ${region} has ${those.length}, besides that for mail`,
    })),
  ];
}
