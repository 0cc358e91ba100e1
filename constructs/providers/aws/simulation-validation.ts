import { isIP } from "node:net";
import type { AttributePath, Diagnostic, Value, Values } from "../../fleet/simulation";
import { addressRange, networkOf } from "./simulation-addresses";
import { isObject, isWhollyKnown } from "./simulation-cloud";
import { isJson } from "./simulation-json";

/** What a validator of the plugin says to a known text or number; undefined where it says nothing. */
type Check = (value: string, name: string) => string | undefined;

const matching =
  (form: RegExp, message: (name: string, value: string) => string): Check =>
  (value, name) =>
    form.test(value) ? undefined : message(name, value);

const notMatching =
  (form: RegExp, message: (name: string, value: string) => string): Check =>
  (value, name) =>
    form.test(value) ? message(name, value) : undefined;

const atMost =
  (limit: number, message: (name: string, value: string) => string): Check =>
  (value, name) =>
    value.length > limit ? message(name, value) : undefined;

/** A block of one family that names its first address. */
const block =
  (family: 4 | 6): Check =>
  (value) => {
    const range = addressRange(value);
    if (range === undefined) return `"${value}" is not a valid CIDR block: invalid CIDR address: ${value}`;
    const kind = `is not a valid IPv${String(family)} CIDR block`;
    if (range.family !== family) return `"${value}" ${kind}`;
    return networkOf(range) === value ? undefined : `"${value}" ${kind}; did you mean "${networkOf(range)}"?`;
  };

const vpcBlock: Check = (value, name) => {
  const range = addressRange(value);
  if (range === undefined)
    return `expected ${name} to contain a valid Value, got: ${value} with err: invalid CIDR address: ${value}`;
  const network = networkOf(range);
  if (network !== value)
    return `expected ${name} to contain a valid network Value, expected ${network}, got ${value}`;
  const bits = Number(value.split("/")[1]);
  if (bits >= 16 && bits <= 28) return undefined;
  return `expected "${name}" to contain a network Value with between 16 and 28 significant bits, got: ${String(bits)}`;
};

/** A time; Go says more about what is wrong with it. */
const rfc3339 = matching(
  /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}([.,]\d+)?(Z|[+-]\d{2}:\d{2})$/,
  (name, value) => `expected "${name}" to be a valid RFC3339 date, got "${value}"`,
);

/** JSON as Go's parser and the plugin's rules take it. Where Go names the place of an error, this does not. */
const policy: Check = (value, name) => {
  if (value === "") return `"${name}" is an empty string, which is not a valid JSON value`;
  const invalid = `"${name}" contains an invalid JSON policy:`;
  const start = value.trimStart().charAt(0);
  if (start === "[") return `${invalid} contains a JSON array, not a JSON object`;
  if (start !== "{") return `${invalid} not a JSON object`;
  try {
    JSON.parse(value);
    return undefined;
  } catch (error) {
    return `${invalid} ${error instanceof Error ? error.message : String(error)}`;
  }
};

/** JSON of any kind, or nothing at all. Where Go names the place of an error, this does not. */
const json: Check = (value, name) =>
  value === "" || isJson(value) ? undefined : `"${name}" contains an invalid JSON: ${value}`;

const metricName: Check[] = [
  atMost(255, (name, value) => `"${name}" cannot be longer than 255 characters: "${value}"`),
  notMatching(
    /[:*$]/,
    (name, value) =>
      `"${name}" isn't a valid log metric transformation name (must not contain colon, asterisk nor dollar sign): "${value}"`,
  ),
];

const iamName = matching(/^[\w+=,.@-]*$/, (name) => `invalid value for ${name} (must match [\\w+=,.@-])`);

/** Load balancers say which name they mean, target groups do not. */
const balancerName = (limit: number, shown: (value: string) => string, form = /^[0-9A-Za-z-]*$/): Check[] => [
  matching(
    form,
    (name, value) => `only alphanumeric characters and hyphens allowed in "${name}"${shown(value)}`,
  ),
  atMost(
    limit,
    (name, value) => `"${name}" cannot be longer than ${String(limit)} characters${shown(value)}`,
  ),
  notMatching(/^-/, (name, value) => `"${name}" cannot begin with a hyphen${shown(value)}`),
];
const noHyphenAtEnd = (shown: (value: string) => string): Check =>
  notMatching(/-$/, (name, value) => `"${name}" cannot end with a hyphen${shown(value)}`);
const showValue = (value: string): string => `: "${value}"`;
const showNothing = (): string => "";

const ruleDescription: Check[] = [
  atMost(255, (name, value) => `"${name}" cannot be longer than 255 characters: "${value}"`),
  matching(
    /^[0-9A-Za-z_ .:/()#,@[\]+=&;{}!$*-]*$/,
    (name, value) =>
      `"${name}" doesn't comply with restrictions ("^[0-9A-Za-z_ .:/()#,@\\[\\]+=&;\\{\\}!\\$\\*-]*$"): "${value}"`,
  ),
];

const templateName = (limit: number): Check[] => [
  matching(/^[\s\S]{3,}$/, (name) => `"${name}" cannot be less than 3 characters`),
  atMost(limit, (name) => `"${name}" cannot be longer than ${String(limit)} characters`),
  matching(/^[0-9a-zA-Z()./_-]*$/, (name) => `"${name}" can only alphanumeric characters and ()./_- symbols`),
];

const logGroupName = (limit: number): Check[] => [
  atMost(limit, (name, value) => `"${name}" cannot be longer than ${String(limit)} characters: "${value}"`),
  matching(
    /^[.\-_/#A-Za-z0-9]+$/,
    (name, value) =>
      `"${name}" isn't a valid log group name (alphanumeric characters, underscores, hyphens, slashes, hash signs and dots are allowed): "${value}"`,
  ),
];

const healthCheckPort: Check = (value, name) => {
  const port = Number(value);
  if (value === "traffic-port" || (Number.isInteger(port) && port >= 1 && port <= 65536)) return undefined;
  return `"${name}" must be a valid port number (1-65536) or "traffic-port"`;
};

/** An address. The plugin takes one of IPv4 for one of IPv6 too. */
const address =
  (family: 4 | 6): Check =>
  (value, name) =>
    isIP(value) === family || (family === 6 && isIP(value) === 4)
      ? undefined
      : `expected ${name} to contain a valid IPv${String(family)} address, got: ${value}`;

/** A number of targets of a group's health. The plugin says "0" and means 1. */
const targets = matching(/^(off|[+-]?\d+)$/, (name) => `"${name}" must be an integer or 'off'`);
const percentage = matching(
  /^(off|\+?0*([1-9]\d?|100))$/,
  (name) => `"${name}" must be an integer between 0 and 100 or 'off'`,
);

const truth = matching(
  /^(|1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/,
  (name, value) =>
    `${name}: cannot parse '${value}' as boolean: strconv.ParseBool: parsing "${value}": invalid syntax`,
);

const deregistrationDelay: Check = (value, name) => {
  if (!/^[+-]?\d+$/.test(value))
    return `${name}: cannot parse '${value}' as int: strconv.ParseInt: parsing "${value}": invalid syntax`;
  const seconds = Number(value);
  return seconds >= 0 && seconds <= 3600
    ? undefined
    : `expected ${name} to be at between (0) and (3600), got ${value}`;
};

const atLeastOne = notMatching(
  /^(0$|-)/,
  (name, value) => `expected ${name} to be at least (1), got ${value}`,
);

const alarmPeriod =
  (...short: readonly number[]): Check =>
  (value, name) =>
    short.includes(Number(value)) || Number(value) % 60 === 0
      ? undefined
      : `expected ${name} to be one of [${short.join(" ")}], got ${value}`;

/** An ARN, or what an alarm does to an instance. */
const alarmAction = matching(
  /^$|^arn:[\w-]+:automate:[\w-]+:ec2:(reboot|recover|stop|terminate)$|^arn:aws(-[a-z]+)*:[^:]*:([a-z]{2}(-[a-z]+)+-\d{1,2})?:(aws|aws-managed|third-party|aws-marketplace|\d{12}|cw.{10})?:./,
  (name, value) => `"${name}" (${value}) is an invalid ARN`,
);

const alarmNamespace = matching(
  /[^:]/,
  (name) => `invalid value for ${name} (must not contain colon characters)`,
);

const percentile = matching(
  /^((p|tm|wm|tc|ts)(\d{1,2}(\.\d{1,2})?|100)|IQM|(TM|WM|PR|TC|TS)\((\d+(\.\d+)?%?)?:(\d+(\.\d+)?%?)?\))$/,
  (name) =>
    `invalid value for ${name} (invalid statistic, see: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Statistics-definitions.html)`,
);

const statistic: Check = (value, name) =>
  ["SampleCount", "Average", "Sum", "Minimum", "Maximum"].includes(value)
    ? undefined
    : percentile(value, name);

/** The plugin's validators of one attribute that are more than a list, a range or a length, by type and path. */
const CHECKS: { readonly [type: string]: { readonly [path: string]: readonly Check[] } } = {
  aws_vpc: { cidr_block: [vpcBlock], ipv6_cidr_block: [block(6)] },
  aws_subnet: {
    cidr_block: [block(4)],
    ipv6_cidr_block: [block(6)],
    enable_lni_at_device_index: [
      notMatching(/^-?0$/, (name, value) => `${name} must not be zero, got ${value}`),
    ],
  },
  aws_route_table: { "route.cidr_block": [block(4)], "route.ipv6_cidr_block": [block(6)] },
  aws_route: { destination_cidr_block: [block(4)], destination_ipv6_cidr_block: [block(6)] },
  aws_security_group: {
    name: [notMatching(/^sg-/, (name) => `invalid value for ${name} (cannot begin with sg-)`)],
    "ingress.cidr_blocks": [block(4)],
    "ingress.ipv6_cidr_blocks": [block(6)],
    "egress.cidr_blocks": [block(4)],
    "egress.ipv6_cidr_blocks": [block(6)],
  },
  aws_security_group_rule: {
    description: ruleDescription,
    prefix_list_ids: [notMatching(/^$/, (name) => `${name} must not be empty, got `)],
    cidr_blocks: [block(4)],
    ipv6_cidr_blocks: [block(6)],
  },
  aws_iam_role: {
    name: [iamName],
    name_prefix: [iamName],
    assume_role_policy: [policy],
    "inline_policy.name": [iamName],
    "inline_policy.policy": [policy],
  },
  aws_iam_role_policy: {
    name: [iamName],
    name_prefix: [iamName],
    policy: [policy],
    role: [
      matching(
        /[\w+=,.@-]+/,
        (name, value) =>
          `expected value of ${name} to match regular expression "[\\\\w+=,.@-]+", got ${value}`,
      ),
      notMatching(
        /^$|^arn:[\w-]+:[\w-]+:[a-z0-9-]*:(\d{12}|aws)?:./,
        (name) => `"${name}" must be the role's name not its ARN`,
      ),
    ],
  },
  aws_iam_policy: { name: [iamName], name_prefix: [iamName], policy: [policy] },
  aws_iam_instance_profile: { name: [iamName], name_prefix: [iamName] },
  aws_iam_user: {
    name: [
      matching(
        /^[0-9A-Za-z=,.@\-_+]+$/,
        (name) =>
          `invalid value for ${name} (must only contain alphanumeric characters, hyphens, underscores, commas, periods, @ symbols, plus and equals signs)`,
      ),
    ],
  },
  aws_iam_user_policy: { policy: [policy] },
  aws_ssm_activation: { expiration_date: [rfc3339] },
  aws_rolesanywhere_trust_anchor: {
    "notification_settings.channel": [
      matching(/^ALL$/, (name, value) => `expected ${name} to be one of ["ALL"], got ${value}`),
    ],
    "notification_settings.event": [
      matching(
        /^(CA|END_ENTITY)_CERTIFICATE_EXPIRY$/,
        (name, value) =>
          `expected ${name} to be one of ["CA_CERTIFICATE_EXPIRY" "END_ENTITY_CERTIFICATE_EXPIRY"], got ${value}`,
      ),
    ],
  },
  aws_cloudwatch_metric_alarm: {
    evaluation_periods: [atLeastOne],
    datapoints_to_alarm: [atLeastOne],
    period: [alarmPeriod(10, 20, 30)],
    namespace: [alarmNamespace],
    extended_statistic: [percentile],
    alarm_actions: [alarmAction],
    insufficient_data_actions: [alarmAction],
    ok_actions: [alarmAction],
    "metric_query.period": [alarmPeriod(1, 5, 10, 20, 30)],
    "metric_query.metric.period": [alarmPeriod(1, 5, 10, 20, 30)],
    "metric_query.metric.namespace": [alarmNamespace],
    "metric_query.metric.stat": [statistic],
  },
  aws_cloudwatch_log_metric_filter: {
    log_group_name: logGroupName(512),
    name: [
      atMost(512, (name, value) => `"${name}" cannot be longer than 512 characters: "${value}"`),
      matching(
        /^[^:*]+$/,
        (name, value) =>
          `"${name}" isn't a valid log metric name (must not contain colon nor asterisk): "${value}"`,
      ),
    ],
    "metric_transformation.name": metricName,
    "metric_transformation.namespace": metricName,
    "metric_transformation.default_value": [
      (value, name) =>
        value === "" || Number.isFinite(Number(value.trim() === value ? value : NaN))
          ? undefined
          : `${name}: cannot parse '${value}' as float: strconv.ParseFloat: parsing "${value}": invalid syntax`,
    ],
  },
  aws_cloudwatch_dashboard: {
    dashboard_name: [
      atMost(255, (name, value) => `"${name}" cannot be longer than 255 characters: "${value}"`),
      matching(
        /^[0-9A-Za-z_-]+$/,
        (name, value) => `"${name}" doesn't comply with restrictions ("^[0-9A-Za-z_-]+$"): "${value}"`,
      ),
    ],
    dashboard_body: [json],
  },
  aws_sns_topic: { archive_policy: [json], delivery_policy: [json], policy: [json] },
  aws_sns_topic_subscription: {
    delivery_policy: [json],
    filter_policy: [json],
    redrive_policy: [json],
    replay_policy: [json],
  },
  aws_route53_zone: {
    "vpc.vpc_id": [notMatching(/^$/, (name, value) => `${name} must not be empty, got ${value}`)],
  },
  aws_route53_record: {
    zone_id: [notMatching(/^$/, (name, value) => `${name} must not be empty, got ${value}`)],
  },
  aws_route53_health_check: {
    ip_address: [
      (value, name) =>
        isIP(value) > 0 ? undefined : `expected ${name} to contain a valid IP, got: ${value}`,
    ],
    child_health_threshold: [
      (value, name) =>
        Number(value) <= 256 ? undefined : `expected ${name} to be at most (256), got ${value}`,
    ],
  },
  aws_cloudwatch_log_group: { name: logGroupName(512), name_prefix: logGroupName(486) },
  aws_launch_template: {
    name: templateName(125),
    name_prefix: templateName(99),
    ebs_optimized: [truth],
    default_version: [atLeastOne],
    "block_device_mappings.ebs.delete_on_termination": [truth],
    "block_device_mappings.ebs.encrypted": [truth],
    "network_interfaces.associate_carrier_ip_address": [truth],
    "network_interfaces.associate_public_ip_address": [truth],
    "network_interfaces.delete_on_termination": [truth],
    "network_interfaces.primary_ipv6": [truth],
    "network_interfaces.private_ip_address": [address(4)],
    "network_interfaces.ipv6_addresses": [address(6)],
    "network_interfaces.ipv4_addresses": [address(4)],
    "network_interfaces.ipv4_prefixes": [block(4)],
    "network_interfaces.ipv6_prefixes": [block(6)],
    "instance_market_options.spot_options.block_duration_minutes": [
      (value, name) =>
        Number(value) % 60 === 0 ? undefined : `expected ${name} to be divisible by 60, got: ${value}`,
    ],
  },
  aws_lb: {
    name: [
      ...balancerName(32, showValue),
      noHyphenAtEnd(showValue),
      notMatching(/^internal-/, (name, value) => `"${name}" cannot begin with "internal-": "${value}"`),
    ],
    name_prefix: balancerName(6, showValue, /^[0-9A-Za-z-]+$/),
    "subnet_mapping.ipv6_address": [address(6)],
    "subnet_mapping.private_ipv4_address": [address(4)],
  },
  aws_lb_target_group: {
    name: [...balancerName(32, showNothing, /^[0-9A-Za-z-]+$/), noHyphenAtEnd(showNothing)],
    name_prefix: balancerName(6, showNothing, /^[0-9A-Za-z-]+$/),
    deregistration_delay: [deregistrationDelay],
    preserve_client_ip: [truth],
    // The plugin lists the same validator twice.
    "health_check.port": [healthCheckPort, healthCheckPort],
    "health_check.path": [
      matching(/^\//, (name, value) => `expected ${name} to have prefix /, got ${value}`),
    ],
    "target_group_health.dns_failover.minimum_healthy_targets_count": [targets],
    "target_group_health.dns_failover.minimum_healthy_targets_percentage": [percentage],
    "target_group_health.unhealthy_state_routing.minimum_healthy_targets_percentage": [percentage],
    slow_start: [
      matching(
        /^(0|[3-8]\d|9\d|[1-8]\d\d|900)$/,
        (name, value) => `expected ${name} to be in the range (0 - 0), got ${value}`,
      ),
      matching(
        /^(0|[3-8]\d|9\d|[1-8]\d\d|900)$/,
        (name, value) => `expected ${name} to be in the range (30 - 900), got ${value}`,
      ),
    ],
  },
  aws_autoscaling_group: {
    "launch_template.id": [
      matching(
        /^lt-[a-z0-9]+$/,
        (name, value) =>
          `"${name}" must begin with 'lt-' and be comprised of only alphanumeric characters: ${value}`,
      ),
    ],
    "launch_template.name": templateName(125),
    "mixed_instances_policy.launch_template.override.weighted_capacity": [
      matching(
        /^[1-9]\d{0,2}$/,
        (name) =>
          `invalid value for ${name} (see https://docs.aws.amazon.com/autoscaling/ec2/APIReference/API_LaunchTemplateOverrides.html)`,
      ),
    ],
    wait_for_capacity_timeout: [
      matching(
        /^([+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))+$|^0$/,
        (name, value) => `"${name}" cannot be parsed as a duration: time: invalid duration "${value}"`,
      ),
    ],
  },
  aws_globalaccelerator_accelerator: {
    name: [
      matching(
        /^[0-9A-Za-z-]+$/,
        (name) => `invalid value for ${name} (only alphanumeric characters and hyphens are allowed)`,
      ),
      notMatching(/^-/, (name) => `invalid value for ${name} (cannot start with a hyphen)`),
      notMatching(/-$/, (name) => `invalid value for ${name} (cannot end with a hyphen)`),
    ],
  },
  aws_globalaccelerator_endpoint_group: {
    endpoint_group_region: [
      matching(
        /^[a-z]{2}(-[a-z]+)+-\d{1,2}$/,
        (name, value) => `"${name}" doesn't look like AWS Region: "${value}"`,
      ),
    ],
  },
};

/** Fewest elements of a collection; schemas tell it of blocks only. */
const FEWEST: { readonly [type: string]: { readonly [name: string]: number } } = {
  aws_route53_health_check: { regions: 3 },
};

/** terraform-plugin-framework words its refusals in its own way. */
const FRAMEWORK_BLOCKS = { cidr_ipv4: 4, cidr_ipv6: 6 } as const;

/** What the plugin's own validators say to a configuration. */
export function validateAws(type: string, config: Values): Diagnostic[] {
  if (type.startsWith("aws_vpc_security_group_")) return validateRule(config);
  const tooFew = Object.entries(FEWEST[type] ?? {}).flatMap(([name, fewest]): Diagnostic[] => {
    const { length } =
      Array.isArray(config[name]) && isWhollyKnown(config[name]) ? config[name] : { length: fewest };
    const detail = `Attribute ${name} requires ${String(fewest)} item minimum, but config has only ${String(length)} declared.`;
    return length >= fewest
      ? []
      : [{ severity: "error", summary: "Not enough list items", detail, path: [name] }];
  });
  const wrong = Object.entries(CHECKS[type] ?? {}).flatMap(([path, checks]) => {
    const names = path.split(".");
    // SDKv2 does not look into a collection, or into blocks, while anything in it is unknown.
    const [first = ""] = names;
    if (!isWhollyKnown(config[first])) return [];
    return leavesAt(config, names, []).flatMap(([value, where]) =>
      checks.flatMap((check): Diagnostic[] => {
        const summary = check(value, where.join("."));
        return summary === undefined ? [] : [{ severity: "error", summary, path: where }];
      }),
    );
  });
  return [...tooFew, ...wrong];
}

function validateRule(config: Values): Diagnostic[] {
  return Object.entries(FRAMEWORK_BLOCKS).flatMap(([name, family]): Diagnostic[] => {
    const value = config[name];
    if (typeof value !== "string" || block(family)(value, name) === undefined) return [];
    const detail = `Attribute ${name} value must be a valid IPv${String(family)} CIDR that represents a network address, got: ${value}`;
    return [{ severity: "error", summary: "Invalid Attribute Value", detail, path: [name] }];
  });
}

/** The known texts and numbers at a path, in every element on the way, each with where it stands. */
function leavesAt(
  value: Value | undefined,
  names: readonly string[],
  where: AttributePath,
): [string, AttributePath][] {
  if (Array.isArray(value))
    return value.flatMap((element, index) => leavesAt(element, names, [...where, index]));
  const [name, ...rest] = names;
  if (isObject(value) && name !== undefined) return leavesAt(value[name], rest, [...where, name]);
  if (name !== undefined) return [];
  return typeof value === "string" || typeof value === "number" ? [[String(value), where]] : [];
}

/** https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html, by their form. */
const REGION =
  /^(af|ap|ca|cn|eu|il|me|mx|sa|us|us-gov|us-isob?)-(central|(?!-)(north|south)?(east|west)?)-\d$/;

/** Refuses a provider block as the plugin does. */
export function configureAws({ region, skip_region_validation: skip }: Values): Diagnostic[] {
  if (skip === true || (region !== null && typeof region !== "string")) return [];
  return REGION.test(region ?? "")
    ? []
    : [{ severity: "error", summary: `invalid AWS Region: ${region ?? ""}` }];
}
