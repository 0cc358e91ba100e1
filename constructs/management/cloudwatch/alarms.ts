import type { CloudwatchMetricAlarmConfig } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import type { Measurement, WatchedFleet, WatchProps } from "../management-plane";
import {
  CONNECTIONS,
  environmentNamespace,
  FAILED_CONNECTIONS,
  fleetNamespace,
  HEALTHY_NODES,
  logRegions,
  SITE,
  type LogMetric,
} from "./log-metrics";

/** An alarm, but for whom it calls. */
export interface AlarmSpec {
  /** Region of what it measures: CloudWatch's alarms see their own only. */
  readonly region: string;
  /** Whether somebody is called, too, when there is nothing to measure any more. */
  readonly callsWhenBlind: boolean;
  readonly config: AlarmConfig;
}

type AlarmConfig = Pick<
  CloudwatchMetricAlarmConfig,
  | "alarmName"
  | "alarmDescription"
  | "comparisonOperator"
  | "threshold"
  | "evaluationPeriods"
  | "datapointsToAlarm"
  | "treatMissingData"
  | "namespace"
  | "metricName"
  | "dimensions"
  | "statistic"
  | "period"
  | "metricQuery"
>;

export interface AlarmLimits {
  /** Percent of a site's connections that the edge could not serve. */
  readonly errorPercent: number;
}

/** Fewer connections a minute tell nothing of a site's errors. */
const FEWEST_CONNECTIONS = 20;

const MINUTE = 60;

/** Names of an environment's own measurements in CloudWatch. */
export const MEASUREMENTS: Readonly<Record<Measurement, string>> = {
  "load-pushes": "LoadPushes",
  "builders-running": "BuildersRunning",
  "secrets-due": "SecretsDue",
};

/**
 * All alarms of an environment.
 * @param region where its own measurements are.
 */
export function alarmsOf(
  { environment, fleets, sharesByLoad, secretsEnd }: WatchProps,
  region: string,
  limits: AlarmLimits,
): readonly AlarmSpec[] {
  return [
    ...fleets.flatMap((fleet) => [
      ...Object.entries(fleet.sites).flatMap(([site, of]) => [
        noHealthyNode(environment, fleet, site, of),
        errorRate(environment, fleet, site, of, limits),
      ]),
      ...logRegions(fleet).map((of) => logSilence(environment, fleet, of)),
    ]),
    ...(sharesByLoad ? [staleLoad(environment, region)] : []),
    ...(secretsEnd ? [secretEnds(environment, region)] : []),
    builderLeftRunning(environment, region),
  ];
}

/**
 * A site that says nothing is taken for one without a healthy node: its users are gone either way. CloudWatch looks back a
 * few periods further before it takes missing numbers for what they are told to be, so it takes about two minutes more.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
 */
function noHealthyNode(environment: string, fleet: WatchedFleet, site: string, region: string): AlarmSpec {
  return {
    region,
    callsWhenBlind: false,
    config: {
      alarmName: `${environment}-${fleet.name}-${site}-no-healthy-node`,
      alarmDescription: `No node of the fleet ${fleet.name} in ${site} has said for some minutes that it is well. Users are led to other sites while there are any.`,
      ...siteMetric(environment, fleet, site, HEALTHY_NODES),
      statistic: "Sum",
      period: MINUTE,
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      evaluationPeriods: 2,
      treatMissingData: "breaching",
    },
  };
}

function errorRate(
  environment: string,
  fleet: WatchedFleet,
  site: string,
  region: string,
  { errorPercent }: AlarmLimits,
): AlarmSpec {
  const query = (id: string, metric: LogMetric) => ({
    id,
    metric: { ...siteMetric(environment, fleet, site, metric), stat: "Sum", period: MINUTE },
  });
  return {
    region,
    callsWhenBlind: false,
    config: {
      alarmName: `${environment}-${fleet.name}-${site}-errors`,
      alarmDescription: `More than ${errorPercent} % of the connections to the fleet ${fleet.name} in ${site} have failed for five minutes, of ${FEWEST_CONNECTIONS} a minute or more.`,
      metricQuery: [
        {
          id: "percent",
          label: "Failed connections, percent",
          expression: errorPercentOf("failed", "all"),
          returnData: true,
        },
        query("failed", FAILED_CONNECTIONS),
        query("all", CONNECTIONS),
      ],
      comparisonOperator: "GreaterThanThreshold",
      threshold: errorPercent,
      evaluationPeriods: 5,
      // The last minute's lines may still be on their way.
      datapointsToAlarm: 4,
      // Nobody connects.
      treatMissingData: "notBreaching",
    },
  };
}

/**
 * Metric math, by the ids of two metrics. A minute in which no line matches has no number; that counts as 0 here. FILL would
 * say 0 for a minute that is only late, too.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */
export function errorPercentOf(failed: string, all: string): string {
  return `IF(${all} < ${FEWEST_CONNECTIONS}, 0, 100 * ${failed} / ${all})`;
}

/** Every node writes a line a minute, so a log group without one has lost all its writers, or they their credentials. */
function logSilence(environment: string, fleet: WatchedFleet, region: string): AlarmSpec {
  return {
    region,
    callsWhenBlind: false,
    config: {
      alarmName: `${environment}-${fleet.name}-${region}-log-silence`,
      alarmDescription: `No node of the fleet ${fleet.name} has written to ${fleet.logGroup} in ${region} for ten minutes: they are gone, cut off, or may not write.`,
      namespace: "AWS/Logs",
      metricName: "IncomingLogEvents",
      dimensions: { LogGroupName: fleet.logGroup },
      statistic: "Sum",
      period: MINUTE,
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      evaluationPeriods: 10,
      treatMissingData: "breaching",
    },
  };
}

function staleLoad(environment: string, region: string): AlarmSpec {
  return {
    region,
    callsWhenBlind: false,
    config: {
      alarmName: `${environment}-stale-load`,
      alarmDescription:
        "For a quarter of an hour no polycast dns load push has known the load of every fleet: DNS shares by old readings, or by plain weights.",
      ...environmentMetric(environment, "load-pushes"),
      statistic: "Sum",
      period: 5 * MINUTE,
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      // With the two more that CloudWatch looks back, a quarter of an hour.
      evaluationPeriods: 1,
      treatMissingData: "breaching",
    },
  };
}

/** A build takes minutes. Nobody may have looked; that is no alarm, but somebody is told. */
function builderLeftRunning(environment: string, region: string): AlarmSpec {
  return {
    region,
    callsWhenBlind: true,
    config: {
      alarmName: `${environment}-builder-left-running`,
      alarmDescription:
        "For three hours each polycast image builders has found a machine that builds an image: one was left running, and costs.",
      ...environmentMetric(environment, "builders-running"),
      statistic: "Minimum",
      period: 60 * MINUTE,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      evaluationPeriods: 3,
      treatMissingData: "missing",
    },
  };
}

/** A node that boots after the end can write no logs, and nobody would see why: so not to look is an alarm as well. */
function secretEnds(environment: string, region: string): AlarmSpec {
  return {
    region,
    callsWhenBlind: false,
    config: {
      alarmName: `${environment}-secret-ends`,
      alarmDescription:
        "A secret by which nodes get to write logs has ended, or does within ten days; or no polycast secrets status has looked for more than a day. Renew it: polycast secrets rotate.",
      ...environmentMetric(environment, "secrets-due"),
      statistic: "Maximum",
      period: 6 * 60 * MINUTE,
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      // A day, the most that CloudWatch takes: one look within it that finds nothing due is enough.
      evaluationPeriods: 4,
      treatMissingData: "breaching",
    },
  };
}

function siteMetric(environment: string, fleet: WatchedFleet, site: string, { name }: LogMetric) {
  return {
    namespace: fleetNamespace(environment, fleet),
    metricName: name,
    dimensions: { [SITE]: site },
  };
}

function environmentMetric(environment: string, measurement: Measurement) {
  return { namespace: environmentNamespace(environment), metricName: MEASUREMENTS[measurement] };
}
