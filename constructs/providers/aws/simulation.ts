import {
  Unknown,
  UNKNOWN,
  type BlockSchema,
  type Cloud,
  type CtyType,
  type Planning,
  type ProviderSimulation,
  type ResourceSimulation,
  type Value,
  type Values,
} from "../../fleet/simulation";
import { alarms } from "./life-alarms";
import { anycast } from "./life-anycast";
import { healthChecks } from "./life-health-checks";
import { images } from "./life-images";
import { nodeGroups } from "./life-node-groups";
import { accelerator, acceleratorListener, endpointGroup } from "./simulation-accelerator";
import { metricAlarm } from "./simulation-alarm";
import { blocks, isObject } from "./simulation-cloud";
import { AWS_DATA } from "./simulation-data";
import * as identity from "./simulation-identity";
import { autoscalingGroup, launchTemplate } from "./simulation-instances";
import {
  HTTP_LISTENER,
  listener,
  loadBalancer,
  ONLY_APPLICATION,
  targetGroup,
} from "./simulation-load-balancer";
import { dashboard, logMetricFilter } from "./simulation-metrics";
import * as nodeIdentity from "./simulation-node-identity";
import * as network from "./simulation-network";
import { topic, topicSubscription } from "./simulation-notifications";
import * as route53 from "./simulation-route53";
import { healthCheck } from "./simulation-route53-health";
import { configureAws, validateAws } from "./simulation-validation";

const RESOURCES: { readonly [type: string]: ResourceSimulation } = {
  aws_vpc: network.vpc,
  aws_subnet: network.subnet,
  aws_internet_gateway: network.internetGateway,
  aws_route_table: network.routeTable,
  aws_route: network.route,
  aws_route_table_association: network.routeTableAssociation,
  aws_security_group: network.securityGroup,
  aws_security_group_rule: network.securityGroupRule,
  aws_vpc_security_group_ingress_rule: network.oneRule("ingress"),
  aws_vpc_security_group_egress_rule: network.oneRule("egress"),
  aws_iam_role: identity.role,
  aws_iam_role_policy: identity.rolePolicy,
  aws_iam_policy: identity.policy,
  aws_iam_role_policy_attachment: identity.rolePolicyAttachment,
  aws_iam_instance_profile: identity.instanceProfile,
  aws_iam_user: identity.user,
  aws_iam_user_policy: identity.userPolicy,
  aws_iam_access_key: identity.accessKey,
  aws_rolesanywhere_trust_anchor: nodeIdentity.trustAnchor,
  aws_rolesanywhere_profile: nodeIdentity.profile,
  aws_ssm_activation: nodeIdentity.activation,
  aws_cloudwatch_log_group: identity.logGroup,
  aws_cloudwatch_log_metric_filter: logMetricFilter,
  aws_cloudwatch_metric_alarm: metricAlarm,
  aws_cloudwatch_dashboard: dashboard,
  aws_sns_topic: topic,
  aws_sns_topic_subscription: topicSubscription,
  aws_launch_template: launchTemplate,
  aws_lb: loadBalancer,
  aws_lb_target_group: targetGroup,
  aws_lb_listener: listener,
  aws_autoscaling_group: autoscalingGroup,
  aws_globalaccelerator_accelerator: accelerator,
  aws_globalaccelerator_listener: acceleratorListener,
  aws_globalaccelerator_endpoint_group: endpointGroup,
  aws_route53_zone: route53.zone,
  aws_route53_record: route53.record,
  aws_route53_health_check: healthCheck,
};

/**
 * AWS as its Terraform plugin, version 5.100.0, shows it: plans are the plugin's own (schema.json, behaviour.json and
 * the functions beside this file, compared with the real plugin by a test); the cloud refuses what AWS would.
 */
export const aws: ProviderSimulation = {
  ...AWS_DATA,
  resources: Object.fromEntries(
    Object.entries(RESOURCES).map(([type, resource]) => [type, asPlugin(type, resource)]),
  ),
  configure: configureAws,
  life: { nodeGroups, anycast, monitors: healthChecks, alarms, images },
};

/** What every resource has: `tags_all`, and an object that is read back in full. */
function asPlugin(type: string, resource: ResourceSimulation): ResourceSimulation {
  const block: BlockSchema = AWS_DATA.schema.resource_schemas[type]?.block ?? {};
  const framework = AWS_DATA.behaviour[type]?.["*"]?.engine === "framework";
  const whole = (planned: Values, answered: Values): Values => {
    const object = { ...planned, ...answered };
    return framework ? object : readBack(type, block, object);
  };
  return {
    ...resource,
    validate: (config) => validateAws(type, config),
    plan(planning) {
      resource.plan?.(planning);
      if (block.attributes?.["tags_all"] !== undefined) planTags(planning, framework);
    },
    create: (planned, cloud) => whole(planned, resource.create(planned, cloud)),
    ...(framework
      ? {}
      : {
          read: (stored: Values, cloud: Cloud) =>
            withEmptyCollections(type, block, resource.read?.(stored, cloud) ?? stored),
        }),
    ...(resource.update === undefined
      ? {}
      : {
          update: (planned: Values, prior: Values, cloud) =>
            whole(planned, resource.update?.(planned, prior, cloud) ?? {}),
        }),
  };
}

/** The provider's default tags under the resource's own; unknown while a tag is, and to SDKv2 while a tag is empty. */
function planTags({ config, planned, provider }: Planning, framework: boolean): void {
  const own = config["tags"] ?? {};
  const defaults = blocks(provider["default_tags"])[0]?.["tags"] ?? {};
  const known =
    isObject(own) &&
    isObject(defaults) &&
    Object.values(own).every((tag) => (framework || tag !== "") && !(tag instanceof Unknown));
  planned["tags_all"] = known ? { ...defaults, ...withoutNulls(own) } : UNKNOWN;
}

function withoutNulls(tags: Values): Values {
  return Object.fromEntries(Object.entries(tags).filter(([, tag]) => tag !== null));
}

/**
 * Attributes that the plugin never reads, or only where AWS answers them: null where they are not given. What AWS says
 * of application load balancers alone is not answered of network load balancers.
 */
const NULL_UNLESS_ANSWERED = new Set([
  "aws_vpc.ipv4_ipam_pool_id",
  "aws_vpc.ipv4_netmask_length",
  "aws_launch_template.update_default_version",
  "aws_autoscaling_group.min_elb_capacity",
  "aws_autoscaling_group.wait_for_elb_capacity",
  "aws_security_group_rule.description",
  "aws_security_group_rule.source_security_group_id",
  "aws_iam_access_key.encrypted_secret",
  "aws_iam_access_key.encrypted_ses_smtp_password_v4",
  "aws_iam_access_key.key_fingerprint",
  "aws_iam_access_key.pgp_key",
  "aws_route53_record.allow_overwrite",
  "aws_route53_health_check.cloudwatch_alarm_name",
  "aws_route53_health_check.cloudwatch_alarm_region",
  "aws_route53_health_check.reference_name",
  "aws_lb_target_group.load_balancing_algorithm_type",
  "aws_lb_target_group.load_balancing_anomaly_mitigation",
  "aws_lb_target_group.protocol_version",
  "aws_lb_listener.alpn_policy",
  "aws_lb_listener.certificate_arn",
  "aws_lb_listener.ssl_policy",
  "aws_lb_listener.tcp_idle_timeout_seconds",
  ...ONLY_APPLICATION.map((name) => `aws_lb.${name}`),
  ...HTTP_LISTENER.map((name) => `aws_lb_listener.${name}`),
]);

/**
 * Collections that the plugin sets whenever it reads: a refresh finds them empty, not null. After an apply the SDK
 * keeps the null that was planned.
 */
const EMPTY_WHEN_READ: { readonly [type: string]: readonly string[] } = {
  aws_cloudwatch_metric_alarm: ["alarm_actions", "dimensions", "insufficient_data_actions", "ok_actions"],
  aws_autoscaling_group: ["enabled_metrics", "suspended_processes", "termination_policies"],
  aws_launch_template: ["security_group_names"],
};

function withEmptyCollections(type: string, block: BlockSchema, object: Values): Values {
  const read = { ...object };
  for (const name of ["tags", ...(EMPTY_WHEN_READ[type] ?? [])]) {
    const attribute = block.attributes?.[name];
    if (attribute !== undefined && (object[name] ?? null) === null) read[name] = zero(attribute.type);
  }
  return read;
}

/**
 * An object as the plugin reads it back from AWS: what nobody asked for is Go's zero value, `""`, `0`, `false`,
 * not null; what nobody answered is so too, or nothing.
 */
function readBack(type: string, block: BlockSchema, object: Values): Values {
  const read: Values = {};
  for (const [name, { type: cty }] of Object.entries(block.attributes ?? {})) {
    const value = object[name] ?? null;
    const unanswered = value === null || value instanceof Unknown;
    const staysNull =
      NULL_UNLESS_ANSWERED.has(`${type}.${name}`) || (value === null && typeof cty !== "string");
    read[name] = !unanswered ? value : staysNull ? null : zero(cty);
  }
  for (const [name, nested] of Object.entries(block.block_types ?? {})) {
    const value = object[name] ?? null;
    const inner = (element: Value): Value =>
      isObject(element) ? readBack("", nested.block, element) : element;
    read[name] = value instanceof Unknown ? [] : Array.isArray(value) ? value.map(inner) : value;
  }
  return read;
}

function zero(type: CtyType): Value {
  if (type === "string") return "";
  if (type === "number") return 0;
  if (type === "bool") return false;
  return type[0] === "map" || type[0] === "object" ? {} : [];
}
