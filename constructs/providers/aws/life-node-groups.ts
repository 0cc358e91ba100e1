import type { Healing, NodeGroup, NodeHealthCheck, Replacement } from "../../fleet/cloud-life";
import { positionIn } from "../../fleet/simulated-values";
import type { CloudObjects, Value, Values } from "../../fleet/simulation";
import { openPortsOf } from "./life-open-ports";
import { REGION_POSITIONS } from "./region-positions";
import { arnRegion, blocks, count, ec2Id, text, texts } from "./simulation-cloud";
import { templateVersion } from "./simulation-instances";

/** Every auto scaling group, by its ARN: its name may be another group's later. */
export function nodeGroups(objects: CloudObjects): NodeGroup[] {
  const targetGroups = byArn(objects, "aws_lb_target_group");
  return objects.list("aws_autoscaling_group").map(({ attributes: group }) => {
    const region = arnRegion(group);
    const targets = texts(group["target_group_arns"]);
    const [balanced] = targets.toSorted();
    const template = templateOf(group, objects);
    return {
      id: text(group["arn"]),
      location: region,
      position: positionIn(REGION_POSITIONS, region),
      nodes: count(group["desired_capacity"]),
      newName: () => ec2Id("i"),
      template: {
        image: text(template["image_id"]),
        userData: Buffer.from(text(template["user_data"]), "base64").toString("utf8"),
      },
      replacement: replacementOf(group),
      healthCheck: healthCheckOf(targetGroups.get(balanced ?? "")),
      healing: healingOf(group),
      openPorts: openPortsOf(texts(template["vpc_security_group_ids"]), targets, objects),
    };
  });
}

/** The ARNs of the groups whose nodes are targets of a target group. */
export function groupsBehind(targetGroupArn: string, objects: CloudObjects): string[] {
  return objects
    .list("aws_autoscaling_group")
    .filter(({ attributes }) => texts(attributes["target_group_arns"]).includes(targetGroupArn))
    .map(({ attributes }) => text(attributes["arn"]));
}

/** The objects of a type by their ARN. */
export function byArn(objects: CloudObjects, type: string): ReadonlyMap<string, Values> {
  return new Map(objects.list(type).map(({ attributes }) => [text(attributes["arn"]), attributes]));
}

/** Of the version that the group names. A template that is gone starts no node: it has no image. */
function templateOf(group: Values, objects: CloudObjects): Values {
  const [{ id, version } = {}] = blocks(group["launch_template"]);
  return templateVersion(text(id), text(version), objects) ?? {};
}

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/understand-instance-refresh-default-values.html */
const REFRESH = { minHealthyPercent: 90, maxHealthyPercent: 100, checkpointDelaySeconds: 3600 };

/** The plugin starts an instance refresh, where it has a block for one, when it moves a group to another template. */
function replacementOf(group: Values): Replacement {
  const [refresh] = blocks(group["instance_refresh"]);
  if (refresh === undefined) return { kind: "none" };
  const [preferences = {}] = blocks(refresh["preferences"]);
  const given = (name: string, otherwise: number): number => number(preferences[name]) ?? otherwise;
  const checkpoints = preferences["checkpoint_percentages"];
  return {
    kind: "rolling",
    minHealthyPercent: given("min_healthy_percentage", REFRESH.minHealthyPercent),
    maxHealthyPercent: given("max_healthy_percentage", REFRESH.maxHealthyPercent),
    warmupSeconds: given(
      "instance_warmup",
      count(group["default_instance_warmup"]) || count(group["health_check_grace_period"]),
    ),
    checkpoints: Array.isArray(checkpoints) ? checkpoints.map(count) : [],
    checkpointDelaySeconds: given("checkpoint_delay", REFRESH.checkpointDelaySeconds),
  };
}

/** A number, or one that the plugin takes as text so that it can be left out. */
function number(value: Value | undefined): number | undefined {
  if (typeof value === "string") return value === "" ? undefined : Number(value);
  return value === null || value === undefined ? undefined : count(value);
}

/**
 * EC2 looks at an instance every minute: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/monitoring-system-instance-status-check.html
 */
const STATUS_CHECK_SECONDS = 60;

/** As the target group has it; without one there is only EC2's own status check. */
function healthCheckOf(targetGroup: Values | undefined): NodeHealthCheck {
  const [check] = blocks(targetGroup?.["health_check"]);
  if (check === undefined) {
    const seconds = STATUS_CHECK_SECONDS;
    return {
      path: "",
      intervalSeconds: seconds,
      timeoutSeconds: seconds,
      healthyThreshold: 1,
      unhealthyThreshold: 2,
    };
  }
  return {
    path: text(check["path"]),
    intervalSeconds: count(check["interval"]),
    timeoutSeconds: count(check["timeout"]),
    healthyThreshold: count(check["healthy_threshold"]),
    unhealthyThreshold: count(check["unhealthy_threshold"]),
  };
}

/** https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-health-checks.html */
function healingOf(group: Values): Healing {
  const graceSeconds = count(group["health_check_grace_period"]);
  return group["health_check_type"] === "ELB"
    ? { action: "replace", on: "unhealthy", afterSeconds: 0, graceSeconds }
    : { action: "replace", on: "dead", afterSeconds: STATUS_CHECK_SECONDS, graceSeconds };
}
