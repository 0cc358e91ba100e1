import type { Cloud, PlanInput, Planning, ResourceSimulation, Value, Values } from "../../fleet/simulation";
import { Unknown, UNKNOWN } from "../../fleet/simulation";
import {
  AwsAccount,
  blocks,
  count,
  ELB,
  hex,
  ifLeftOut,
  isWhollyKnown,
  nameOf,
  refusal,
  sameTruth,
  text,
  texts,
} from "./simulation-cloud";
import { refuseListener, refuseTargetGroup } from "./simulation-plan-refusals";

/** Hosted zones of network load balancers, https://docs.aws.amazon.com/general/latest/gr/elb.html */
const NETWORK_ZONES: { readonly [region: string]: string } = {
  "af-south-1": "Z203XCE67M25HM",
  "ap-east-1": "Z12Y7K3UBGUAD1",
  "ap-northeast-1": "Z31USIVHYNEOWT",
  "ap-northeast-2": "ZIBE1TIR4HY56",
  "ap-northeast-3": "Z1GWIQ4HH19I5X",
  "ap-south-1": "ZVDDRBQ08TROA",
  "ap-southeast-1": "ZKVM4W9LS7TM",
  "ap-southeast-2": "ZCT6FZBF4DROD",
  "ca-central-1": "Z2EPGBW3API2WT",
  "eu-central-1": "Z3F0SRJ5LGBH90",
  "eu-north-1": "Z1UDT6IFJ4EJM",
  "eu-south-1": "Z23146JA1KNAFP",
  "eu-west-1": "Z2IFOLAFXWLO4F",
  "eu-west-2": "ZD4D7Y8KGAS4G",
  "eu-west-3": "Z1CMS0P5QUZ6D5",
  "me-south-1": "Z3QSRYVP46NYYV",
  "sa-east-1": "ZTK26PT1VY4CU",
  "us-east-1": "Z26RNL4JYFTOTI",
  "us-east-2": "ZLMOA37VPKANP",
  "us-west-1": "Z24FKFUX50B4VW",
  "us-west-2": "Z18D5FSROUN65G",
};

type Suppress = NonNullable<ResourceSimulation["suppress"]>[string];

/** The value of a top-level text that the plan will have, as far as the plugin can see it; `""` while unknown. */
function wanted({ config, prior }: PlanInput, name: string, otherwise = ""): string {
  const given = config[name];
  if (given !== null && given !== undefined) return text(given);
  return text(prior?.[name]) || otherwise;
}

function loadBalancerType({ config }: PlanInput): string {
  return text(config["load_balancer_type"] ?? "application");
}

const unlessType =
  (...types: readonly string[]): Suppress =>
  (_, input) =>
    !types.includes(loadBalancerType(input));

/** Where the logs go counts only while they are on. */
const unlessEnabled =
  (block: string): Suppress =>
  (_, { config }) =>
    blocks(config[block])[0]?.["enabled"] !== true;

/** What AWS says of application load balancers alone. */
export const ONLY_APPLICATION = [
  "client_keep_alive",
  "desync_mitigation_mode",
  "drop_invalid_header_fields",
  "enable_http2",
  "enable_tls_version_and_cipher_suite_headers",
  "enable_waf_fail_open",
  "enable_xff_client_port",
  "idle_timeout",
  "ipam_pools",
  "preserve_host_header",
  "xff_header_processing_mode",
];

export const loadBalancer: ResourceSimulation = {
  suppress: {
    ...Object.fromEntries(ONLY_APPLICATION.map((name) => [name, unlessType("application")])),
    dns_record_client_routing_policy: unlessType("network"),
    enable_cross_zone_load_balancing: (_, input) => loadBalancerType(input) === "application",
    enable_zonal_shift: unlessType("application", "network"),
    enforce_security_group_inbound_rules_on_private_link_traffic: unlessType("network"),
    minimum_load_balancer_capacity: unlessType("application", "network"),
    access_logs: ifLeftOut,
    connection_logs: ifLeftOut,
    "access_logs.bucket": unlessEnabled("access_logs"),
    "access_logs.prefix": unlessEnabled("access_logs"),
    "connection_logs.bucket": unlessEnabled("connection_logs"),
    "connection_logs.prefix": unlessEnabled("connection_logs"),
  },
  plan(planning) {
    const { prior, planned } = planning;
    const change = subnetChange(planning);
    if (prior === null || change === undefined) return;
    if (change.replacesMapping) planned["subnet_mapping"] = mappingPlannedAgain(planning);
    // Two views of the same subnets: a change of one leaves the other to be read back.
    if (change.mapping || change.outposts) planned["subnets"] = UNKNOWN;
    if (change.subnets) planned["subnet_mapping"] = UNKNOWN;
  },
  replaces(planning) {
    const { config, prior, planned } = planning;
    const change = subnetChange(planning);
    if (prior === null || change === undefined) return [];
    const replacesGroups =
      planned["load_balancer_type"] === "network" &&
      isWhollyKnown(config["security_groups"]) &&
      gainsOrLosesAll(prior["security_groups"], planned["security_groups"]);
    return [
      ...((change.replacesMapping || change.outposts) && change.showsMapping ? ["subnet_mapping"] : []),
      ...(change.replacesSubnets ? ["subnets"] : []),
      ...(replacesGroups ? ["security_groups"] : []),
    ];
  },
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const names = nameOf(planned, "tf-lb-");
    const type = text(planned["load_balancer_type"]);
    const doing = `creating ELBv2 ${type} Load Balancer (${names.name})`;
    if (account.list("aws_lb").some(({ attributes }) => attributes["name"] === names.name)) {
      throw refusal(doing, ELB, "CreateLoadBalancer", [
        "DuplicateLoadBalancerName",
        `A load balancer with the same name '${names.name}' exists, but with different settings`,
      ]);
    }
    const internal = planned["internal"] === true;
    const subnets = subnetsOf(doing, "CreateLoadBalancer", planned, account, type);
    const vpc = text(subnets[0]?.["vpc_id"]);
    if (!internal) needsGateway(doing, vpc, cloud);
    const groups = securityGroupsOf(doing, "CreateLoadBalancer", planned, account, type, vpc);
    const kind = { application: "app", network: "net", gateway: "gwy" }[type] ?? type;
    const number = hex(16);
    const suffix = `${kind}/${names.name}/${number}`;
    const arn = account.arn("elasticloadbalancing", `loadbalancer/${suffix}`);
    return {
      ...names,
      ...addressed(planned, subnets),
      ...accessLogs(planned, type),
      id: arn,
      arn,
      arn_suffix: suffix,
      dns_name: dnsName(type, internal ? `internal-${names.name}` : names.name, number, account.region),
      internal,
      ip_address_type: text(planned["ip_address_type"]) || "ipv4",
      security_groups: groups,
      enforce_security_group_inbound_rules_on_private_link_traffic:
        text(planned["enforce_security_group_inbound_rules_on_private_link_traffic"]) ||
        (type === "network" && groups.length > 0 ? "on" : ""),
      vpc_id: vpc,
      zone_id: type === "network" ? (NETWORK_ZONES[account.region] ?? "") : "",
    };
  },
  update(planned, prior, cloud) {
    const account = new AwsAccount(cloud);
    const type = text(planned["load_balancer_type"]);
    const doing = `updating ELBv2 Load Balancer (${text(prior["arn"])})`;
    const subnets = subnetsOf(doing, "SetSubnets", planned, account, type);
    const groups = securityGroupsOf(
      doing,
      "SetSecurityGroups",
      planned,
      account,
      type,
      text(prior["vpc_id"]),
    );
    return { ...addressed(planned, subnets), security_groups: groups };
  },
  delete(prior, cloud) {
    const arn = text(prior["arn"]);
    if (prior["enable_deletion_protection"] === true) {
      throw refusal(`deleting ELBv2 Load Balancer (${arn})`, ELB, "DeleteLoadBalancer", [
        "OperationNotPermitted",
        `Load balancer '${arn}' cannot be deleted because deletion protection is enabled`,
      ]);
    }
    // Its listeners go with it.
    for (const { id, attributes } of cloud.list("aws_lb_listener")) {
      if (attributes["load_balancer_arn"] === arn) cloud.remove("aws_lb_listener", id);
    }
  },
};

/** What becomes of a load balancer's subnets. */
interface SubnetChange {
  readonly subnets: boolean;
  readonly mapping: boolean;
  /** Whether a mapping that stays has an outpost that the plugin does not see again, as it matches "" and null only in part. */
  readonly outposts: boolean;
  readonly replacesSubnets: boolean;
  readonly replacesMapping: boolean;
  /** The SDK tells Terraform of a set's replacement only with a change of its size. */
  readonly showsMapping: boolean;
}

/** Undefined where the plugin does not look: on create, and for other types of load balancers. */
function subnetChange({ config, prior, planned }: Planning): SubnetChange | undefined {
  const type = planned["load_balancer_type"];
  if (prior === null || (type !== "network" && type !== "application")) return undefined;
  const [before, after] = [prior["subnets"], config["subnets"]].map((value) => new Set(texts(value)));
  const isSame = isWhollyKnown(config["subnets"]) && sameMembers(before, after);
  const subnets = config["subnets"] !== null && !isSame;

  const old = blocks(prior["subnet_mapping"]).map(mappingCode);
  const given = blocks(config["subnet_mapping"]).map(mappingCode);
  const mapping = given.length > 0 && !sameMembers(new Set(old), new Set(given));
  const kept = old.filter((code) => given.includes(code)).length;
  // Mappings can only be added in place, and taken away of an application load balancer.
  const isInPlace =
    given.length > old.length
      ? kept === old.length
      : type === "application" && given.length < old.length && kept === given.length;
  // A change of the mapping leaves the plugin with no subnets at all to compare.
  const size = mapping ? 0 : (after?.size ?? 0);
  return {
    subnets,
    mapping,
    outposts: given.length > 0 && !mapping && losesOutpost(prior, config),
    replacesMapping: mapping && !isInPlace && isWhollyKnown(config["subnet_mapping"]),
    showsMapping: subnets || given.length !== old.length,
    replacesSubnets:
      type === "network" && subnets && isWhollyKnown(config["subnets"]) && size <= (before?.size ?? 0),
  };
}

function sameMembers(
  some: ReadonlySet<string> = new Set(),
  others: ReadonlySet<string> = new Set(),
): boolean {
  return some.size === others.size && [...some].every((each) => others.has(each));
}

/** What a user can write of a mapping. */
const MAPPING = ["allocation_id", "ipv6_address", "private_ipv4_address", "subnet_id"];

/** Terraform hands an element's computed values on only where all that is written is the same, null too. */
function losesOutpost(prior: Values, config: Values): boolean {
  const exactly = (mapping: Values): string => JSON.stringify(MAPPING.map((name) => mapping[name] ?? null));
  const given = new Set(blocks(config["subnet_mapping"]).map(exactly));
  return blocks(prior["subnet_mapping"]).some(
    (mapping) => text(mapping["outpost_id"]) !== "" && !given.has(exactly(mapping)),
  );
}

/** The identity of a mapping. */
function mappingCode(mapping: Values): string {
  return JSON.stringify(
    MAPPING.map((name) => (mapping[name] instanceof Unknown ? UNKNOWN : text(mapping[name]))),
  );
}

/**
 * Forcing a replacement makes the SDK plan the set once more, now on top of its own first plan: it then finds
 * computed attributes, empty ones as unknown, even in the elements that go, and so keeps these as empty shells.
 */
function mappingPlannedAgain({ prior, planned }: Planning): Value {
  const mappings = blocks(planned["subnet_mapping"]);
  const codes = new Set(mappings.map(mappingCode));
  const again = (mapping: Values): Values => ({
    ...mapping,
    outpost_id: text(mapping["outpost_id"]) || UNKNOWN,
  });
  const shells = blocks(prior?.["subnet_mapping"])
    .filter((mapping) => !codes.has(mappingCode(mapping)))
    .map((mapping) => ({
      ...Object.fromEntries(Object.keys(mapping).map((name) => [name, null])),
      outpost_id: again(mapping)["outpost_id"] ?? null,
    }));
  return [...mappings.map(again), ...shells];
}

/** A network load balancer has security groups from its creation or never. */
function gainsOrLosesAll(prior: Value | undefined, planned: Value | undefined): boolean {
  if (planned instanceof Unknown) return false;
  return (texts(prior).length === 0) !== (texts(planned).length === 0);
}

function subnetsOf(
  doing: string,
  operation: string,
  planned: Values,
  account: AwsAccount,
  type: string,
): readonly Values[] {
  const mapped = blocks(planned["subnet_mapping"]).map((mapping) => text(mapping["subnet_id"]));
  const ids = texts(planned["subnets"]).length > 0 ? texts(planned["subnets"]) : mapped;
  const subnets = ids.map((id) => {
    const subnet = account.find("aws_subnet", id);
    if (subnet !== undefined) return subnet;
    throw refusal(doing, ELB, operation, ["SubnetNotFound", `The subnet ID '${id}' does not exist`]);
  });
  const invalid = (message: string): Error =>
    refusal(doing, ELB, operation, ["InvalidConfigurationRequest", message]);
  if (new Set(subnets.map((subnet) => subnet["availability_zone"])).size < subnets.length) {
    throw invalid("A load balancer cannot be attached to multiple subnets in the same Availability Zone");
  }
  if (new Set(subnets.map((subnet) => subnet["vpc_id"])).size > 1) {
    throw invalid("All subnets must belong to the same VPC");
  }
  if (type === "application" && subnets.length < 2) {
    const message = "At least two subnets in two different Availability Zones must be specified";
    throw refusal(doing, ELB, operation, ["ValidationError", message]);
  }
  const dualStack = text(planned["ip_address_type"]).startsWith("dualstack");
  if (dualStack && subnets.some((subnet) => text(subnet["ipv6_cidr_block"]) === "")) {
    throw invalid("You must specify subnets with an associated IPv6 CIDR block");
  }
  return subnets;
}

function needsGateway(doing: string, vpc: string, cloud: Cloud): void {
  if (cloud.list("aws_internet_gateway").some(({ attributes }) => attributes["vpc_id"] === vpc)) return;
  throw refusal(doing, ELB, "CreateLoadBalancer", ["InvalidSubnet", `VPC ${vpc} has no internet gateway`]);
}

function securityGroupsOf(
  doing: string,
  operation: string,
  planned: Values,
  account: AwsAccount,
  type: string,
  vpc: string,
): readonly string[] & Value[] {
  const groups = texts(planned["security_groups"]);
  for (const id of groups) {
    if (account.find("aws_security_group", id)?.["vpc_id"] === vpc) continue;
    const message = `One or more security groups are invalid: ${id}`;
    throw refusal(doing, ELB, operation, ["InvalidSecurityGroup", message]);
  }
  if (groups.length > 0 || type !== "application") return groups;
  const own = text(account.find("aws_vpc", vpc)?.["default_security_group_id"]);
  return own === "" ? [] : [own];
}

/** Where the logs go is answered even while there are none. */
function accessLogs(planned: Values, type: string): Values {
  const given = planned["access_logs"];
  const isLeftOut = given instanceof Unknown || blocks(given).length === 0;
  return isLeftOut && type !== "gateway" ? { access_logs: [{ bucket: "", enabled: false, prefix: "" }] } : {};
}

function addressed(planned: Values, subnets: readonly Values[]): Values {
  const mapping = { allocation_id: "", ipv6_address: "", outpost_id: "", private_ipv4_address: "" };
  const asked = new Map(blocks(planned["subnet_mapping"]).map((block) => [text(block["subnet_id"]), block]));
  return {
    subnets: subnets.map((subnet) => text(subnet["id"])),
    subnet_mapping: subnets.map((subnet) => {
      const id = text(subnet["id"]);
      const known = Object.entries(asked.get(id) ?? {}).filter(([, value]) => typeof value === "string");
      return { ...mapping, ...Object.fromEntries(known), subnet_id: id };
    }),
  };
}

function dnsName(type: string, name: string, number: string, region: string): string {
  if (type === "network") return `${name}-${number}.elb.${region}.amazonaws.com`;
  return `${name}-${String(Number.parseInt(number.slice(0, 8), 16))}.${region}.elb.amazonaws.com`;
}

const HTTP_LIKE = ["HTTP", "HTTPS"];

/** What a group of a Lambda function does not have does not count, once the group exists. */
const ifLambda: Suppress = (_, { config, prior }) => prior !== null && config["target_type"] === "lambda";

const upper = (given: string): string => given.toUpperCase();

export const targetGroup: ResourceSimulation = {
  plan: refuseTargetGroup,
  normalise: { protocol_version: upper, "health_check.protocol": upper },
  suppress: {
    port: ifLambda,
    "health_check.port": ifLambda,
    "health_check.protocol": ifLambda,
    protocol: ifLambda,
    vpc_id: ifLambda,
    preserve_client_ip: sameTruth,
    protocol_version: (change, input) =>
      ifLambda(change, input) || (input.prior !== null && !HTTP_LIKE.includes(wanted(input, "protocol"))),
    "stickiness.cookie_duration": (_, input) =>
      ["TCP", "UDP", "TCP_UDP", "TLS", "GENEVE"].includes(wanted(input, "protocol")),
  },
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const names = nameOf(planned, "tf-");
    const doing = `creating ELBv2 Target Group (${names.name})`;
    if (account.list("aws_lb_target_group").some(({ attributes }) => attributes["name"] === names.name)) {
      throw refusal(doing, ELB, "CreateTargetGroup", [
        "DuplicateTargetGroupName",
        `A target group with the same name '${names.name}' exists, but with different settings`,
      ]);
    }
    const vpc = text(planned["vpc_id"]);
    if (vpc !== "" && account.find("aws_vpc", vpc) === undefined) {
      throw refusal(doing, ELB, "CreateTargetGroup", ["ValidationError", `The VPC ID '${vpc}' is not found`]);
    }
    const suffix = `targetgroup/${names.name}/${hex(16)}`;
    const arn = account.arn("elasticloadbalancing", suffix);
    return {
      ...names,
      ...targetGroupDefaults(planned),
      id: arn,
      arn,
      arn_suffix: suffix,
      load_balancer_arns: [],
      ...healthChecks(planned),
    };
  },
  update: (planned) => healthChecks(planned),
  delete(prior, cloud) {
    const arn = text(prior["arn"]);
    if (listenersOf(arn, cloud).length === 0) return;
    throw refusal(`deleting ELBv2 Target Group (${arn})`, ELB, "DeleteTargetGroup", [
      "ResourceInUse",
      `Target group '${arn}' is currently in use by a listener or a rule`,
    ]);
  },
  read: (stored, cloud) => ({
    ...stored,
    load_balancer_arns: [
      ...new Set(
        listenersOf(text(stored["arn"]), cloud).map((listener) => text(listener["load_balancer_arn"])),
      ),
    ],
  }),
};

function listenersOf(targetGroupArn: string, cloud: Cloud): Values[] {
  const listeners = cloud.list("aws_lb_listener").map(({ attributes }) => attributes);
  return listeners.filter((listener) => targetsOf(listener).includes(targetGroupArn));
}

/** The target groups that a listener's actions name. */
export function targetsOf(listener: Values): string[] {
  return blocks(listener["default_action"]).flatMap((action) => [
    ...(text(action["target_group_arn"]) === "" ? [] : [text(action["target_group_arn"])]),
    ...blocks(action["forward"]).flatMap(({ target_group: groups }) =>
      blocks(groups).map(({ arn }) => text(arn)),
    ),
  ]);
}

/** What ELB answers for what was not asked for. */
function targetGroupDefaults(planned: Values): Values {
  const protocol = text(planned["protocol"]);
  const http = HTTP_LIKE.includes(protocol);
  const nothing: Values = { on_deregistration: null, on_unhealthy: null };
  const defaults: Values = {
    connection_termination: http ? null : false,
    ip_address_type: "ipv4",
    load_balancing_algorithm_type: http ? "round_robin" : null,
    load_balancing_anomaly_mitigation: http ? "off" : null,
    load_balancing_cross_zone_enabled: "use_load_balancer_configuration",
    // Client addresses are kept for instances, and for UDP whatever the target.
    preserve_client_ip: http
      ? null
      : String(planned["target_type"] === "instance" || protocol.includes("UDP")),
    protocol_version: http ? "HTTP1" : null,
    stickiness: http
      ? [{ cookie_duration: 86400, cookie_name: "", enabled: false, type: "lb_cookie" }]
      : [{ cookie_duration: 0, cookie_name: "", enabled: false, type: "source_ip" }],
    target_failover: [nothing],
    target_group_health: [
      {
        dns_failover: [{ minimum_healthy_targets_count: "1", minimum_healthy_targets_percentage: "off" }],
        unhealthy_state_routing: [
          { minimum_healthy_targets_count: 1, minimum_healthy_targets_percentage: "off" },
        ],
      },
    ],
    target_health_state: [
      {
        enable_unhealthy_connection_termination: ["TCP", "TLS"].includes(protocol) ? true : null,
        unhealthy_draining_interval: null,
      },
    ],
  };
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => planned[name] instanceof Unknown));
}

/** The health check as ELB fills it in: by the protocol of the group where it is left out, else by its own. */
function healthChecks(planned: Values): Values {
  const http = HTTP_LIKE.includes(text(planned["protocol"]));
  if (planned["health_check"] instanceof Unknown) {
    const protocol = http ? text(planned["protocol"]) : "TCP";
    const check = {
      enabled: true,
      healthy_threshold: 5,
      interval: 30,
      port: "traffic-port",
      unhealthy_threshold: 2,
    };
    return { health_check: [{ ...check, protocol, ...checkDefaults(protocol, http) }] };
  }
  return {
    health_check: blocks(planned["health_check"]).map((check) => {
      const defaults = checkDefaults(text(check["protocol"]), http);
      const unset = Object.entries(defaults).filter(
        ([name]) => check[name] instanceof Unknown || check[name] === null,
      );
      return { ...check, ...Object.fromEntries(unset) };
    }),
  };
}

function checkDefaults(protocol: string, http: boolean): Values {
  if (!HTTP_LIKE.includes(protocol)) return { matcher: "", path: "", timeout: http ? 5 : 10 };
  return { matcher: http ? "200" : "200-399", path: "/", timeout: http ? 5 : protocol === "HTTP" ? 6 : 10 };
}

const ACTIONS: { readonly [block: string]: string } = {
  authenticate_cognito: "authenticate-cognito",
  authenticate_oidc: "authenticate-oidc",
  fixed_response: "fixed-response",
  forward: "forward",
  redirect: "redirect",
  target_group_arn: "forward",
};

/** What does not belong to the action's type does not count. */
const unlessAction =
  (type: string): Suppress =>
  ({ path }, { config }) => {
    const given = blocks(config["default_action"])[Number(path[1])]?.["type"];
    return given !== type;
  };

/** Headers that only a listener of these protocols can change. */
const unlessProtocol =
  (...protocols: readonly string[]): Suppress =>
  (_, input) =>
    !protocols.includes(wanted(input, "protocol"));

const HTTPS_HEADERS = [
  ...["mtls_clientcert", "mtls_clientcert_issuer", "mtls_clientcert_leaf"],
  ...["mtls_clientcert_serial_number", "mtls_clientcert_subject", "mtls_clientcert_validity"],
  ...["tls_cipher_suite", "tls_version"],
].map((header) => `routing_http_request_x_amzn_${header}_header_name`);

const HTTP_HEADERS = [
  ...["allow_credentials", "allow_headers", "allow_methods", "allow_origin", "expose_headers", "max_age"].map(
    (header) => `access_control_${header}_header_value`,
  ),
  ...[
    "content_security_policy",
    "strict_transport_security",
    "x_content_type_options",
    "x_frame_options",
  ].map((header) => `${header}_header_value`),
  "server_enabled",
].map((header) => `routing_http_response_${header}`);

/** What AWS says of listeners of application load balancers alone. */
export const HTTP_LISTENER = [...HTTPS_HEADERS, ...HTTP_HEADERS];

export const listener: ResourceSimulation = {
  plan: refuseListener,
  normalise: { protocol: upper },
  suppress: {
    "default_action.forward.stickiness": ifLeftOut,
    ...Object.fromEntries(
      Object.entries(ACTIONS).map(([block, type]) => [`default_action.${block}`, unlessAction(type)]),
    ),
    ...Object.fromEntries(HTTPS_HEADERS.map((name) => [name, unlessProtocol("HTTPS")])),
    ...Object.fromEntries(HTTP_HEADERS.map((name) => [name, unlessProtocol("HTTP", "HTTPS")])),
    tcp_idle_timeout_seconds: unlessProtocol("TCP"),
  },
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const balancer = account.find("aws_lb", planned["load_balancer_arn"]);
    const arn = text(planned["load_balancer_arn"]);
    const doing = `creating ELBv2 Listener (${arn})`;
    if (balancer === undefined) {
      throw refusal(doing, ELB, "CreateListener", [
        "LoadBalancerNotFound",
        "One or more load balancers not found",
      ]);
    }
    checkActions(doing, "CreateListener", planned, account);
    checkPort(doing, "CreateListener", planned, cloud);
    const own = `${arn.replace(":loadbalancer/", ":listener/")}/${hex(16)}`;
    const tls = ["TLS", "HTTPS"].includes(text(planned["protocol"]));
    return {
      id: own,
      arn: own,
      default_action: ordered(planned["default_action"]),
      ssl_policy: text(planned["ssl_policy"]) || (tls ? "ELBSecurityPolicy-2016-08" : null),
      tcp_idle_timeout_seconds:
        planned["protocol"] === "TCP" ? count(planned["tcp_idle_timeout_seconds"]) || 350 : null,
    };
  },
  update(planned, prior, cloud) {
    const doing = `modifying ELBv2 Listener (${text(prior["arn"])})`;
    checkActions(doing, "ModifyListener", planned, new AwsAccount(cloud));
    checkPort(doing, "ModifyListener", planned, cloud);
    return { default_action: ordered(planned["default_action"]) };
  },
};

/** Actions are numbered from one in the order they are written. */
function ordered(actions: Value | undefined): Values[] {
  return blocks(actions).map((action, index) => ({
    ...action,
    order: typeof action["order"] === "number" ? action["order"] : index + 1,
  }));
}

function checkActions(doing: string, operation: string, planned: Values, account: AwsAccount): void {
  const protocol = text(planned["protocol"]);
  for (const arn of targetsOf(planned)) {
    const group = account.find("aws_lb_target_group", arn);
    if (group === undefined) {
      const message = `One or more target groups not found: ${arn}`;
      throw refusal(doing, ELB, operation, ["TargetGroupNotFound", message]);
    }
    if (compatible(protocol, text(group["protocol"]))) continue;
    const message = `Listener protocol '${protocol}' is not supported with a target group with the protocol '${text(group["protocol"])}'`;
    throw refusal(doing, ELB, operation, ["InvalidConfigurationRequest", message]);
  }
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-target-groups.html */
function compatible(listener: string, group: string): boolean {
  const groups: { readonly [listener: string]: readonly string[] } = {
    TCP: ["TCP", "TCP_UDP"],
    UDP: ["UDP", "TCP_UDP"],
    TCP_UDP: ["TCP_UDP"],
    TLS: ["TCP", "TLS"],
    HTTP: HTTP_LIKE,
    HTTPS: HTTP_LIKE,
  };
  return groups[listener]?.includes(group) ?? true;
}

function checkPort(doing: string, operation: string, planned: Values, cloud: Cloud): void {
  const taken = cloud
    .list("aws_lb_listener")
    .some(
      ({ id, attributes }) =>
        id !== planned["id"] &&
        attributes["load_balancer_arn"] === planned["load_balancer_arn"] &&
        attributes["port"] === planned["port"],
    );
  if (!taken) return;
  const message = `A listener already exists on this port for this load balancer '${text(planned["load_balancer_arn"])}'`;
  throw refusal(doing, ELB, operation, ["DuplicateListener", message]);
}
