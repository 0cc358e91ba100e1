import { randomUUID } from "node:crypto";
import {
  Unknown,
  UNKNOWN,
  type BlockSchema,
  type Cloud,
  type CloudObjects,
  type Planning,
  type ResourceSimulation,
  type Value,
  type Values,
} from "../../fleet/simulation";
import {
  AUTO_SCALING,
  AwsAccount,
  blocks,
  count,
  EC2,
  ec2Id,
  isWhollyKnown,
  nameOf,
  refusal,
  regionOf,
  sameTruth,
  text,
  texts,
} from "./simulation-cloud";
import { AWS_DATA } from "./simulation-data";

/** Of a launch template, what changes without a new version. */
const UNVERSIONED = [
  "default_version",
  "description",
  "name",
  "name_prefix",
  "tags_all",
  "update_default_version",
];

/** Whether the change makes a new version of a launch template. */
function makesVersion({ differences }: Planning): boolean {
  return differences.some((key) => !UNVERSIONED.includes(key));
}

/** Truth values that are texts, so that they can be left out. */
const NULLABLE = [
  "ebs_optimized",
  "block_device_mappings.ebs.delete_on_termination",
  "block_device_mappings.ebs.encrypted",
  "network_interfaces.associate_carrier_ip_address",
  "network_interfaces.associate_public_ip_address",
  "network_interfaces.delete_on_termination",
  "network_interfaces.primary_ipv6",
];

export const launchTemplate: ResourceSimulation = {
  suppress: Object.fromEntries(NULLABLE.map((path) => [path, sameTruth])),
  plan(planning) {
    const { config, prior, planned, differences } = planning;
    const follows = config["update_default_version"] === true;
    if (prior === null) {
      if (follows) planned["default_version"] = UNKNOWN;
      return;
    }
    if (differences.length === 0) return;
    const versioned = makesVersion(planning);
    if (versioned) planned["latest_version"] = UNKNOWN;
    if (follows && (versioned || prior["update_default_version"] !== true))
      planned["default_version"] = UNKNOWN;
  },
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const names = nameOf(planned);
    const doing = `creating EC2 Launch Template (${names.name})`;
    if (account.list("aws_launch_template").some(({ attributes }) => attributes["name"] === names.name)) {
      const error = [
        "InvalidLaunchTemplateName.AlreadyExistsException",
        "Launch template name already in use.",
      ] as const;
      throw refusal(doing, EC2, "CreateLaunchTemplate", error);
    }
    const id = ec2Id("lt");
    const arn = account.arn("ec2", `launch-template/${id}`);
    putVersion(id, 1, planned, cloud);
    return { ...names, id, arn, default_version: 1, latest_version: 1 };
  },
  update(planned, prior, cloud) {
    const isNewVersion = planned["latest_version"] instanceof Unknown;
    const latest = count(prior["latest_version"]) + (isNewVersion ? 1 : 0);
    const wanted = planned["default_version"];
    if (!(wanted instanceof Unknown) && count(wanted) > latest) {
      const message = `Could not find launch template version ${String(count(wanted))}.`;
      const error = ["InvalidLaunchTemplateId.VersionNotFound", message] as const;
      throw refusal(
        `updating EC2 Launch Template (${text(prior["id"])})`,
        EC2,
        "ModifyLaunchTemplate",
        error,
      );
    }
    if (isNewVersion) putVersion(text(prior["id"]), latest, planned, cloud);
    return { latest_version: latest, default_version: wanted instanceof Unknown ? latest : count(wanted) };
  },
  delete(prior, cloud) {
    for (let version = 1; version <= count(prior["latest_version"]); version++) {
      cloud.remove(TEMPLATE_VERSION, versionId(text(prior["id"]), version));
    }
  },
};

/** No resource of Terraform's, but an object in EC2: a group stays with its version while the template has a newer one. */
const TEMPLATE_VERSION = "aws_launch_template_version";

function versionId(template: string, version: number): string {
  return `${template}/${String(version)}`;
}

function putVersion(template: string, version: number, planned: Values, cloud: Cloud): void {
  const { image_id: image, user_data: data, vpc_security_group_ids: groups } = planned;
  cloud.put(TEMPLATE_VERSION, versionId(template, version), {
    image_id: text(image),
    user_data: text(data),
    vpc_security_group_ids: texts(groups),
  });
}

/**
 * What a version of a launch template says: `image_id`, `user_data` in base64, and `vpc_security_group_ids`. Undefined where there is none.
 * @param wanted as a group names it: a number, `$Latest` or `$Default`
 */
export function templateVersion(template: string, wanted: string, objects: CloudObjects): Values | undefined {
  const attributes = (type: string, id: string): Values | undefined =>
    objects.list(type).find((object) => object.id === id)?.attributes;
  const named = attributes("aws_launch_template", template);
  const version = wanted.startsWith("$")
    ? count(named?.[wanted === "$Latest" ? "latest_version" : "default_version"])
    : Number(wanted);
  return attributes(TEMPLATE_VERSION, versionId(template, version));
}

/** What the plugin puts in a launch template's id until it has looked up the name. */
const NOT_LOOKED_UP = "unknown";

export const autoscalingGroup: ResourceSimulation = {
  place: regionOf,
  suppress: {
    // A policy with a bound of -1 is none.
    instance_maintenance_policy: (_, { config, prior }) =>
      blocks(prior?.["instance_maintenance_policy"]).length === 0 &&
      blocks(config["instance_maintenance_policy"]).some(
        ({ min_healthy_percentage: min, max_healthy_percentage: max }) => min === -1 || max === -1,
      ),
  },
  plan({ config, prior, planned }) {
    if (isGivenAnew(config, prior, "launch_template", "name")) {
      Object.assign(blocks(planned["launch_template"])[0] ?? {}, { id: NOT_LOOKED_UP });
    }
    const specification = ["mixed_instances_policy", "launch_template", "launch_template_specification"];
    const renamed = isGivenAnew(config, prior, ...specification, "launch_template_name");
    if (!renamed && !isGivenAnew(config, prior, "mixed_instances_policy", "launch_template", "override"))
      return;
    const given = blocks(config["mixed_instances_policy"]);
    const old = blocks(prior?.["mixed_instances_policy"]);
    planned["mixed_instances_policy"] = blocks(planned["mixed_instances_policy"]).map((block, index) =>
      asTheSdkReads(MIXED_INSTANCES_POLICY, block, given[index], old[index]),
    );
    const own = blockAt(planned, specification);
    if (renamed && own !== undefined) {
      own["launch_template_id"] = NOT_LOOKED_UP;
      // Set again, an empty name is one that is computed.
      if (blockAt(config, specification)?.["launch_template_name"] === "")
        own["launch_template_name"] = UNKNOWN;
    }
    const overrides = (values: Values | null): Values[] =>
      blocks(blockAt(values, specification.slice(0, -1))?.["override"]).map(
        (override) => blocks(override["launch_template_specification"])[0] ?? {},
      );
    const before = overrides(prior);
    overrides(planned).forEach((template, index) => {
      const name = template["launch_template_name"];
      const isGiven = text(name) !== "" || name instanceof Unknown;
      if (isGiven && text(name) !== text(before[index]?.["launch_template_name"]))
        template["launch_template_id"] = NOT_LOOKED_UP;
    });
  },
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const names = nameOf(planned);
    const doing = `creating Auto Scaling Group (${names.name})`;
    if (account.list("aws_autoscaling_group").some(({ attributes }) => attributes["name"] === names.name)) {
      const message = `AutoScalingGroup by this name already exists - A group with the name ${names.name} already exists`;
      throw refusal(doing, AUTO_SCALING, "CreateAutoScalingGroup", ["AlreadyExists", message]);
    }
    const { name } = names;
    const role = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling";
    return {
      ...names,
      ...groupState(doing, "CreateAutoScalingGroup", planned, account),
      ...answeredBlocks(planned),
      id: name,
      arn: account.arn("autoscaling", `autoScalingGroup:${randomUUID()}:autoScalingGroupName/${name}`),
      default_cooldown:
        planned["default_cooldown"] instanceof Unknown ? 300 : (planned["default_cooldown"] ?? null),
      health_check_type: text(planned["health_check_type"]) || "EC2",
      predicted_capacity: 0,
      service_linked_role_arn: text(planned["service_linked_role_arn"]) || account.globalArn("iam", role),
      warm_pool_size: 0,
    };
  },
  update: (planned, prior, cloud) =>
    groupState(
      `updating Auto Scaling Group (${text(prior["name"])})`,
      "UpdateAutoScalingGroup",
      planned,
      new AwsAccount(cloud),
    ),
};

const MIXED_INSTANCES_POLICY =
  AWS_DATA.schema.resource_schemas["aws_autoscaling_group"]?.block.block_types?.["mixed_instances_policy"]
    ?.block ?? {};

/** The first block of each of these names, one inside the other. */
function blockAt(values: Values | null | undefined, names: readonly string[]): Values | undefined {
  return names.reduce<Values | undefined>((block, name) => blocks(block?.[name])[0], values ?? undefined);
}

/** Whether the last of the names, inside the blocks of the others, is written and not as it was. */
function isGivenAnew(config: Values, prior: Values | null, ...names: readonly string[]): boolean {
  const last = names.at(-1) ?? "";
  const given = blockAt(config, names.slice(0, -1))?.[last] ?? null;
  const before = blockAt(prior, names.slice(0, -1))?.[last] ?? null;
  const isLeftOut = given === null || (Array.isArray(given) && given.length === 0);
  // An unknown text is "" to a plan function.
  if (given instanceof Unknown || given === "") return before !== null && before !== "";
  return !isLeftOut && JSON.stringify(given) !== JSON.stringify(before);
}

/**
 * A block that a plan function of the plugin has read and set again: Go's zero values where there is no number or
 * truth value yet. A block with nothing in it stays so.
 */
function asTheSdkReads(block: BlockSchema, values: Values, config: Values = {}, prior: Values = {}): Values {
  const missing = (value: Value | undefined): boolean =>
    value === null || value === undefined || value instanceof Unknown;
  const read: Values = { ...values };
  if (Object.values(values).every((value) => missing(value) && !(value instanceof Unknown))) return read;
  for (const [name, { type }] of Object.entries(block.attributes ?? {})) {
    // An unknown element is lost, and the others with it.
    if (Array.isArray(config[name]) && !isWhollyKnown(config[name])) read[name] = null;
    if (type === "number" && missing(values[name])) read[name] = 0;
    else if (type === "string" && values[name] === null && text(prior[name]) !== "") read[name] = "";
    else if (type === "bool" && missing(values[name])) read[name] = false;
  }
  for (const [name, nested] of Object.entries(block.block_types ?? {})) {
    const [given, before] = [blocks(config[name]), blocks(prior[name])];
    read[name] = blocks(values[name]).map((element, index) =>
      asTheSdkReads(nested.block, element, given[index], before[index]),
    );
  }
  return read;
}

/** What Auto Scaling answers of blocks that are left out. */
function answeredBlocks(planned: Values): Values {
  const answers: Values = {
    availability_zone_distribution: [{ capacity_distribution_strategy: "balanced-best-effort" }],
    capacity_reservation_specification: [
      { capacity_reservation_preference: "default", capacity_reservation_target: [] },
    ],
  };
  return Object.fromEntries(Object.entries(answers).filter(([name]) => planned[name] instanceof Unknown));
}

/** What follows from what the group refers to; refused where that does not exist. */
function groupState(doing: string, operation: string, planned: Values, account: AwsAccount): Values {
  const refuse = (message: string): Error =>
    refusal(doing, AUTO_SCALING, operation, ["ValidationError", message]);
  const [min, max] = [count(planned["min_size"]), count(planned["max_size"])];
  const desired =
    planned["desired_capacity"] instanceof Unknown ? min : count(planned["desired_capacity"] ?? min);
  if (max < min)
    throw refuse(`Max bound, ${String(max)}, must be greater than or equal to min bound, ${String(min)}`);
  if (desired < min || desired > max) {
    const bounds = `the specified min size:${String(min)} and max size:${String(max)}`;
    throw refuse(`Desired capacity:${String(desired)} must be between ${bounds}`);
  }
  const subnets = texts(planned["vpc_zone_identifier"]).map((id) => {
    const subnet = account.find("aws_subnet", id);
    if (subnet === undefined) throw refuse(`The subnet ID '${id}' does not exist`);
    return subnet;
  });
  for (const arn of texts(planned["target_group_arns"])) {
    if (account.find("aws_lb_target_group", arn) !== undefined) continue;
    throw refuse("Provided Target Groups may not be valid. Please ensure they exist and try again.");
  }
  const zones = subnets.map((subnet) => text(subnet["availability_zone"]));
  return {
    availability_zones: zones.length > 0 ? [...new Set(zones)] : texts(planned["availability_zones"]),
    desired_capacity: desired,
    launch_template: launchTemplateOf(planned["launch_template"], refuse, account),
  };
}

function launchTemplateOf(
  given: Value | undefined,
  refuse: (message: string) => Error,
  account: AwsAccount,
): Values[] {
  const templates = account.list("aws_launch_template");
  return blocks(given).map(({ id, name, version }) => {
    const form = "You must use a valid fully-formed launch template.";
    const template = templates.find(({ attributes }) =>
      [id, name].includes(text(attributes[text(id) ? "id" : "name"])),
    );
    if (template === undefined) {
      throw refuse(
        `${form} The specified launch template, with template ID ${text(id) || text(name)}, does not exist.`,
      );
    }
    const { attributes } = template;
    const wanted = text(version) || "$Default";
    if (!wanted.startsWith("$") && Number(wanted) > count(attributes["latest_version"])) {
      const which = `with template ID ${template.id}, and version ${wanted}`;
      throw refuse(`${form} The specified launch template, ${which}, does not exist.`);
    }
    checkProfile(attributes, form, refuse, account);
    checkImage(template.id, wanted, form, refuse, account);
    return { id: template.id, name: text(attributes["name"]), version: wanted };
  });
}

/** Images are looked for when a group takes the template, not when the template is made. */
function checkImage(
  template: string,
  wanted: string,
  form: string,
  refuse: (message: string) => Error,
  account: AwsAccount,
): void {
  const image = text(templateVersion(template, wanted, { list: (type) => account.all(type) })?.["image_id"]);
  if (image === "" || account.imageExists(image)) return;
  throw refuse(`${form} The image id '[${image}]' does not exist`);
}

function checkProfile(
  template: Values,
  form: string,
  refuse: (message: string) => Error,
  account: AwsAccount,
): void {
  for (const { name, arn } of blocks(template["iam_instance_profile"])) {
    const wanted = text(name) || (text(arn).split("/").at(-1) ?? "");
    if (wanted === "" || account.find("aws_iam_instance_profile", wanted) !== undefined) continue;
    const parameter = text(name) === "" ? "iamInstanceProfile.arn" : "iamInstanceProfile.name";
    const value = text(name) || text(arn);
    throw refuse(
      `${form} Value (${value}) for parameter ${parameter} is invalid. Invalid IAM Instance Profile ${text(name) === "" ? "ARN" : "name"}`,
    );
  }
}
