import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import {
  Unknown,
  UNKNOWN,
  type Cloud,
  type CloudObject,
  type LeafChange,
  type PlanInput,
  type ResourceSimulation,
  type Value,
  type Values,
} from "../../fleet/simulation";
import { addressRange, inside, overlap } from "./simulation-addresses";
import {
  apart,
  AwsAccount,
  count,
  EC2,
  ec2Id,
  hex,
  nameOf,
  refusal,
  text,
  texts,
  together,
} from "./simulation-cloud";

/** A VPC that a `create` or `update` needs; refused as EC2 does where it is missing. */
function vpcOf(doing: string, operation: string, id: Value | undefined, account: AwsAccount): Values {
  const vpc = account.find("aws_vpc", id);
  if (vpc !== undefined) return vpc;
  throw refusal(doing, EC2, operation, ["InvalidVpcID.NotFound", `The vpc ID '${text(id)}' does not exist`]);
}

/** What lies in a VPC and keeps it from being deleted. */
const IN_VPC = ["aws_subnet", "aws_internet_gateway", "aws_route_table", "aws_security_group", "aws_lb"];

export const vpc: ResourceSimulation = {
  plan({ config, prior, planned }) {
    // With a length the block comes from a pool, and a change of it does not count.
    if (
      prior !== null &&
      !(planned["ipv4_netmask_length"] instanceof Unknown) &&
      count(planned["ipv4_netmask_length"]) !== 0
    )
      planned["cidr_block"] = prior["cidr_block"] ?? null;
    // A truth value that is not known yet is false to the plugin's function.
    const asked = config["assign_generated_ipv6_cidr_block"] === true;
    if (asked !== (prior?.["assign_generated_ipv6_cidr_block"] === true)) {
      Object.assign(planned, { ipv6_association_id: UNKNOWN, ipv6_cidr_block: UNKNOWN });
    }
  },
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    if (typeof planned["cidr_block"] !== "string") {
      const error = [
        "MissingParameter",
        "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.",
      ] as const;
      throw refusal("creating EC2 VPC", EC2, "CreateVpc", error);
    }
    const id = ec2Id("vpc");
    const routes = ec2Id("rtb");
    return {
      ...ipv6Of(planned, account),
      id,
      arn: account.arn("ec2", `vpc/${id}`),
      default_network_acl_id: ec2Id("acl"),
      default_route_table_id: routes,
      main_route_table_id: routes,
      default_security_group_id: ec2Id("sg"),
      dhcp_options_id: ec2Id("dopt"),
      owner_id: account.id,
    };
  },
  update: (planned, prior, cloud) =>
    planned["assign_generated_ipv6_cidr_block"] === prior["assign_generated_ipv6_cidr_block"]
      ? {}
      : ipv6Of(planned, new AwsAccount(cloud)),
  delete(prior, cloud) {
    const id = text(prior["id"]);
    const tenants = IN_VPC.flatMap((type) => cloud.list(type)).filter(
      ({ attributes }) => attributes["vpc_id"] === id,
    );
    if (tenants.length === 0) return;
    const error = ["DependencyViolation", `The vpc '${id}' has dependencies and cannot be deleted.`] as const;
    throw refusal(`deleting EC2 VPC (${id})`, EC2, "DeleteVpc", error);
  },
};

/** Amazon gives a VPC a /56 of its own; here one of the documentation range, RFC 3849. */
function ipv6Of(planned: Values, { region }: AwsAccount): Values {
  if (planned["assign_generated_ipv6_cidr_block"] !== true) return {};
  const [first, second] = [hex(4), hex(2)];
  return {
    ipv6_cidr_block: `2001:db8:${first}:${second}00::/56`.replaceAll(/:0+(?=[0-9a-f])/g, ":"),
    ipv6_association_id: ec2Id("vpc-cidr-assoc"),
    ipv6_cidr_block_network_border_group: region,
  };
}

export const subnet: ResourceSimulation = {
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const doing = "creating EC2 Subnet";
    const network = vpcOf(doing, "CreateSubnet", planned["vpc_id"], account);
    checkRange(doing, planned, network, cloud);
    const id = ec2Id("subnet");
    return {
      ...zoneOf(doing, planned, account),
      id,
      arn: account.arn("ec2", `subnet/${id}`),
      ipv6_cidr_block_association_id:
        text(planned["ipv6_cidr_block"]) === "" ? "" : ec2Id("subnet-cidr-assoc"),
      owner_id: account.id,
      private_dns_hostname_type_on_launch: text(planned["private_dns_hostname_type_on_launch"]) || "ip-name",
    };
  },
  update: (planned, prior) =>
    planned["ipv6_cidr_block"] === prior["ipv6_cidr_block"]
      ? {}
      : {
          ipv6_cidr_block_association_id:
            text(planned["ipv6_cidr_block"]) === "" ? "" : ec2Id("subnet-cidr-assoc"),
        },
  delete(prior, cloud) {
    const id = text(prior["id"]);
    const uses = (type: string, attribute: string): boolean =>
      cloud.list(type).some(({ attributes }) => texts(attributes[attribute]).includes(id));
    if (!uses("aws_lb", "subnets") && !uses("aws_autoscaling_group", "vpc_zone_identifier")) return;
    const error = [
      "DependencyViolation",
      `The subnet '${id}' has dependencies and cannot be deleted.`,
    ] as const;
    throw refusal(`deleting EC2 Subnet (${id})`, EC2, "DeleteSubnet", error);
  },
};

function checkRange(doing: string, planned: Values, network: Values, cloud: Cloud): void {
  for (const attribute of ["cidr_block", "ipv6_cidr_block"]) {
    const wanted = addressRange(text(planned[attribute]));
    if (wanted === undefined) continue;
    const whole = addressRange(text(network[attribute]));
    if (whole === undefined || !inside(wanted, whole)) {
      const error = ["InvalidSubnet.Range", `The CIDR '${wanted.cidr}' is invalid.`] as const;
      throw refusal(doing, EC2, "CreateSubnet", error);
    }
    for (const { attributes } of cloud.list("aws_subnet")) {
      const taken = addressRange(text(attributes[attribute]));
      if (attributes["vpc_id"] !== network["id"] || taken === undefined || !overlap(wanted, taken)) continue;
      const error = [
        "InvalidSubnet.Conflict",
        `The CIDR '${wanted.cidr}' conflicts with another subnet`,
      ] as const;
      throw refusal(doing, EC2, "CreateSubnet", error);
    }
  }
}

/**
 * Name and id of a subnet's zone, whichever was given. Which name an id has differs from account to account; here
 * `use1-az1` is `us-east-1a` and so on, up to the sixth.
 */
function zoneOf(doing: string, planned: Values, { region }: AwsAccount): Values {
  const prefix = zoneIdPrefix(region);
  const letters = "abcdef";
  const name = text(planned["availability_zone"]);
  const id = text(planned["availability_zone_id"]);
  const index = name !== "" ? letters.indexOf(name.slice(-1)) : id !== "" ? Number(id.slice(-1)) - 1 : 0;
  const zone = { name: `${region}${letters.charAt(index)}`, id: `${prefix}-az${String(index + 1)}` };
  const exists = letters.charAt(index) !== "";
  if (name !== "" && (!exists || name !== zone.name)) {
    throw refusal(doing, EC2, "CreateSubnet", badZone(name, "availabilityZone"));
  }
  if (id !== "" && (!exists || id !== zone.id)) {
    throw refusal(doing, EC2, "CreateSubnet", badZone(id, "availabilityZoneId"));
  }
  return { availability_zone: zone.name, availability_zone_id: zone.id };
}

function badZone(zone: string, parameter: string): [string, string] {
  return ["InvalidParameterValue", `Value (${zone}) for parameter ${parameter} is invalid.`];
}

/** `use1` of `us-east-1`, `apne2` of `ap-northeast-2`, `usgw1` of `us-gov-west-1`. */
export function zoneIdPrefix(region: string): string {
  const [area = "", ...rest] = region.split("-");
  const short = rest.map(
    (word) => word.replace(/^(north|south)?(east|west)?.*?(\d*)$/, compass) || word.charAt(0),
  );
  return area + short.join("");
}

function compass(_: string, first?: string, second?: string, digits?: string): string {
  return (first?.charAt(0) ?? "") + (second?.charAt(0) ?? "") + (digits ?? "");
}

export const internetGateway: ResourceSimulation = {
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    attach("creating EC2 Internet Gateway", planned, account, cloud);
    const id = ec2Id("igw");
    return {
      id,
      arn: account.arn("ec2", `internet-gateway/${id}`),
      owner_id: account.id,
      vpc_id: text(planned["vpc_id"]),
    };
  },
  update(planned, prior, cloud) {
    const doing = `updating EC2 Internet Gateway (${text(prior["id"])})`;
    if (planned["vpc_id"] !== prior["vpc_id"]) attach(doing, planned, new AwsAccount(cloud), cloud);
    return {};
  },
};

function attach(doing: string, planned: Values, account: AwsAccount, cloud: Cloud): void {
  const id = text(planned["vpc_id"]);
  if (id === "") return;
  vpcOf(doing, "AttachInternetGateway", id, account);
  if (!cloud.list("aws_internet_gateway").some(({ attributes }) => attributes["vpc_id"] === id)) return;
  const error = ["InvalidParameterValue", `Network ${id} already has an internet gateway attached`] as const;
  throw refusal(doing, EC2, "AttachInternetGateway", error);
}

export const routeTable: ResourceSimulation = {
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    vpcOf("creating EC2 Route Table", "CreateRouteTable", planned["vpc_id"], account);
    const id = ec2Id("rtb");
    return { id, arn: account.arn("ec2", `route-table/${id}`), owner_id: account.id };
  },
  update: (planned, _, cloud) => ({ route: apart(planned["route"], addedRoutes(planned, cloud)) }),
  delete(prior, cloud) {
    const id = text(prior["id"]);
    const used = cloud
      .list("aws_route_table_association")
      .some(({ attributes }) => attributes["route_table_id"] === id);
    if (!used) return;
    const message = `The routeTable '${id}' has dependencies and cannot be deleted.`;
    throw refusal(`deleting Route Table (${id})`, EC2, "DeleteRouteTable", ["DependencyViolation", message]);
  },
  /** The table's own routes and those of `aws_route` are one: whoever mixes both styles sees each undo the other. */
  read: (stored, cloud) => ({ ...stored, route: together(stored["route"], addedRoutes(stored, cloud)) }),
};

const TARGETS = [
  "carrier_gateway_id",
  "core_network_arn",
  "egress_only_gateway_id",
  "gateway_id",
  "local_gateway_id",
  "nat_gateway_id",
  "network_interface_id",
  "transit_gateway_id",
  "vpc_endpoint_id",
  "vpc_peering_connection_id",
];

function emptyRoute(): Values {
  const keys = ["cidr_block", "ipv6_cidr_block", "destination_prefix_list_id", ...TARGETS];
  return Object.fromEntries(keys.map((key) => [key, ""]));
}

/** The routes of `aws_route` resources as the table's own attribute shows them. */
function addedRoutes({ id }: Values, cloud: Cloud): Values[] {
  const routes = cloud.list("aws_route").filter(({ attributes }) => attributes["route_table_id"] === id);
  return routes.map(({ attributes }) => {
    const renamed: Values = {
      ...attributes,
      cidr_block: text(attributes["destination_cidr_block"]),
      ipv6_cidr_block: text(attributes["destination_ipv6_cidr_block"]),
    };
    return Object.fromEntries(Object.keys(emptyRoute()).map((key) => [key, text(renamed[key])]));
  });
}

/** Where a route leads, of an `aws_route` or of a route table's own. */
function destination(route: Values): string {
  const names = ["destination_cidr_block", "cidr_block", "destination_ipv6_cidr_block", "ipv6_cidr_block"];
  return (
    [...names, "destination_prefix_list_id"].map((name) => text(route[name])).find((value) => value !== "") ??
    ""
  );
}

export const route: ResourceSimulation = {
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const table = text(planned["route_table_id"]);
    const to = destination(planned);
    const doing = `creating Route in Route Table (${table}) with destination (${to})`;
    const owner = account.find("aws_route_table", table);
    if (owner === undefined) {
      const message = `The routeTable ID '${table}' does not exist`;
      throw refusal(doing, EC2, "CreateRoute", ["InvalidRouteTableID.NotFound", message]);
    }
    checkGateway(doing, text(planned["gateway_id"]), text(owner["vpc_id"]), account);
    const id = routeId(table, to);
    if (cloud.get("aws_route", id) !== undefined) {
      throw refusal(doing, EC2, "CreateRoute", ["RouteAlreadyExists", `Route already exists for ${to}`]);
    }
    return { id, origin: "CreateRoute", state: "active" };
  },
  update: () => ({}),
  find: (importId, cloud) => cloud.get("aws_route", routeId(...splitOnce(importId, "_"))),
};

/** A plugin's own id: the table and a checksum of the destination. */
function routeId(table: string, to: string): string {
  return `r-${table}${String(crc32(to))}`;
}

function splitOnce(id: string, separator: string): [string, string] {
  const at = id.indexOf(separator);
  return at < 0 ? [id, ""] : [id.slice(0, at), id.slice(at + 1)];
}

function checkGateway(doing: string, id: string, network: string, account: AwsAccount): void {
  if (!id.startsWith("igw-")) return;
  const gateway = account.find("aws_internet_gateway", id);
  if (gateway === undefined) {
    const message = `The internetGateway ID '${id}' does not exist`;
    throw refusal(doing, EC2, "CreateRoute", ["InvalidInternetGatewayID.NotFound", message]);
  }
  if (gateway["vpc_id"] === network) return;
  const message = `route table and network gateway ${id} belong to different networks`;
  throw refusal(doing, EC2, "CreateRoute", ["InvalidParameterValue", message]);
}

export const routeTableAssociation: ResourceSimulation = {
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const table = text(planned["route_table_id"]);
    const member = text(planned["subnet_id"]) || text(planned["gateway_id"]);
    const doing = `creating Route Table (${table}) Association`;
    const missing = (kind: string, id: string): Error =>
      refusal(doing, EC2, "AssociateRouteTable", [
        `Invalid${kind}ID.NotFound`,
        `The ID '${id}' does not exist`,
      ]);
    if (account.find("aws_route_table", table) === undefined) throw missing("RouteTable", table);
    if (member.startsWith("subnet-") && account.find("aws_subnet", member) === undefined) {
      throw missing("Subnet", member);
    }
    if (associationOf(member, cloud) !== undefined) {
      const message = `the specified association for route table ${table} conflicts with an existing association`;
      throw refusal(doing, EC2, "AssociateRouteTable", ["Resource.AlreadyAssociated", message]);
    }
    return { id: ec2Id("rtbassoc") };
  },
  update: () => ({}),
  find: (importId, cloud) => associationOf(splitOnce(importId, "/")[0], cloud),
};

/** The association of a subnet or gateway: there can be one. */
function associationOf(member: string, cloud: Cloud): CloudObject | undefined {
  return cloud
    .list("aws_route_table_association")
    .find(({ attributes }) => [attributes["subnet_id"], attributes["gateway_id"]].includes(member));
}

export const securityGroup: ResourceSimulation = {
  normalise: { "ingress.protocol": ipProtocol, "egress.protocol": ipProtocol },
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const names = nameOf(planned);
    const network = text(planned["vpc_id"]) || defaultVpc(account);
    const doing = `creating Security Group (${names.name})`;
    if (text(planned["vpc_id"]) !== "") vpcOf(doing, "CreateSecurityGroup", network, account);
    const namesake = account
      .list("aws_security_group")
      .some(({ attributes }) => attributes["name"] === names.name && attributes["vpc_id"] === network);
    if (namesake) {
      const message = `The security group '${names.name}' already exists for VPC '${network}'`;
      throw refusal(doing, EC2, "CreateSecurityGroup", ["InvalidGroup.Duplicate", message]);
    }
    const id = ec2Id("sg");
    return {
      ...names,
      id,
      arn: account.arn("ec2", `security-group/${id}`),
      owner_id: account.id,
      vpc_id: network,
    };
  },
  update: (planned, _, cloud) => ({
    ingress: apart(planned["ingress"], addedRules(planned, "ingress", cloud)),
    egress: apart(planned["egress"], addedRules(planned, "egress", cloud)),
  }),
  delete(prior, cloud) {
    const id = text(prior["id"]);
    const balanced = cloud
      .list("aws_lb")
      .some(({ attributes }) => texts(attributes["security_groups"]).includes(id));
    const trusted = RULE_TYPES.flatMap((type) => cloud.list(type)).some(
      ({ attributes }) =>
        attributes["security_group_id"] !== id &&
        [attributes["referenced_security_group_id"], attributes["source_security_group_id"]].includes(id),
    );
    if (!balanced && !trusted) return;
    const error = ["DependencyViolation", `resource ${id} has a dependent object`] as const;
    throw refusal(`deleting Security Group (${id})`, EC2, "DeleteSecurityGroup", error);
  },
  /** The group's own rules and those of the rule resources are one. */
  read: (stored, cloud) => ({
    ...stored,
    ingress: together(stored["ingress"], addedRules(stored, "ingress", cloud)),
    egress: together(stored["egress"], addedRules(stored, "egress", cloud)),
  }),
};

const RULE_TYPES = [
  "aws_security_group_rule",
  "aws_vpc_security_group_ingress_rule",
  "aws_vpc_security_group_egress_rule",
];

/** Each account has a VPC of its own in each region from the start; its id stays the same. */
function defaultVpc({ id, region }: AwsAccount): string {
  return `vpc-0${createHash("sha256").update(`${id}/${region}`).digest("hex").slice(0, 16)}`;
}

function directionOf({ type, attributes }: CloudObject): string {
  return type === "aws_security_group_rule"
    ? text(attributes["type"])
    : type.includes("_egress_")
      ? "egress"
      : "ingress";
}

/** The rules of the rule resources as the group's own attribute shows them. */
function addedRules({ id }: Values, direction: "ingress" | "egress", cloud: Cloud): Values[] {
  return RULE_TYPES.flatMap((type) => cloud.list(type))
    .filter((rule) => rule.attributes["security_group_id"] === id && directionOf(rule) === direction)
    .map(({ attributes }) => inlineRule(attributes));
}

/** A rule of either rule resource as the group's own attribute shows it. */
function inlineRule(rule: Values): Values {
  const list = (many: string, one: string): string[] =>
    [...texts(rule[many]), text(rule[one])].filter((value) => value !== "");
  return {
    cidr_blocks: list("cidr_blocks", "cidr_ipv4"),
    ipv6_cidr_blocks: list("ipv6_cidr_blocks", "cidr_ipv6"),
    prefix_list_ids: list("prefix_list_ids", "prefix_list_id"),
    security_groups: list("", "source_security_group_id").concat(list("", "referenced_security_group_id")),
    description: text(rule["description"]),
    protocol: text(rule["protocol"]) || text(rule["ip_protocol"]),
    from_port: rule["from_port"] ?? 0,
    to_port: rule["to_port"] ?? 0,
    self: rule["self"] === true,
  };
}

function checkRule(doing: string, operation: string, planned: Values, direction: string, cloud: Cloud): void {
  const account = new AwsAccount(cloud);
  for (const attribute of ["security_group_id", "referenced_security_group_id", "source_security_group_id"]) {
    const id = text(planned[attribute]);
    if (id === "" || account.find("aws_security_group", id) !== undefined) continue;
    throw refusal(doing, EC2, operation, [
      "InvalidGroup.NotFound",
      `The security group '${id}' does not exist`,
    ]);
  }
  const wanted = ruleKey(planned);
  const twin = RULE_TYPES.flatMap((type) => cloud.list(type)).some(
    (rule) =>
      rule.attributes["security_group_id"] === planned["security_group_id"] &&
      directionOf(rule) === direction &&
      ruleKey(rule.attributes) === wanted,
  );
  if (!twin) return;
  const { protocol, from_port: from, to_port: to } = inlineRule(planned);
  const ports = `from port: ${String(count(from))}, to port: ${String(count(to))}`;
  const peer = `peer: ${peers(planned).join(",")}, ${text(protocol).toUpperCase()}, ${ports}, ALLOW`;
  throw refusal(doing, EC2, operation, [
    "InvalidPermission.Duplicate",
    `the specified rule "${peer}" already exists`,
  ]);
}

function peers(rule: Values): string[] {
  const {
    cidr_blocks: v4,
    ipv6_cidr_blocks: v6,
    prefix_list_ids: lists,
    security_groups: groups,
    self,
  } = inlineRule(rule);
  const named = [v4, v6, lists, groups].flatMap(texts);
  return self === true ? [...named, text(rule["security_group_id"])] : named;
}

function ruleKey(rule: Values): string {
  const { protocol, from_port: from, to_port: to } = inlineRule(rule);
  return JSON.stringify([protocol, Number(from), Number(to), peers(rule).sort()]);
}

export const securityGroupRule: ResourceSimulation = {
  normalise: { protocol: ipProtocol },
  suppress: { from_port: noPort, to_port: noPort },
  create(planned, cloud) {
    const group = text(planned["security_group_id"]);
    const direction = text(planned["type"]);
    const operation =
      direction === "egress" ? "AuthorizeSecurityGroupEgress" : "AuthorizeSecurityGroupIngress";
    checkRule(
      `[WARN] A duplicate Security Group rule was found on (${group})`,
      operation,
      planned,
      direction,
      cloud,
    );
    return {
      id: `sgrule-${String(crc32(JSON.stringify([group, direction, ruleKey(planned)])))}`,
      security_group_rule_id: ec2Id("sgr"),
    };
  },
  update: () => ({}),
};

/** A protocol as the plugin stores it: by name where it has one, `-1` for all. */
function ipProtocol(given: string): string {
  const names: { readonly [given: string]: string } = {
    all: "-1",
    "1": "icmp",
    "6": "tcp",
    "17": "udp",
    "58": "icmpv6",
  };
  return names[given.toLowerCase()] ?? given.toLowerCase();
}

/** Where every protocol is meant, AWS has port 0 whatever is asked for. */
function noPort({ old }: LeafChange, { config }: PlanInput): boolean {
  return old === "0" && ipProtocol(text(config["protocol"])) === "-1";
}

/** The attribute that names a rule's peer. */
function peerKind(rule: Values): string {
  const kinds = ["cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"];
  return kinds.find((name) => rule[name] !== null) ?? "";
}

/** One of the two rule resources of the newer kind: one rule, one peer. */
export function oneRule(direction: "ingress" | "egress"): ResourceSimulation {
  const kind = direction === "ingress" ? "Ingress" : "Egress";
  return {
    // A rule can get another peer, but not another kind of peer.
    replaces: ({ prior, planned }) =>
      prior === null || peerKind(prior) === peerKind(planned)
        ? []
        : [peerKind(prior), peerKind(planned)].filter((name) => name !== ""),
    create(planned, cloud) {
      const doing = `creating VPC Security Group ${kind} Rule`;
      checkRule(doing, `AuthorizeSecurityGroup${kind}`, planned, direction, cloud);
      const id = ec2Id("sgr");
      return {
        id,
        arn: new AwsAccount(cloud).arn("ec2", `security-group-rule/${id}`),
        security_group_rule_id: id,
      };
    },
    update: () => ({}),
  };
}
