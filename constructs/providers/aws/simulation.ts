import {
  Unknown,
  UNKNOWN,
  type BlockSchema,
  type CtyType,
  type Planning,
  type ProviderSimulation,
  type ResourceSimulation,
  type Value,
  type Values,
} from "../../fleet/simulation";
import { accelerator, acceleratorListener, endpointGroup } from "./simulation-accelerator";
import { blocks, isObject } from "./simulation-cloud";
import { AWS_DATA } from "./simulation-data";
import * as identity from "./simulation-identity";
import { autoscalingGroup, launchTemplate } from "./simulation-instances";
import { listener, loadBalancer, targetGroup } from "./simulation-load-balancer";
import * as network from "./simulation-network";
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
  aws_cloudwatch_log_group: identity.logGroup,
  aws_launch_template: launchTemplate,
  aws_lb: loadBalancer,
  aws_lb_target_group: targetGroup,
  aws_lb_listener: listener,
  aws_autoscaling_group: autoscalingGroup,
  aws_globalaccelerator_accelerator: accelerator,
  aws_globalaccelerator_listener: acceleratorListener,
  aws_globalaccelerator_endpoint_group: endpointGroup,
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
      if (block.attributes?.["tags_all"] !== undefined) planTags(planning);
    },
    create: (planned, cloud) => whole(planned, resource.create(planned, cloud)),
    ...(resource.update === undefined
      ? {}
      : {
          update: (planned: Values, prior: Values, cloud) =>
            whole(planned, resource.update?.(planned, prior, cloud) ?? {}),
        }),
  };
}

/** The provider's default tags under the resource's own; unknown while a tag is, and while a tag is empty. */
function planTags({ config, planned, provider }: Planning): void {
  const own = config["tags"] ?? {};
  const defaults = blocks(provider["default_tags"])[0]?.["tags"] ?? {};
  const known =
    isObject(own) &&
    isObject(defaults) &&
    Object.values(own).every((tag) => tag !== "" && !(tag instanceof Unknown));
  planned["tags_all"] = known ? { ...defaults, ...withoutNulls(own) } : UNKNOWN;
}

function withoutNulls(tags: Values): Values {
  return Object.fromEntries(Object.entries(tags).filter(([, tag]) => tag !== null));
}

/** Attributes that the plugin never reads: null where they are not given. */
const NEVER_READ = new Set([
  "aws_vpc.ipv4_ipam_pool_id",
  "aws_vpc.ipv4_netmask_length",
  "aws_launch_template.update_default_version",
  "aws_autoscaling_group.min_elb_capacity",
  "aws_autoscaling_group.wait_for_elb_capacity",
  "aws_security_group_rule.description",
  "aws_security_group_rule.source_security_group_id",
]);

/**
 * An object as the plugin reads it back from AWS: what nobody asked for is Go's zero value, `""`, `0`, `false`,
 * not null; what nobody answered is so too, or nothing.
 */
function readBack(type: string, block: BlockSchema, object: Values): Values {
  const read: Values = {};
  for (const [name, { type: cty }] of Object.entries(block.attributes ?? {})) {
    const value = object[name] ?? null;
    const unread = NEVER_READ.has(`${type}.${name}`) || typeof cty !== "string";
    read[name] = value instanceof Unknown ? zero(cty) : value === null && !unread ? zero(cty) : value;
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
