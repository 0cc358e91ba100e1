import type { Alarm, Metric } from "../../fleet/cloud-life";
import type { CloudObjects, Values } from "../../fleet/simulation";
import { byArn, groupsBehind } from "./life-node-groups";
import { logPattern } from "./simulation-log-filter";
import { arnRegion, blocks, count, isObject, text } from "./simulation-cloud";
import { targetsOf } from "./simulation-load-balancer";

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html */
const TARGETS: Readonly<Record<string, "healthy-nodes" | "unhealthy-nodes">> = {
  HealthyHostCount: "healthy-nodes",
  UnHealthyHostCount: "unhealthy-nodes",
};

const STATISTICS: Readonly<Record<string, Alarm["statistic"]>> = {
  Minimum: "minimum",
  Maximum: "maximum",
  Average: "average",
  Sum: "sum",
};

const COMPARISONS: Readonly<Record<string, Alarm["comparison"]>> = {
  LessThanThreshold: "<",
  LessThanOrEqualToThreshold: "<=",
  GreaterThanThreshold: ">",
  GreaterThanOrEqualToThreshold: ">=",
};

const MISSING_DATA = ["breaching", "notBreaching", "ignore"] as const;

/** Every metric alarm. One that compares with anything but a number, or by a percentile, measures nothing here. */
export function alarms(objects: CloudObjects): Alarm[] {
  return objects.list("aws_cloudwatch_metric_alarm").map(({ attributes: alarm }) => {
    const expression = blocks(alarm["metric_query"]).find(({ return_data: returned }) => returned === true);
    const statistic = expression === undefined ? STATISTICS[text(alarm["statistic"])] : "average";
    const comparison = COMPARISONS[text(alarm["comparison_operator"])];
    const isMeasured =
      text(alarm["threshold_metric_id"]) === "" && statistic !== undefined && comparison !== undefined;
    const evaluationPeriods = count(alarm["evaluation_periods"]);
    const missing = text(alarm["treat_missing_data"]).toLowerCase();
    return {
      id: text(alarm["arn"]),
      name: text(alarm["alarm_name"]),
      metric: !isMeasured
        ? { kind: "unmeasured" }
        : expression === undefined
          ? metricOf(alarm, arnRegion(alarm), objects)
          : percentOf(expression, alarm, objects),
      statistic: statistic ?? "average",
      periodSeconds: count(alarm["period"]) || 60,
      evaluationPeriods,
      datapointsToAlarm: count(alarm["datapoints_to_alarm"]) || evaluationPeriods,
      comparison: comparison ?? ">",
      threshold: count(alarm["threshold"]),
      missingData: MISSING_DATA.find((each) => each.toLowerCase() === missing) ?? "missing",
    };
  });
}

/** The one expression that is understood here, of two metrics that are measured each minute. */
const PERCENT = /^IF\((\w+) < (\d+), 0, 100 \* (\w+) \/ (\w+)\)$/;

function percentOf({ expression }: Values, alarm: Values, objects: CloudObjects): Metric {
  const [, least, atLeast, part, of] = PERCENT.exec(text(expression)) ?? [];
  const byId = (id: string | undefined): Metric => {
    const query = blocks(alarm["metric_query"]).find((each) => each["id"] === id);
    const [metric] = blocks(query?.["metric"]);
    const isSum = metric?.["stat"] === "Sum" && count(metric["period"]) === 60;
    return metric !== undefined && isSum
      ? metricOf(metric, arnRegion(alarm), objects)
      : { kind: "unmeasured" };
  };
  if (of === undefined || least !== of) return { kind: "unmeasured" };
  return { kind: "percent", part: byId(part), of: byId(of), atLeast: Number(atLeast) };
}

/**
 * What a metric of a region counts: targets of a network load balancer, a log group's lines, or, with no dimensions, what
 * others report. A metric has just the dimensions it is reported with; with others, or with one more, it is another one.
 */
function metricOf(metric: Values, region: string, objects: CloudObjects): Metric {
  const [namespace, name] = [text(metric["namespace"]), text(metric["metric_name"])];
  const dimensions = isObject(metric["dimensions"]) ? metric["dimensions"] : {};
  const targets = TARGETS[name];
  if (namespace === "AWS/NetworkELB")
    return targets === undefined
      ? { kind: "unmeasured" }
      : { kind: targets, groups: groupsOf(dimensions, objects) };
  if (namespace === "AWS/Logs")
    return name === "IncomingLogEvents" && Object.keys(dimensions).join() === "LogGroupName"
      ? { kind: "log-lines", logGroup: text(dimensions["LogGroupName"]), region, counts: () => true }
      : { kind: "unmeasured" };
  return (
    filtered(namespace, name, dimensions, region, objects) ??
    (Object.keys(dimensions).length === 0
      ? { kind: "reported", name: `${namespace} ${name}` }
      : { kind: "unmeasured" })
  );
}

/** The lines that a metric filter counts under this name. */
function filtered(
  namespace: string,
  name: string,
  dimensions: Values,
  region: string,
  objects: CloudObjects,
): Metric | undefined {
  for (const { attributes: filter, place } of objects.list("aws_cloudwatch_log_metric_filter")) {
    const [transformation = {}] = blocks(filter["metric_transformation"]);
    const fields = isObject(transformation["dimensions"]) ? transformation["dimensions"] : {};
    const pattern = logPattern(text(filter["pattern"]));
    const isSame =
      (place ?? region) === region &&
      transformation["namespace"] === namespace &&
      transformation["name"] === name &&
      transformation["value"] === "1" &&
      Object.keys(fields).toSorted().join() === Object.keys(dimensions).toSorted().join();
    if (!isSame || pattern === undefined) continue;
    return {
      kind: "log-lines",
      logGroup: text(filter["log_group_name"]),
      region,
      counts: (line) => {
        const field = pattern(line);
        return (
          field !== undefined &&
          Object.entries(fields).every(([dimension, of]) => field(text(of)) === dimensions[dimension])
        );
      },
    };
  }
  return undefined;
}

/** The node groups behind the target group and the load balancer that the dimensions name. */
function groupsOf(dimensions: Values, objects: CloudObjects): string[] {
  if (Object.keys(dimensions).length !== 2) return [];
  const named = (type: string, dimension: string): string | undefined =>
    [...byArn(objects, type).values()]
      .filter(({ arn_suffix: suffix }) => suffix === dimensions[dimension])
      .map(({ arn }) => text(arn))[0];
  const targetGroup = named("aws_lb_target_group", "TargetGroup");
  const balancer = named("aws_lb", "LoadBalancer");
  const isTarget = objects
    .list("aws_lb_listener")
    .some(
      ({ attributes }) =>
        attributes["load_balancer_arn"] === balancer && targetsOf(attributes).includes(targetGroup ?? ""),
    );
  return targetGroup !== undefined && balancer !== undefined && isTarget
    ? groupsBehind(targetGroup, objects)
    : [];
}
