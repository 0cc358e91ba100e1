import { Refusal, UNKNOWN, type Value, type Values } from "../../../../constructs/fleet/simulation";
import { aws } from "../../../../constructs/providers/aws/simulation";
import {
  addressRange,
  inside,
  networkOf,
  overlap,
} from "../../../../constructs/providers/aws/simulation-addresses";
import { text } from "../../../../constructs/providers/aws/simulation-cloud";
import { zoneIdPrefix } from "../../../../constructs/providers/aws/simulation-network";
import { plan } from "../../../../sandbox/engine/plan";
import { emptyBlock, isWhollyKnown } from "../../../../sandbox/engine/values";
import { SimulatedCloud } from "../../simulated-cloud";

const ASSUME = JSON.stringify({
  Statement: [{ Effect: "Allow", Action: "sts:AssumeRole" }],
  Version: "2012-10-17",
});
const provider = (changes: Values = {}): Values => ({
  ...emptyBlock(aws.schema.provider.block),
  region: "us-east-1",
  allowed_account_ids: ["000000000000"],
  ...changes,
});

let cloud: SimulatedCloud;
beforeEach(() => {
  cloud = new SimulatedCloud(aws, provider());
});

/** The same cloud through another region's provider block. */
function inRegion(region: string): SimulatedCloud {
  return Object.assign(Object.create(cloud) as SimulatedCloud, { provider: provider({ region }) });
}

const make = (type: string, config: Values = {}, within = cloud): Values => within.create(type, config);
const id = (object: Values): string => text(object["id"]);
const blockOf = (type: string) => aws.schema.resource_schemas[type]?.block ?? {};

function refused(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

/** A network with a way out and two subnets in two zones. */
function network(within = cloud, changes: Values = {}) {
  const vpc = make("aws_vpc", { cidr_block: "10.0.0.0/16", ...changes }, within);
  make("aws_internet_gateway", { vpc_id: id(vpc) }, within);
  const prefix = zoneIdPrefix(text(within.provider["region"]));
  const subnet = (n: number) =>
    make(
      "aws_subnet",
      { vpc_id: id(vpc), cidr_block: `10.0.${n}.0/24`, availability_zone_id: `${prefix}-az${n}` },
      within,
    );
  return { vpc, subnets: [subnet(1), subnet(2)] as const };
}

function balancer(name = "edge", changes: Values = {}) {
  const { vpc, subnets } = network();
  const group = make("aws_security_group", { name: `${name}-lb`, vpc_id: id(vpc) });
  const lb = make("aws_lb", {
    name,
    load_balancer_type: "network",
    subnets: subnets.map(id),
    security_groups: [id(group)],
    ...changes,
  });
  return { vpc, subnets, group, lb };
}

function launchTemplate(name = "edge") {
  return make("aws_launch_template", { name });
}

function accelerated(listener: Values = {}) {
  const accelerator = make("aws_globalaccelerator_accelerator", { name: "edge" });
  const front = make("aws_globalaccelerator_listener", {
    accelerator_arn: id(accelerator),
    protocol: "TCP",
    port_range: [{ from_port: 443, to_port: 443 }],
    ...listener,
  });
  return { accelerator, front };
}

describe("ids and ARNs have AWS's own forms", () => {
  const hex17 = "[0-9a-f]{17}";

  test.each<[string, RegExp, Values]>([
    ["aws_vpc", new RegExp(`^vpc-${hex17}$`), { cidr_block: "10.0.0.0/16" }],
    ["aws_launch_template", new RegExp(`^lt-${hex17}$`), {}],
    ["aws_internet_gateway", new RegExp(`^igw-${hex17}$`), {}],
    ["aws_security_group", new RegExp(`^sg-${hex17}$`), {}],
    ["aws_iam_role", /^edge$/, { name: "edge", assume_role_policy: ASSUME }],
    ["aws_iam_policy", /^arn:aws:iam::000000000000:policy\/edge$/, { name: "edge", policy: ASSUME }],
    ["aws_cloudwatch_log_group", /^\/edge$/, { name: "/edge" }],
    ["aws_iam_user", /^writer$/, { name: "writer" }],
    [
      "aws_globalaccelerator_accelerator",
      /^arn:aws:globalaccelerator::000000000000:accelerator\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
      { name: "edge" },
    ],
  ])("%s", (type, form, config) => {
    const object = make(type, config);
    expect(object["id"]).toMatch(form);
    expect(isWhollyKnown(object)).toBe(true);
  });

  test("an account may be chosen, and a region is in the ARN", () => {
    const other = new SimulatedCloud(
      aws,
      provider({ allowed_account_ids: ["123456789012"], region: "eu-central-1" }),
    );
    const vpc = make("aws_vpc", { cidr_block: "10.0.0.0/16" }, other);
    expect(vpc["arn"]).toBe(`arn:aws:ec2:eu-central-1:123456789012:vpc/${id(vpc)}`);
    expect(vpc["owner_id"]).toBe("123456789012");
  });

  test("an account nobody named is one that cannot exist", () => {
    const other = new SimulatedCloud(aws, provider({ allowed_account_ids: null }));
    expect(make("aws_vpc", { cidr_block: "10.0.0.0/16" }, other)["owner_id"]).toBe("000000000000");
  });

  test("partitions", () => {
    const china = new SimulatedCloud(aws, provider({ region: "cn-north-1" }));
    expect(make("aws_vpc", { cidr_block: "10.0.0.0/16" }, china)["arn"]).toMatch(
      /^arn:aws-cn:ec2:cn-north-1:/,
    );
  });

  test("names made of a prefix are unique, as the plugin makes them", () => {
    const [one, two] = ["a", "b"].map(() => make("aws_security_group", { name_prefix: "edge-" }));
    expect(one?.["name"]).toMatch(/^edge-\d{18}[0-9a-f]{8}$/);
    expect(one?.["name"]).not.toBe(two?.["name"]);
    expect(one?.["name_prefix"]).toBe("edge-");
    expect(make("aws_security_group", { name: "plain" })["name_prefix"]).toBe("");
  });

  test("a route's id is the table and a checksum of the destination", () => {
    const { vpc } = network();
    const table = make("aws_route_table", { vpc_id: id(vpc) });
    const gateway = cloud.list("aws_internet_gateway")[0]?.id ?? "";
    const config = { route_table_id: id(table), destination_cidr_block: "0.0.0.0/0", gateway_id: gateway };
    expect(make("aws_route", config)["id"]).toBe(`r-${id(table)}1080289494`);
  });
});

describe("what is read back", () => {
  test("null is Go's zero value, except where the plugin never reads it", () => {
    const vpc = make("aws_vpc", { cidr_block: "10.0.0.0/16" });
    expect(vpc).toMatchObject({
      ipv6_cidr_block: "",
      ipv6_netmask_length: 0,
      ipv4_ipam_pool_id: null,
      tags: null,
    });
    expect(vpc).toMatchObject({ enable_dns_support: true, enable_dns_hostnames: false });
  });

  test("a refresh finds collections empty that an apply left null, but for the newer framework", () => {
    const group = make("aws_security_group", { name: "edge" });
    expect(group["tags"]).toBeNull();
    expect(cloud.read("aws_security_group", group["id"])?.["tags"]).toEqual({});
    const template = make("aws_launch_template", { name: "edge" });
    expect(cloud.read("aws_launch_template", template["id"])).toMatchObject({
      tags: {},
      security_group_names: [],
    });
    const config = { security_group_id: id(group), ip_protocol: "-1", cidr_ipv4: "0.0.0.0/0" };
    const rule = make("aws_vpc_security_group_ingress_rule", config);
    expect(cloud.read("aws_vpc_security_group_ingress_rule", rule["id"])?.["tags"]).toBeNull();
  });

  test("what AWS does not answer of an access key is null", () => {
    make("aws_iam_user", { name: "logs" });
    expect(make("aws_iam_access_key", { user: "logs" })).toMatchObject({
      encrypted_secret: null,
      key_fingerprint: null,
      pgp_key: null,
    });
  });

  test("null stays null in a resource of the newer framework", () => {
    const group = make("aws_security_group", { name: "edge" });
    const rule = make("aws_vpc_security_group_ingress_rule", {
      security_group_id: id(group),
      ip_protocol: "-1",
      cidr_ipv4: "0.0.0.0/0",
    });
    expect(rule).toMatchObject({ from_port: null, cidr_ipv6: null, description: null });
  });

  test("a VPC's own IPv6 block is a /56 of its own", () => {
    const [one, two] = [1, 2].map(() =>
      make("aws_vpc", { cidr_block: "10.0.0.0/16", assign_generated_ipv6_cidr_block: true }),
    );
    expect(one?.["ipv6_cidr_block"]).toMatch(
      /^2001:db8:[0-9a-f]+:[0-9a-f]+00::\/56$|^2001:db8:[0-9a-f]+::\/56$/,
    );
    expect(one?.["ipv6_cidr_block"]).not.toBe(two?.["ipv6_cidr_block"]);
    expect(one?.["ipv6_association_id"]).toMatch(/^vpc-cidr-assoc-/);
  });

  test.each([
    ["us-east-1", { availability_zone_id: "use1-az4" }, "us-east-1d", "use1-az4"],
    ["ap-northeast-2", { availability_zone: "ap-northeast-2c" }, "ap-northeast-2c", "apne2-az3"],
    ["eu-central-1", {}, "eu-central-1a", "euc1-az1"],
  ])("a subnet in %s has both names of its zone", (region, given, name, zoneId) => {
    const there = inRegion(region);
    const vpc = make("aws_vpc", { cidr_block: "10.0.0.0/16" }, there);
    const subnet = make("aws_subnet", { vpc_id: id(vpc), cidr_block: "10.0.1.0/24", ...given }, there);
    expect(subnet).toMatchObject({ availability_zone: name, availability_zone_id: zoneId });
  });

  test.each([
    ["us-east-1", "use1"],
    ["us-gov-west-1", "usgw1"],
    ["ap-southeast-2", "apse2"],
    ["ca-central-1", "cac1"],
    ["me-south-1", "mes1"],
    ["sa-east-1", "sae1"],
  ])("zone ids of %s begin with %s", (region, prefix) => {
    expect(zoneIdPrefix(region)).toBe(prefix);
  });

  test("rules that resources of their own add show in the security group, once, and go with them", () => {
    const group = make("aws_security_group", { name: "edge" });
    const config = {
      security_group_id: id(group),
      ip_protocol: "tcp",
      from_port: 443,
      to_port: 443,
      cidr_ipv4: "0.0.0.0/0",
    };
    const rule = make("aws_vpc_security_group_ingress_rule", config);
    const seen = cloud.read("aws_security_group", group["id"]);
    expect(seen?.["ingress"]).toMatchObject([
      { protocol: "tcp", from_port: 443, cidr_blocks: ["0.0.0.0/0"] },
    ]);
    expect(seen?.["egress"]).toEqual([]);

    cloud.update("aws_security_group", seen ?? {}, { revoke_rules_on_delete: true });
    expect(cloud.read("aws_security_group", group["id"])?.["ingress"]).toHaveLength(1);
    cloud.delete("aws_vpc_security_group_ingress_rule", rule);
    expect(cloud.read("aws_security_group", group["id"])?.["ingress"]).toEqual([]);
  });

  test("routes and policies of their own show in the table and in the role", () => {
    const { vpc } = network();
    const table = make("aws_route_table", { vpc_id: id(vpc) });
    const gateway = cloud.list("aws_internet_gateway")[0]?.id ?? "";
    make("aws_route", {
      route_table_id: id(table),
      destination_ipv6_cidr_block: "::/0",
      gateway_id: gateway,
    });
    expect(cloud.read("aws_route_table", table["id"])?.["route"]).toMatchObject([
      { ipv6_cidr_block: "::/0", gateway_id: gateway, cidr_block: "" },
    ]);

    const role = make("aws_iam_role", { name: "node", assume_role_policy: ASSUME });
    make("aws_iam_role_policy", { name: "logs", role: "node", policy: ASSUME });
    const policy = make("aws_iam_policy", { name: "more", policy: ASSUME });
    make("aws_iam_role_policy_attachment", { role: "node", policy_arn: id(policy) });
    const seen = cloud.read("aws_iam_role", role["id"]);
    expect(seen?.["inline_policy"]).toMatchObject([{ name: "logs" }]);
    expect(seen?.["managed_policy_arns"]).toEqual([id(policy)]);
    expect(cloud.read("aws_iam_policy", policy["id"])?.["attachment_count"]).toBe(1);
  });

  test("a load balancer's names and addresses", () => {
    const { lb, vpc, subnets, group } = balancer();
    expect(lb["arn"]).toMatch(
      /^arn:aws:elasticloadbalancing:us-east-1:000000000000:loadbalancer\/net\/edge\/[0-9a-f]{16}$/,
    );
    expect(lb["dns_name"]).toMatch(/^edge-[0-9a-f]{16}\.elb\.us-east-1\.amazonaws\.com$/);
    expect(lb).toMatchObject({ vpc_id: id(vpc), zone_id: "Z26RNL4JYFTOTI", security_groups: [id(group)] });
    expect(lb["subnet_mapping"]).toHaveLength(2);
    expect(lb["subnets"]).toEqual(subnets.map(id));
    expect(lb).toMatchObject({
      idle_timeout: null,
      access_logs: [{ bucket: "", enabled: false, prefix: "" }],
      enforce_security_group_inbound_rules_on_private_link_traffic: "on",
    });
  });

  test.each([
    [
      "TCP",
      { protocol: "TCP", path: "", matcher: "", timeout: 10, healthy_threshold: 5, unhealthy_threshold: 2 },
    ],
    [
      "HTTP",
      {
        protocol: "HTTP",
        path: "/",
        matcher: "200",
        timeout: 5,
        healthy_threshold: 5,
        unhealthy_threshold: 2,
      },
    ],
  ])("health checks of a %s target group that names none", (protocol, check) => {
    const { vpc } = network();
    const group = make("aws_lb_target_group", { name: "edge", protocol, port: 443, vpc_id: id(vpc) });
    expect(group["health_check"]).toMatchObject([check]);
  });

  test("a target group keeps client addresses of instances, and knows its load balancers", () => {
    const { lb, vpc } = balancer();
    const group = make("aws_lb_target_group", { name: "edge", protocol: "TCP", port: 443, vpc_id: id(vpc) });
    expect(group["preserve_client_ip"]).toBe("true");
    const action = [{ type: "forward", target_group_arn: id(group) }];
    const listener = make("aws_lb_listener", {
      load_balancer_arn: id(lb),
      port: 443,
      protocol: "TCP",
      default_action: action,
    });
    expect(cloud.read("aws_lb_target_group", group["id"])?.["load_balancer_arns"]).toEqual([id(lb)]);
    expect(listener).toMatchObject({ tcp_idle_timeout_seconds: 350, default_action: [{ order: 1 }] });
    cloud.delete("aws_lb", lb);
    expect(cloud.get("aws_lb_listener", id(listener))).toBeUndefined();
  });

  test("an accelerator has two addresses, and two more of IPv6 where it is dual stack, its own alone", () => {
    const one = make("aws_globalaccelerator_accelerator", { name: "edge", ip_address_type: "DUAL_STACK" });
    const two = make("aws_globalaccelerator_accelerator", { name: "edge" });
    expect(one["ip_sets"]).toEqual([
      { ip_family: "IPv4", ip_addresses: ["192.0.2.1", "198.51.100.1"] },
      { ip_family: "IPv6", ip_addresses: ["2001:db8:a::1", "2001:db8:b::1"] },
    ]);
    expect(two["ip_sets"]).toEqual([{ ip_family: "IPv4", ip_addresses: ["192.0.2.2", "198.51.100.2"] }]);
    expect(one["dual_stack_dns_name"]).toMatch(/^a[0-9a-f]{16}\.dualstack\.awsglobalaccelerator\.com$/);
    expect(two).toMatchObject({ dual_stack_dns_name: "", hosted_zone_id: "Z2BJ6XQ5FK7U4H" });
  });

  test("an accelerator that becomes dual stack keeps its IPv4 addresses", () => {
    const before = make("aws_globalaccelerator_accelerator", { name: "edge" });
    const after = cloud.update("aws_globalaccelerator_accelerator", before, {
      ip_address_type: "DUAL_STACK",
    });
    expect((after["ip_sets"] as Value[])[0]).toEqual((before["ip_sets"] as Value[])[0]);
    expect(after["ip_sets"]).toHaveLength(2);
  });

  test("an endpoint without a weight gets none: the plugin sends zero", () => {
    const { lb } = balancer();
    const { front } = accelerated();
    const group = make("aws_globalaccelerator_endpoint_group", {
      listener_arn: id(front),
      endpoint_configuration: [{ endpoint_id: id(lb) }],
    });
    expect(group["endpoint_configuration"]).toMatchObject([
      { weight: 0, client_ip_preservation_enabled: false },
    ]);
    expect(group).toMatchObject({ endpoint_group_region: "us-east-1", health_check_port: 443 });
  });

  test("a launch template counts its versions", () => {
    const first = launchTemplate();
    expect(first).toMatchObject({ latest_version: 1, default_version: 1 });
    const second = cloud.update("aws_launch_template", first, { latest_version: UNKNOWN });
    expect(second).toMatchObject({ latest_version: 2, default_version: 1 });
    const third = cloud.update("aws_launch_template", second, {
      latest_version: UNKNOWN,
      default_version: UNKNOWN,
    });
    expect(third).toMatchObject({ latest_version: 3, default_version: 3 });
    expect(cloud.update("aws_launch_template", third, { description: "x" })).toMatchObject({
      latest_version: 3,
    });
    expect(refused(() => cloud.update("aws_launch_template", third, { default_version: 9 }))).toContain(
      "Could not find launch template version 9.",
    );
  });

  test("a version of a launch template stays as it was made, until the template goes", () => {
    const versions = (): Value[] =>
      cloud.list("aws_launch_template_version").map(({ attributes }) => attributes["image_id"] ?? null);
    const first = make("aws_launch_template", { name: "edge", image_id: "ami-1", user_data: "eA==" });
    const second = cloud.update("aws_launch_template", first, { image_id: "ami-2", latest_version: UNKNOWN });
    const described = cloud.update("aws_launch_template", second, { description: "x" });
    expect(versions()).toEqual(["ami-1", "ami-2"]);
    const other = make("aws_launch_template", { name: "other", image_id: "ami-3" });
    cloud.delete("aws_launch_template", described);
    expect(versions()).toEqual(["ami-3"]);
    cloud.delete("aws_launch_template", other);
    expect(versions()).toEqual([]);
  });

  describe("an alarm", () => {
    const alarm = (changes: Values = {}, within = cloud): Values =>
      make(
        "aws_cloudwatch_metric_alarm",
        {
          alarm_name: "few-nodes",
          comparison_operator: "LessThanThreshold",
          evaluation_periods: 2,
          metric_name: "HealthyHostCount",
          statistic: "Minimum",
          ...changes,
        },
        within,
      );

    test("is known by its name, and has an ARN of its region", () => {
      expect(alarm()).toMatchObject({
        id: "few-nodes",
        arn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:few-nodes",
        actions_enabled: true,
        treat_missing_data: "missing",
      });
      expect(aws.resources["aws_cloudwatch_metric_alarm"]?.place?.(cloud.provider)).toBe("us-east-1");
    });

    test("reads as zero what nobody asked for", () => {
      const zeros = {
        threshold: 0,
        datapoints_to_alarm: 0,
        extended_statistic: "",
        evaluate_low_sample_count_percentiles: "",
        period: 0,
        alarm_actions: null,
        dimensions: null,
      };
      const object = alarm();
      expect(object).toMatchObject(zeros);
      expect(cloud.read("aws_cloudwatch_metric_alarm", object["id"])).toMatchObject({
        ...zeros,
        alarm_actions: [],
        dimensions: {},
      });
    });

    test("changes in place, and takes the place of its namesake", () => {
      expect(cloud.update("aws_cloudwatch_metric_alarm", alarm(), { threshold: 3 })).toMatchObject({
        id: "few-nodes",
        threshold: 3,
      });
      alarm({ threshold: 4 });
      expect(cloud.list("aws_cloudwatch_metric_alarm")).toHaveLength(1);
    });

    test("needs one statistic, which an unknown one is not", () => {
      const message = "One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm";
      for (const changes of [
        { statistic: null },
        { statistic: UNKNOWN },
        { statistic: "Sum", extended_statistic: "p90" },
      ])
        expect(refused(() => alarm(changes))).toBe(message);
      expect(() => alarm({ statistic: null, extended_statistic: "p90" })).not.toThrow();
      expect(() => alarm({ statistic: null, metric_name: UNKNOWN })).not.toThrow();
    });

    test("cannot query an expression and a metric in one", () => {
      const query = (expression: Value): Values => ({
        metric_name: null,
        statistic: null,
        metric_query: [{ id: "e", expression, metric: [{ metric_name: "m", period: 60, stat: "Sum" }] }],
      });
      const message = "No metric_query may have both `expression` and a `metric` specified";
      expect(refused(() => alarm(query("1")))).toBe(message);
      expect(refused(() => alarm(query(UNKNOWN)))).toBe(message);
      expect(() => alarm(query(null))).not.toThrow();
    });
  });

  test("a group takes its zones from its subnets and its template's name from its id", () => {
    const { subnets } = network();
    const template = launchTemplate();
    const group = make("aws_autoscaling_group", {
      name: "edge",
      min_size: 2,
      max_size: 4,
      vpc_zone_identifier: subnets.map(id),
      launch_template: [{ id: id(template), name: null, version: "1" }],
    });
    expect(group["availability_zones"]).toEqual(["us-east-1a", "us-east-1b"]);
    expect(group["availability_zone_distribution"]).toEqual([
      { capacity_distribution_strategy: "balanced-best-effort" },
    ]);
    expect(group["capacity_reservation_specification"]).toEqual([
      { capacity_reservation_preference: "default", capacity_reservation_target: [] },
    ]);
    expect(group["launch_template"]).toEqual([{ id: id(template), name: "edge", version: "1" }]);
    expect(group).toMatchObject({ desired_capacity: 2, default_cooldown: 300, health_check_type: "EC2" });
  });
});

describe("AWS refuses", () => {
  test("in the words of the plugin, the SDK and the service", () => {
    expect(refused(() => make("aws_subnet", { vpc_id: "vpc-1", cidr_block: "10.0.0.0/24" }))).toMatch(
      /^creating EC2 Subnet: operation error EC2: CreateSubnet, https response error StatusCode: 400, RequestID: [0-9a-f-]{36}, api error InvalidVpcID\.NotFound: The vpc ID 'vpc-1' does not exist$/,
    );
    make("aws_iam_role", { name: "node", assume_role_policy: ASSUME });
    expect(refused(() => make("aws_iam_role", { name: "Node", assume_role_policy: ASSUME }))).toMatch(
      /^creating IAM Role \(Node\): operation error IAM: CreateRole, https response error StatusCode: 409, RequestID: [0-9a-f-]{36}, EntityAlreadyExists: Role with name Node already exists\.$/,
    );
  });

  describe("a second object of a name, but only where names are unique", () => {
    test.each<[string, Values, string, boolean]>([
      ["aws_launch_template", { name: "edge" }, "already in use", true],
      ["aws_cloudwatch_log_group", { name: "/edge" }, "already exists", true],
      ["aws_security_group", { name: "edge" }, "already exists", true],
      ["aws_iam_role", { name: "edge", assume_role_policy: ASSUME }, "already exists", false],
      ["aws_iam_policy", { name: "edge", policy: ASSUME }, "already exists", false],
      ["aws_iam_instance_profile", { name: "edge" }, "already exists", false],
      ["aws_iam_user", { name: "edge" }, "already exists", false],
    ])("%s", (type, config, words, isRegional) => {
      make(type, config);
      expect(refused(() => make(type, config))).toContain(words);
      const elsewhere = () => make(type, config, inRegion("eu-west-1"));
      if (isRegional) expect(elsewhere).not.toThrow();
      else expect(refused(elsewhere)).toContain(words);
    });

    test("load balancers, target groups and groups, per region", () => {
      const { subnets, vpc } = balancer();
      const second = { name: "edge", load_balancer_type: "network", subnets: subnets.map(id) };
      expect(refused(() => make("aws_lb", second))).toContain("DuplicateLoadBalancerName");
      const targets = { name: "t", protocol: "TCP", port: 1, vpc_id: id(vpc) };
      make("aws_lb_target_group", targets);
      expect(refused(() => make("aws_lb_target_group", targets))).toContain("DuplicateTargetGroupName");
      const group = {
        name: "g",
        min_size: 0,
        max_size: 0,
        launch_template: [{ id: id(launchTemplate()), version: "1" }],
      };
      make("aws_autoscaling_group", group);
      expect(refused(() => make("aws_autoscaling_group", group))).toContain("AlreadyExists");
    });

    test("accelerators may share a name", () => {
      accelerated();
      expect(() => accelerated()).not.toThrow();
    });
  });

  test("what refers to something that does not exist, or is in another region", () => {
    const { vpc, subnets } = network();
    const elsewhere = inRegion("eu-central-1");
    const subnet = { vpc_id: id(vpc), cidr_block: "10.0.9.0/24" };
    expect(refused(() => make("aws_subnet", subnet, elsewhere))).toContain("InvalidVpcID.NotFound");
    expect(refused(() => make("aws_internet_gateway", { vpc_id: "vpc-x" }))).toContain(
      "InvalidVpcID.NotFound",
    );
    expect(refused(() => make("aws_route_table", { vpc_id: "vpc-x" }))).toContain("InvalidVpcID.NotFound");
    expect(refused(() => make("aws_security_group", { name: "x", vpc_id: "vpc-x" }))).toContain(
      "InvalidVpcID.NotFound",
    );
    expect(refused(() => make("aws_lb", { subnets: ["subnet-x"] }))).toContain("SubnetNotFound");
    const targets = { name: "t", protocol: "TCP", port: 1, vpc_id: "vpc-x" };
    expect(refused(() => make("aws_lb_target_group", targets))).toContain("The VPC ID 'vpc-x' is not found");
    const lb = {
      name: "a",
      load_balancer_type: "network",
      subnets: subnets.map(id),
      security_groups: ["sg-x"],
    };
    expect(refused(() => make("aws_lb", lb))).toContain("InvalidSecurityGroup");
    expect(refused(() => make("aws_iam_instance_profile", { name: "p", role: "nobody" }))).toContain(
      "NoSuchEntity",
    );
    expect(refused(() => make("aws_iam_role_policy", { role: "nobody", policy: ASSUME }))).toContain(
      "NoSuchEntity",
    );
    expect(refused(() => make("aws_iam_access_key", { user: "nobody" }))).toContain("NoSuchEntity");
    expect(refused(() => make("aws_globalaccelerator_endpoint_group", { listener_arn: "x" }))).toContain(
      "ListenerNotFound",
    );
    expect(refused(() => accelerated({ accelerator_arn: "x" }))).toContain("AcceleratorNotFound");
    const rule = { security_group_id: "sg-x", ip_protocol: "-1", cidr_ipv4: "0.0.0.0/0" };
    expect(refused(() => make("aws_vpc_security_group_ingress_rule", rule))).toContain(
      "InvalidGroup.NotFound",
    );
    const listener = {
      load_balancer_arn: "x",
      port: 1,
      protocol: "TCP",
      default_action: [{ type: "forward" }],
    };
    expect(refused(() => make("aws_lb_listener", listener))).toContain("LoadBalancerNotFound");
  });

  test("a group's impossible sizes, templates, subnets and target groups", () => {
    const template = [{ id: id(launchTemplate()), version: "1" }];
    const group = (changes: Values) => () =>
      make("aws_autoscaling_group", {
        name: "g",
        min_size: 2,
        max_size: 4,
        launch_template: template,
        ...changes,
      });
    expect(refused(group({ max_size: 1 }))).toContain(
      "Max bound, 1, must be greater than or equal to min bound, 2",
    );
    expect(refused(group({ desired_capacity: 5 }))).toContain("Desired capacity:5 must be between");
    expect(refused(group({ launch_template: [{ id: "lt-1", version: "1" }] }))).toContain(
      "template ID lt-1, does not exist",
    );
    expect(refused(group({ launch_template: [{ ...template[0], version: "2" }] }))).toContain(
      "and version 2, does not exist",
    );
    expect(refused(group({ vpc_zone_identifier: ["subnet-x"] }))).toContain(
      "The subnet ID 'subnet-x' does not exist",
    );
    expect(refused(group({ target_group_arns: ["arn:x"] }))).toContain(
      "Provided Target Groups may not be valid",
    );
    const profiled = make("aws_launch_template", { name: "p", iam_instance_profile: [{ name: "nobody" }] });
    expect(refused(group({ launch_template: [{ id: id(profiled), version: "1" }] }))).toContain(
      "Invalid IAM Instance Profile name",
    );
    expect(group({})).not.toThrow();
  });

  test("a group whose image does not exist, only then and only where somebody knows the images", () => {
    const template = make("aws_launch_template", { name: "edge", image_id: "ami-1" });
    const newer = cloud.update("aws_launch_template", template, {
      image_id: "ami-2",
      latest_version: UNKNOWN,
    });
    const config = (version: string): Values => ({
      name: "edge",
      min_size: 1,
      max_size: 1,
      launch_template: [{ id: id(newer), name: null, version }],
    });
    cloud.imageExists = (image) => image === "ami-1";
    expect(refused(() => make("aws_autoscaling_group", config("2")))).toMatch(
      /^creating Auto Scaling Group \(edge\): operation error Auto Scaling: CreateAutoScalingGroup, https response error StatusCode: 400, RequestID: [0-9a-f-]{36}, api error ValidationError: You must use a valid fully-formed launch template\. The image id '\[ami-2\]' does not exist$/,
    );
    const group = make("aws_autoscaling_group", config("1"));
    const change = (version: string) => () => cloud.update("aws_autoscaling_group", group, config(version));
    expect(refused(change("2"))).toContain("UpdateAutoScalingGroup");
    expect(refused(change("$Latest"))).toContain("The image id '[ami-2]' does not exist");
    // What was refused changed nothing: its nodes still start from the version that the group names.
    expect(aws.life?.nodeGroups?.(cloud).map((each) => each.template.image)).toEqual(["ami-1"]);
    expect(change("$Default")).not.toThrow();
    cloud.imageExists = () => true;
    expect(change("2")).not.toThrow();
    expect(aws.life?.nodeGroups?.(cloud).map((each) => each.template.image)).toEqual(["ami-2"]);
  });

  test("two subnets of a load balancer in one zone, and no internet gateway", () => {
    const { vpc, subnets } = network();
    const twin = make("aws_subnet", {
      vpc_id: id(vpc),
      cidr_block: "10.0.3.0/24",
      availability_zone: "us-east-1a",
    });
    const config = { name: "a", load_balancer_type: "network", subnets: [id(subnets[0]), id(twin)] };
    expect(refused(() => make("aws_lb", config))).toContain("multiple subnets in the same Availability Zone");
    const closed = make("aws_vpc", { cidr_block: "10.1.0.0/16" });
    const subnet = make("aws_subnet", { vpc_id: id(closed), cidr_block: "10.1.1.0/24" });
    const lb = { name: "b", load_balancer_type: "network", subnets: [id(subnet)] };
    expect(refused(() => make("aws_lb", lb))).toContain(`VPC ${id(closed)} has no internet gateway`);
    expect(() => make("aws_lb", { ...lb, internal: true })).not.toThrow();
    const application = { name: "c", subnets: [id(subnets[0])] };
    expect(refused(() => make("aws_lb", application))).toContain("At least two subnets in two different");
    const dual = {
      name: "d",
      load_balancer_type: "network",
      subnets: [id(subnets[0])],
      ip_address_type: "dualstack",
    };
    expect(refused(() => make("aws_lb", dual))).toContain("associated IPv6 CIDR block");
  });

  test("subnets that overlap, lie outside their VPC or in no zone of the region", () => {
    const { vpc } = network();
    const subnet = (changes: Values) => () =>
      make("aws_subnet", { vpc_id: id(vpc), cidr_block: "10.0.9.0/24", ...changes });
    expect(refused(subnet({ cidr_block: "10.0.0.0/20" }))).toContain(
      "InvalidSubnet.Conflict: The CIDR '10.0.0.0/20'",
    );
    expect(refused(subnet({ cidr_block: "10.1.0.0/24" }))).toContain("InvalidSubnet.Range");
    expect(refused(subnet({ availability_zone: "eu-west-1a" }))).toContain(
      "Value (eu-west-1a) for parameter availabilityZone",
    );
    expect(refused(subnet({ availability_zone_id: "use1-az9" }))).toContain("parameter availabilityZoneId");
    expect(subnet({})).not.toThrow();
  });

  test("a second gateway, a second route, a second association, a second rule", () => {
    const { vpc, subnets } = network();
    expect(refused(() => make("aws_internet_gateway", { vpc_id: id(vpc) }))).toContain(
      "already has an internet gateway",
    );
    const table = make("aws_route_table", { vpc_id: id(vpc) });
    const gateway = cloud.list("aws_internet_gateway")[0]?.id ?? "";
    const route = { route_table_id: id(table), destination_cidr_block: "0.0.0.0/0", gateway_id: gateway };
    make("aws_route", route);
    expect(refused(() => make("aws_route", route))).toContain("RouteAlreadyExists");
    expect(refused(() => make("aws_route", { ...route, gateway_id: "igw-x" }))).toContain(
      "InvalidInternetGatewayID.NotFound",
    );
    const association = { route_table_id: id(table), subnet_id: id(subnets[0]) };
    make("aws_route_table_association", association);
    expect(refused(() => make("aws_route_table_association", association))).toContain(
      "Resource.AlreadyAssociated",
    );
    const group = make("aws_security_group", { name: "x", vpc_id: id(vpc) });
    const rule = {
      security_group_id: id(group),
      ip_protocol: "tcp",
      from_port: 1,
      to_port: 1,
      cidr_ipv4: "0.0.0.0/0",
    };
    make("aws_vpc_security_group_ingress_rule", rule);
    expect(refused(() => make("aws_vpc_security_group_ingress_rule", rule))).toContain(
      'the specified rule "peer: 0.0.0.0/0, TCP, from port: 1, to port: 1, ALLOW" already exists',
    );
    expect(() => make("aws_vpc_security_group_egress_rule", rule)).not.toThrow();
  });

  test("a listener on a taken port, or with a target group of another protocol", () => {
    const { lb, vpc } = balancer();
    const targets = make("aws_lb_target_group", { name: "t", protocol: "TCP", port: 443, vpc_id: id(vpc) });
    const listener = (changes: Values) => () =>
      make("aws_lb_listener", {
        load_balancer_arn: id(lb),
        port: 443,
        protocol: "TCP",
        default_action: [{ type: "forward", target_group_arn: id(targets) }],
        ...changes,
      });
    listener({})();
    expect(refused(listener({}))).toContain("DuplicateListener");
    expect(refused(listener({ port: 53, protocol: "UDP" }))).toContain(
      "'UDP' is not supported with a target group",
    );
    const missing = [{ type: "forward", target_group_arn: "arn:x" }];
    expect(refused(listener({ port: 80, default_action: missing }))).toContain("TargetGroupNotFound");
  });

  test("ports that overlap on an accelerator, per protocol", () => {
    const { accelerator } = accelerated();
    const listener = (protocol: string, from_port: number, to_port: number) => () =>
      make("aws_globalaccelerator_listener", {
        accelerator_arn: id(accelerator),
        protocol,
        port_range: [{ from_port, to_port }],
      });
    expect(refused(listener("TCP", 400, 500))).toContain("InvalidPortRangeException");
    expect(refused(listener("UDP", 9, 8))).toContain("InvalidPortRangeException");
    expect(listener("UDP", 443, 443)).not.toThrow();
    expect(listener("TCP", 444, 500)).not.toThrow();
  });

  test("a second endpoint group of a region, and endpoints that cannot keep client addresses", () => {
    const { lb } = balancer();
    const { front } = accelerated();
    const group =
      (endpoint: Values, changes: Values = {}) =>
      () =>
        make("aws_globalaccelerator_endpoint_group", {
          listener_arn: id(front),
          endpoint_configuration: [{ endpoint_id: id(lb), weight: 128, ...endpoint }],
          ...changes,
        });
    expect(refused(group({ endpoint_id: `${id(lb)}x` }))).toContain("does not exist in us-east-1");
    expect(refused(group({}, { endpoint_group_region: "eu-west-1" }))).toContain(
      "does not exist in eu-west-1",
    );
    const bare = make("aws_lb", {
      name: "bare",
      load_balancer_type: "network",
      subnets: lb["subnets"] ?? null,
    });
    const preserved = { client_ip_preservation_enabled: true };
    expect(refused(group({ endpoint_id: id(bare), ...preserved }))).toContain("security group");
    group(preserved)();
    expect(refused(group({}))).toContain("EndpointGroupAlreadyExistsException");
  });

  test("a dual-stack accelerator whose endpoint does not keep client addresses", () => {
    const { lb } = balancer();
    const accelerator = make("aws_globalaccelerator_accelerator", {
      name: "d",
      ip_address_type: "DUAL_STACK",
    });
    const { front } = accelerated({ accelerator_arn: id(accelerator) });
    const group = () =>
      make("aws_globalaccelerator_endpoint_group", {
        listener_arn: id(front),
        endpoint_configuration: [{ endpoint_id: id(lb) }],
      });
    expect(refused(group)).toContain("needs client IP preservation");
  });

  describe("to delete what is in use", () => {
    test("networks", () => {
      const { vpc, subnets, group, lb } = balancer();
      expect(
        refused(() => {
          cloud.delete("aws_vpc", vpc);
        }),
      ).toContain(`The vpc '${id(vpc)}' has dependencies`);
      expect(
        refused(() => {
          cloud.delete("aws_subnet", subnets[0]);
        }),
      ).toContain("DependencyViolation");
      expect(
        refused(() => {
          cloud.delete("aws_security_group", group);
        }),
      ).toContain("has a dependent object");
      cloud.delete("aws_lb", lb);
      cloud.delete("aws_security_group", group);
      subnets.forEach((subnet) => {
        cloud.delete("aws_subnet", subnet);
      });
      expect(
        refused(() => {
          cloud.delete("aws_vpc", vpc);
        }),
      ).toContain("DependencyViolation");
      cloud.delete("aws_internet_gateway", cloud.list("aws_internet_gateway")[0]?.attributes ?? {});
      expect(() => {
        cloud.delete("aws_vpc", vpc);
      }).not.toThrow();
    });

    test("a security group that another one's rule names", () => {
      const [one, two] = ["one", "two"].map((name) => make("aws_security_group", { name }));
      const rule = {
        security_group_id: id(one ?? {}),
        referenced_security_group_id: id(two ?? {}),
        ip_protocol: "-1",
      };
      make("aws_vpc_security_group_ingress_rule", rule);
      expect(
        refused(() => {
          cloud.delete("aws_security_group", two ?? {});
        }),
      ).toContain("DependencyViolation");
      expect(() => {
        cloud.delete("aws_security_group", one ?? {});
      }).not.toThrow();
    });

    test("load balancing", () => {
      const { lb, vpc } = balancer("edge", { enable_deletion_protection: true });
      const targets = make("aws_lb_target_group", { name: "t", protocol: "TCP", port: 443, vpc_id: id(vpc) });
      make("aws_lb_listener", {
        load_balancer_arn: id(lb),
        port: 443,
        protocol: "TCP",
        default_action: [{ type: "forward", target_group_arn: id(targets) }],
      });
      expect(
        refused(() => {
          cloud.delete("aws_lb_target_group", targets);
        }),
      ).toContain("ResourceInUse");
      expect(
        refused(() => {
          cloud.delete("aws_lb", lb);
        }),
      ).toContain("deletion protection is enabled");
    });

    test("Global Accelerator", () => {
      const { accelerator, front } = accelerated();
      const group = make("aws_globalaccelerator_endpoint_group", { listener_arn: id(front) });
      expect(
        refused(() => {
          cloud.delete("aws_globalaccelerator_accelerator", accelerator);
        }),
      ).toContain("AssociatedListenerFound");
      expect(
        refused(() => {
          cloud.delete("aws_globalaccelerator_listener", front);
        }),
      ).toContain("AssociatedEndpointGroupFound");
      cloud.delete("aws_globalaccelerator_endpoint_group", group);
      cloud.delete("aws_globalaccelerator_listener", front);
      expect(() => {
        cloud.delete("aws_globalaccelerator_accelerator", accelerator);
      }).not.toThrow();
    });

    test("identities", () => {
      const role = make("aws_iam_role", { name: "node", assume_role_policy: ASSUME });
      const profile = make("aws_iam_instance_profile", { name: "node", role: "node" });
      expect(
        refused(() => {
          cloud.delete("aws_iam_role", role);
        }),
      ).toContain("remove roles from instance profile first");
      cloud.delete("aws_iam_instance_profile", profile);
      const policy = make("aws_iam_policy", { name: "p", policy: ASSUME });
      const attached = make("aws_iam_role_policy_attachment", { role: "node", policy_arn: id(policy) });
      expect(
        refused(() => {
          cloud.delete("aws_iam_role", role);
        }),
      ).toContain("detach all policies first");
      expect(
        refused(() => {
          cloud.delete("aws_iam_policy", policy);
        }),
      ).toContain("DeleteConflict");
      cloud.delete("aws_iam_role_policy_attachment", attached);
      expect(() => {
        cloud.delete("aws_iam_role", role);
      }).not.toThrow();
      const user = make("aws_iam_user", { name: "writer" });
      const keys = [1, 2].map(() => make("aws_iam_access_key", { user: "writer" }));
      expect(refused(() => make("aws_iam_access_key", { user: "writer" }))).toContain("AccessKeysPerUser: 2");
      expect(
        refused(() => {
          cloud.delete("aws_iam_user", user);
        }),
      ).toContain("delete access keys");
      expect(keys[0]?.["id"]).toMatch(/^SIMK[A-Z2-7]{17}$/);
    });
  });
});

describe("planning that depends on more than one attribute", () => {
  function planned(type: string, config: Values, prior: Values | null = null, block = provider()) {
    const whole = { ...emptyBlock(blockOf(type)), ...config };
    const computed = Object.entries(blockOf(type).attributes ?? {}).filter(
      ([name, attribute]) => attribute.computed === true && whole[name] === null && prior !== null,
    );
    const proposed = {
      ...whole,
      ...Object.fromEntries(computed.map(([name]) => [name, prior?.[name] ?? null])),
    };
    const { planned: result, replaces } = plan(aws, {
      type,
      config: whole,
      prior,
      proposed,
      provider: block,
    });
    const all: Values = { ...result, "(replaces)": replaces.map((path) => path.join(".")) };
    return all;
  }

  test("a load balancer's defaults are those of its type", () => {
    const application = planned("aws_lb", { subnets: ["a"] });
    expect(application).toMatchObject({
      idle_timeout: 60,
      enable_http2: true,
      dns_record_client_routing_policy: null,
    });
    const net = planned("aws_lb", { subnets: ["a"], load_balancer_type: "network" });
    expect(net).toMatchObject({
      idle_timeout: null,
      dns_record_client_routing_policy: "any_availability_zone",
    });
  });

  test("a network load balancer is replaced when it loses a subnet or gets its first security group", () => {
    const config = {
      name: "a",
      load_balancer_type: "network",
      subnets: ["a", "b"],
      enable_deletion_protection: false,
    };
    const prior = { ...planned("aws_lb", config), id: "x", security_groups: [] } as Values;
    delete prior["(replaces)"];
    for (const [name, value] of Object.entries(prior)) if (value === UNKNOWN) prior[name] = "known";
    prior["subnet_mapping"] = [];
    const changed = (changes: Values) => planned("aws_lb", { ...config, ...changes }, prior);
    expect(changed({ subnets: ["a"] })["(replaces)"]).toEqual(["subnets"]);
    expect(changed({ subnets: ["a", "b", "c"] })["(replaces)"]).toEqual([]);
    expect(changed({ subnets: ["a", "b", "c"] })).toMatchObject({ subnet_mapping: UNKNOWN });
    expect(changed({ security_groups: ["sg-1"] })["(replaces)"]).toEqual(["security_groups"]);
    expect(changed({ enable_deletion_protection: true })["(replaces)"]).toEqual([]);
  });

  test("of a listener's action only the part of its type counts", () => {
    const schema = blockOf("aws_lb_listener").block_types?.["default_action"]?.block ?? {};
    const redirect = emptyBlock(schema.block_types?.["redirect"]?.block ?? {});
    const action = { ...emptyBlock(schema), redirect: [{ ...redirect, status_code: "HTTP_301" }] };
    const config = {
      load_balancer_arn: "x",
      port: 1,
      protocol: "tcp",
      default_action: [{ ...action, type: "redirect", target_group_arn: "arn:y" }],
    };
    expect(planned("aws_lb_listener", config)).toMatchObject({
      default_action: [{ target_group_arn: null }],
      protocol: "TCP",
    });
  });

  test("a launch template's change makes a version; a description does not", () => {
    const prior = make("aws_launch_template", { name: "edge", image_id: "ami-1" });
    const changed = (changes: Values) =>
      planned("aws_launch_template", { name: "edge", image_id: "ami-1", ...changes }, prior);
    expect(changed({ image_id: "ami-2" })).toMatchObject({ latest_version: UNKNOWN, default_version: 1 });
    expect(changed({ description: "x" })).toMatchObject({ latest_version: 1 });
    expect(changed({ tags: { a: "b" } })).toMatchObject({ latest_version: UNKNOWN });
    expect(changed({ image_id: "ami-2", update_default_version: true })).toMatchObject({
      default_version: UNKNOWN,
    });
    expect(changed({})).toEqual({ ...prior, "(replaces)": [] });
  });

  test("a security group rule is replaced when its peer is of another kind", () => {
    const config = { security_group_id: "sg-1", ip_protocol: "-1" };
    const prior = {
      ...emptyBlock(blockOf("aws_vpc_security_group_ingress_rule")),
      ...config,
      id: "x",
      cidr_ipv4: "10.0.0.0/8",
    };
    const changed = (peer: Values) =>
      planned("aws_vpc_security_group_ingress_rule", { ...config, ...peer }, prior)["(replaces)"];
    expect(changed({ cidr_ipv4: "10.0.0.0/9" })).toEqual([]);
    expect(changed({ cidr_ipv6: "::/0" })).toEqual(["cidr_ipv4", "cidr_ipv6"]);
  });

  test("policies are rewritten as the plugin does", () => {
    const policy = '{ "Version": "2012-10-17", "Statement": [{"Effect":"Allow","Action":"a:<b>&c"}] }';
    const sorted = '"Statement":[{"Action":"a:\\u003cb\\u003e\\u0026c","Effect":"Allow"}]';
    expect(planned("aws_iam_policy", { policy })).toMatchObject({
      policy: `{${sorted},"Version":"2012-10-17"}`,
    });
    const role = { assume_role_policy: policy, inline_policy: [{ name: "a", policy }] };
    expect(planned("aws_iam_role", role)).toMatchObject({
      assume_role_policy: `{${sorted},"Version":"2012-10-17"}`,
      inline_policy: [{ policy: `{"Version":"2012-10-17",${sorted}}` }],
    });
    const inline = { role: "r", policy };
    expect(planned("aws_iam_role_policy", inline)).toMatchObject({
      policy: `{"Version":"2012-10-17",${sorted}}`,
    });
  });

  test.each([
    ["all", "-1"],
    ["6", "tcp"],
    ["UDP", "udp"],
  ])("protocol %s is stored as %s", (given, stored) => {
    const rule = {
      type: "ingress",
      protocol: given,
      from_port: 0,
      to_port: 0,
      security_group_id: "sg-1",
      self: true,
    };
    expect(planned("aws_security_group_rule", rule)).toMatchObject({ protocol: stored });
  });

  describe("tags_all", () => {
    const tagged = provider({ default_tags: [{ tags: { Fleet: "edge", Name: "default" } }] });
    const all = (tags: Value, block = tagged) =>
      planned("aws_vpc", { cidr_block: "10.0.0.0/16", tags }, null, block)["tags_all"];

    test("is the provider's tags under the resource's own", () => {
      expect(all({ Name: "own" })).toEqual({ Fleet: "edge", Name: "own" });
      expect(all(null)).toEqual({ Fleet: "edge", Name: "default" });
      expect(all(null, provider())).toEqual({});
    });

    test("is unknown while a tag is, and while a tag is empty", () => {
      expect(all({ Name: UNKNOWN })).toBe(UNKNOWN);
      expect(all({ Name: "" })).toBe(UNKNOWN);
      expect(all(UNKNOWN)).toBe(UNKNOWN);
    });
  });
});

describe("validation in the plugin's own words", () => {
  test.each<[string, Values, string]>([
    [
      "aws_vpc",
      { cidr_block: "10.0.0.0/8" },
      'expected "cidr_block" to contain a network Value with between 16 and 28 significant bits, got: 8',
    ],
    [
      "aws_vpc",
      { cidr_block: "10.0.0.1/16" },
      "expected cidr_block to contain a valid network Value, expected 10.0.0.0/16, got 10.0.0.1/16",
    ],
    [
      "aws_subnet",
      { vpc_id: "v", cidr_block: "10.0.0.1/24" },
      '"10.0.0.1/24" is not a valid IPv4 CIDR block; did you mean "10.0.0.0/24"?',
    ],
    [
      "aws_subnet",
      { vpc_id: "v", ipv6_cidr_block: "10.0.0.0/24" },
      '"10.0.0.0/24" is not a valid IPv6 CIDR block',
    ],
    [
      "aws_lb",
      { name: "a_b", subnets: ["x"] },
      'only alphanumeric characters and hyphens allowed in "name": "a_b"',
    ],
    [
      "aws_lb",
      { name: "x".repeat(33), subnets: ["x"] },
      `"name" cannot be longer than 32 characters: "${"x".repeat(33)}"`,
    ],
    ["aws_lb_target_group", { name: "a-" }, '"name" cannot end with a hyphen'],
    [
      "aws_iam_role",
      { assume_role_policy: "x" },
      '"assume_role_policy" contains an invalid JSON policy: not a JSON object',
    ],
    [
      "aws_iam_role",
      { assume_role_policy: "[]" },
      '"assume_role_policy" contains an invalid JSON policy: contains a JSON array, not a JSON object',
    ],
    [
      "aws_iam_role",
      { name: "a b", assume_role_policy: "{}" },
      "invalid value for name (must match [\\w+=,.@-])",
    ],
    ["aws_launch_template", { name: "x" }, '"name" cannot be less than 3 characters'],
    [
      "aws_autoscaling_group",
      { min_size: 1, max_size: 1, launch_template: [{ id: "x", name: null, version: null }] },
      "\"launch_template.0.id\" must begin with 'lt-' and be comprised of only alphanumeric characters: x",
    ],
    [
      "aws_globalaccelerator_accelerator",
      { name: "a_b" },
      "invalid value for name (only alphanumeric characters and hyphens are allowed)",
    ],
    [
      "aws_cloudwatch_log_group",
      { retention_in_days: 2 },
      "expected retention_in_days to be one of [0 1 3 5 7 14 30 60 90 120 150 180 365 400 545 731 1096 1827 2192 2557 2922 3288 3653], got 2",
    ],
  ])("%s %j", (type, config, message) => {
    expect(cloud.validate(type, config).map(({ summary }) => summary)).toEqual([message]);
  });

  test("attributes that are to be given together", () => {
    expect(cloud.validate("aws_vpc", { ipv4_netmask_length: 20 })).toMatchObject([
      {
        summary: "Missing required argument",
        detail: '"ipv4_netmask_length": all of `ipv4_ipam_pool_id,ipv4_netmask_length` must be specified',
      },
    ]);
    expect(cloud.validate("aws_vpc", { ipv4_netmask_length: 20, ipv4_ipam_pool_id: "x" })).toEqual([]);
  });

  test("an empty collection is given, no block is not", () => {
    const rule = { type: "ingress", protocol: "tcp", from_port: 1, to_port: 1, security_group_id: "s" };
    expect(cloud.validate("aws_security_group_rule", { ...rule, cidr_blocks: [] })).toEqual([]);
    expect(cloud.validate("aws_security_group_rule", rule)).not.toEqual([]);
    const group = { min_size: 1, max_size: 1, launch_configuration: "x" };
    expect(cloud.validate("aws_autoscaling_group", group)).toEqual([]);
  });

  test("what is unknown passes", () => {
    expect(cloud.validate("aws_vpc", { cidr_block: UNKNOWN })).toEqual([]);
    const rule = {
      type: "ingress",
      protocol: "tcp",
      from_port: 1,
      to_port: 1,
      security_group_id: "s",
      cidr_blocks: ["x", UNKNOWN],
    };
    expect(cloud.validate("aws_security_group_rule", rule)).toEqual([]);
  });

  test.each([
    ["us-east-1", []],
    ["us-gov-west-1", []],
    ["ap-southeast-2", []],
    [UNKNOWN, []],
    ["us-esat-1", ["invalid AWS Region: us-esat-1"]],
    ["mars-north-1", ["invalid AWS Region: mars-north-1"]],
    [null, ["invalid AWS Region: "]],
  ])("region %j", (region, problems) => {
    expect(aws.configure?.(provider({ region })).map(({ summary }) => summary)).toEqual(problems);
    expect(aws.configure?.(provider({ region, skip_region_validation: true }))).toEqual([]);
  });
});

describe("address blocks", () => {
  const range = (cidr: string) => addressRange(cidr) as NonNullable<ReturnType<typeof addressRange>>;

  test.each(["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "x/8", "::/129", "10.0.0.0/x"])("%s is none", (cidr) => {
    expect(addressRange(cidr)).toBeUndefined();
  });

  test("overlap and containment, within a family", () => {
    expect(overlap(range("10.0.0.0/16"), range("10.0.255.0/24"))).toBe(true);
    expect(overlap(range("10.0.0.0/16"), range("10.1.0.0/16"))).toBe(false);
    expect(overlap(range("0.0.0.0/0"), range("::/0"))).toBe(false);
    expect(inside(range("2001:db8:1::/64"), range("2001:db8::/32"))).toBe(true);
    expect(inside(range("10.0.0.0/8"), range("10.0.0.0/16"))).toBe(false);
  });

  test.each([
    ["10.0.0.1/8", "10.0.0.0/8"],
    ["10.0.0.0/8", "10.0.0.0/8"],
    ["2001:db8::1/64", "2001:db8::/64"],
    ["2001:db8:0:1::/64", "2001:db8:0:1::/64"],
    ["2001:db8:1:2:3:4:5:6/48", "2001:db8:1::/48"],
    ["::1/0", "::/0"],
  ])("the network of %s is %s", (cidr, expected) => {
    expect(networkOf(range(cidr))).toBe(expected);
  });
});
