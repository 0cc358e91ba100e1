import type { Alarm } from "../../fleet/cloud-life";
import type { CloudObjects, Values } from "../../fleet/simulation";
import { byArn, groupsBehind } from "./life-node-groups";
import { count, isObject, text } from "./simulation-cloud";
import { targetsOf } from "./simulation-load-balancer";

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-cloudwatch-metrics.html */
const METRICS: Readonly<Record<string, Alarm["metric"]>> = {
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

/**
 * Every metric alarm. Only the healthy and unhealthy targets of network load balancers are measured here: an alarm on
 * anything else, or that compares with anything but a number, has no data.
 */
export function alarms(objects: CloudObjects): Alarm[] {
  return objects.list("aws_cloudwatch_metric_alarm").map(({ attributes: alarm }) => {
    const metric = METRICS[text(alarm["metric_name"])];
    const statistic = STATISTICS[text(alarm["statistic"])];
    const comparison = COMPARISONS[text(alarm["comparison_operator"])];
    const isMeasured =
      alarm["namespace"] === "AWS/NetworkELB" &&
      text(alarm["threshold_metric_id"]) === "" &&
      [metric, statistic, comparison].every((each) => each !== undefined);
    const evaluationPeriods = count(alarm["evaluation_periods"]);
    const missing = text(alarm["treat_missing_data"]).toLowerCase();
    return {
      id: text(alarm["arn"]),
      name: text(alarm["alarm_name"]),
      metric: metric ?? "healthy-nodes",
      groups: isMeasured ? groupsOf(alarm, objects) : [],
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

/**
 * The node groups behind the target group and the load balancer that the dimensions name. A metric has just the
 * dimensions it is reported with; with others, or with one more, it is another metric, and here without data.
 */
function groupsOf({ dimensions }: Values, objects: CloudObjects): string[] {
  if (!isObject(dimensions) || Object.keys(dimensions).length !== 2) return [];
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
