import { testEnvironment, awsFleet } from "../../../environment-for-tests";
import { only, resources, synthesize, type StackJson, type Values } from "../../../synthesize";
import { loadBalancerPorts } from "../../../../constructs/providers/aws/site-load-balancer";
import { REGION_ZONES } from "../../../../constructs/providers/aws/regions";

const listeners = [
  { port: 443, protocol: "TCP" },
  { port: 443, protocol: "UDP" },
  { port: 2222, protocol: "TCP", role: "tunnel" },
] as const;

function fleet(
  changes: Parameters<typeof awsFleet>[0] = {},
  environment: Parameters<typeof testEnvironment>[0] = {},
) {
  return synthesize(testEnvironment({ listeners, fleets: [awsFleet(changes)], ...environment }))[
    "aws-fleet"
  ] as StackJson;
}

const oneRegion = fleet();
const twoRegions = fleet({
  sites: { "us-east-1": { nodes: 3, endpointWeight: 0 }, "eu-central-1": { nodes: 2, trafficDial: 40 } },
});
const dualStack = fleet({ ipv6: true }, { listeners: [{ port: 443, protocol: "TCP" }] });

describe("the network of a region", () => {
  test("is two public subnets in distinct zones, each with a way to the internet", () => {
    const subnets = resources(oneRegion, "aws_subnet");
    expect(subnets.map((subnet) => subnet["availability_zone_id"])).toEqual(["use1-az1", "use1-az2"]);
    expect(subnets.map((subnet) => subnet["cidr_block"])).toEqual(["10.0.16.0/20", "10.0.32.0/20"]);
    expect(subnets.every((subnet) => subnet["map_public_ip_on_launch"] === true)).toBe(true);
    expect(resources(oneRegion, "aws_route_table_association")).toHaveLength(2);
    expect(only(oneRegion, "aws_route")).toMatchObject({ destination_cidr_block: "0.0.0.0/0" });
  });

  test("uses the zones that a site names", () => {
    const stack = fleet({
      sites: { "us-east-1": { nodes: 2, locations: ["use1-az4", "use1-az5", "use1-az6"] } },
    });
    const zones = resources(stack, "aws_subnet").map((subnet) => subnet["availability_zone_id"]);
    expect(zones).toEqual(["use1-az4", "use1-az5", "use1-az6"]);
  });

  test("is all in its own region, by one alias a region", () => {
    for (const [type, all] of Object.entries(twoRegions.resource)) {
      if (!type.startsWith("aws_")) continue;
      for (const [name, resource] of Object.entries(all)) {
        const region = /us-east-1|eu-central-1/.exec(name)?.[0] ?? "us-east-1";
        expect([name, resource["provider"]]).toEqual([name, `aws.${region}`]);
      }
    }
  });

  test("has an alias for every region, so that a removed site can still be destroyed", () => {
    const aliases = twoRegions.provider["aws"]?.map(({ alias }) => alias);
    expect(aliases).toEqual(Object.keys(REGION_ZONES));
  });
});

describe("the firewall", () => {
  const groups = oneRegion.resource["aws_security_group"] ?? {};
  const rules = (type: string, group: string) =>
    resources(oneRegion, `aws_vpc_security_group_${type}_rule`)
      .filter(({ security_group_id: id }) => String(id).includes(`firewall_${group}`))
      .map(
        (rule) => `${String(rule["ip_protocol"])} ${String(rule["from_port"])}-${String(rule["to_port"])}`,
      );

  test("is two groups", () => {
    expect(Object.values(groups).map(({ name }) => name)).toEqual([
      "test-aws-load-balancer",
      "test-aws-nodes",
    ]);
  });

  test("lets everybody reach the load balancer on the listeners' ports only", () => {
    expect(rules("ingress", "load-balancer")).toEqual(["tcp 2222-2222", "tcp 443-443", "udp 443-443"]);
  });

  test("lets only the load balancer reach the nodes, on those ports and the health check's", () => {
    expect(rules("ingress", "nodes")).toEqual([
      "tcp 2222-2222",
      "tcp 443-443",
      "tcp 8080-8080",
      "udp 443-443",
    ]);
    const sources = resources(oneRegion, "aws_vpc_security_group_ingress_rule").filter(
      ({ security_group_id: id }) => String(id).includes("firewall_nodes"),
    );
    for (const source of sources) {
      expect(source["referenced_security_group_id"]).toContain("firewall_load-balancer");
      expect(source["cidr_ipv4"]).toBeUndefined();
    }
  });

  test("opens no port for administration", () => {
    const ports = resources(oneRegion, "aws_vpc_security_group_ingress_rule").map(
      (rule) => rule["from_port"],
    );
    expect(ports).not.toContain(22);
  });
});

describe("a node's identity", () => {
  interface Statement {
    readonly Effect: string;
    readonly Action: string | readonly string[];
    readonly Resource: string;
  }
  const policies = resources(oneRegion, "aws_iam_role_policy").map(
    ({ policy }) => (JSON.parse(String(policy)) as { Statement: Statement[] }).Statement,
  );
  const statements = policies.flat();

  test("may write to this fleet's log group, and keep an SSM session, nothing else", () => {
    expect(statements.flatMap(({ Action }) => Action)).toEqual([
      "logs:CreateLogStream",
      "logs:DescribeLogStreams",
      "logs:PutLogEvents",
      "ssm:UpdateInstanceInformation",
      "ssmmessages:CreateControlChannel",
      "ssmmessages:CreateDataChannel",
      "ssmmessages:OpenControlChannel",
      "ssmmessages:OpenDataChannel",
    ]);
    expect(statements[0]?.Resource).toMatch(/^\$\{aws_cloudwatch_log_group\..*\.arn\}:\*$/);
    expect(only(oneRegion, "aws_cloudwatch_log_group")).toMatchObject({ name: "/polycast/test/aws" });
  });

  test("has no policy attached beside", () => {
    expect(oneRegion.resource["aws_iam_role_policy_attachment"]).toBeUndefined();
    expect(only(oneRegion, "aws_iam_role")["managed_policy_arns"]).toBeUndefined();
  });

  test("is for EC2 only", () => {
    const { assume_role_policy: trust } = only(oneRegion, "aws_iam_role");
    expect(JSON.parse(String(trust))).toMatchObject({
      Statement: [{ Principal: { Service: "ec2.amazonaws.com" } }],
    });
  });
});

describe("an account", () => {
  test("is bound where the environment names it", () => {
    const stack = fleet({ accountId: "123456789012" }, { sandbox: false });
    expect(stack.provider["aws"]?.[0]).toMatchObject({ allowed_account_ids: ["123456789012"] });
  });
});

describe("the nodes", () => {
  const template = only(oneRegion, "aws_launch_template");
  const group = only(oneRegion, "aws_autoscaling_group");

  test("run the release's image for their region, on the instance type of their size", () => {
    expect(template).toMatchObject({ image_id: "ami-00000000000000001", instance_type: "c6i.large" });
  });

  test("require IMDSv2 and encrypt their root volume", () => {
    expect(template["metadata_options"]).toMatchObject({
      http_tokens: "required",
      http_put_response_hop_limit: 1,
    });
    expect(template["block_device_mappings"]).toMatchObject([{ ebs: { encrypted: "true" } }]);
  });

  test("and their volumes say whose they are", () => {
    expect(template["tag_specifications"]).toEqual(
      ["instance", "volume"].map((type) => ({
        resource_type: type,
        tags: { Name: "test-aws", "polycast:environment": "test", "polycast:fleet": "aws" },
      })),
    );
  });

  test("are told where they are", () => {
    const text = Buffer.from(String(template["user_data"]), "base64").toString();
    expect(text).toMatch(/^#cloud-config\n/);
    expect(text).toContain('\\"name\\": \\"us-east-1\\"');
    expect(text).toContain('\\"release\\": \\"r1\\"');
  });

  test("stand in every zone, behind every target group, as many as asked for", () => {
    expect(group).toMatchObject({ min_size: 2, max_size: 2, desired_capacity: 2, health_check_type: "ELB" });
    expect(group["vpc_zone_identifier"]).toHaveLength(2);
    expect(group["target_group_arns"]).toHaveLength(2);
  });

  test("run a numbered version of their template", () => {
    const { version } = group["launch_template"] as Values;
    expect(version).toMatch(/^\$\{tostring\(aws_launch_template\..*\.latest_version\)\}$/);
  });

  test("are replaced with a surge, never below full strength, and without AWS's own rollback", () => {
    expect((group["instance_refresh"] as Values)["preferences"]).toEqual({
      min_healthy_percentage: 100,
      max_healthy_percentage: 150,
      checkpoint_percentages: [50, 100],
      checkpoint_delay: "300",
      instance_warmup: "120",
      skip_matching: true,
      auto_rollback: false,
    });
  });

  test("wait for their way to the internet", () => {
    expect(group["depends_on"]).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^aws_route\./),
        expect.stringMatching(/^aws_route_table_assoc/),
      ]),
    );
  });
});

describe("the load balancer", () => {
  const balancer = only(oneRegion, "aws_lb");

  test("is a network load balancer with a security group of its own and cross-zone off", () => {
    expect(balancer).toMatchObject({
      load_balancer_type: "network",
      ip_address_type: "ipv4",
      enable_cross_zone_load_balancing: false,
    });
    expect(balancer["security_groups"]).toEqual([expect.stringContaining("firewall_load-balancer")]);
  });

  test("has one listener a port: TCP and UDP on one port are TCP_UDP", () => {
    expect(loadBalancerPorts(listeners)).toEqual([
      { port: 443, protocol: "TCP_UDP" },
      { port: 2222, protocol: "TCP" },
    ]);
    expect(loadBalancerPorts([{ port: 53, protocol: "UDP" }])).toEqual([{ port: 53, protocol: "UDP" }]);
    expect(resources(oneRegion, "aws_lb_listener").map(({ protocol }) => protocol)).toEqual([
      "TCP",
      "TCP_UDP",
    ]);
  });

  test("hands connections to the instances themselves, with the client's address", () => {
    for (const targets of resources(oneRegion, "aws_lb_target_group")) {
      expect(targets).toMatchObject({ target_type: "instance", preserve_client_ip: "true" });
      expect(targets["health_check"]).toMatchObject({
        protocol: "HTTP",
        port: "8080",
        path: "/healthz",
        matcher: "200",
      });
    }
  });
});

describe("Global Accelerator", () => {
  const endpoints = resources(twoRegions, "aws_globalaccelerator_endpoint_group");

  test("has a listener a port and protocol, and an endpoint group for each of them and region", () => {
    expect(resources(twoRegions, "aws_globalaccelerator_listener")).toHaveLength(3);
    expect(endpoints.map(({ endpoint_group_region: region }) => region)).toEqual(
      Array<string[]>(3).fill(["eu-central-1", "us-east-1"]).flat(),
    );
  });

  test("keeps client addresses", () => {
    for (const { endpoint_configuration: endpoint } of endpoints) {
      expect(endpoint).toMatchObject([{ client_ip_preservation_enabled: true }]);
    }
  });

  test("has the dial and the weight of each site", () => {
    const settings = new Set(
      endpoints.map(
        ({ endpoint_group_region: region, traffic_dial_percentage: dial, endpoint_configuration: e }) =>
          [region, dial, (e as Values[])[0]?.["weight"]].join(" "),
      ),
    );
    expect([...settings].sort()).toEqual(["eu-central-1 40 128", "us-east-1 100 0"]);
  });

  test("checks health as the environment says, at the nearest interval that it knows", () => {
    expect(endpoints[0]).toMatchObject({
      health_check_protocol: "HTTP",
      health_check_port: 8080,
      health_check_path: "/healthz",
      health_check_interval_seconds: 10,
      threshold_count: 3,
    });
    const slow = fleet({}, { health: { intervalSeconds: 20 } });
    expect(resources(slow, "aws_globalaccelerator_endpoint_group")[0]).toMatchObject({
      health_check_interval_seconds: 30,
    });
  });

  test("binds clients to nodes when asked", () => {
    expect(only(fleet({}, { listeners: [listeners[0]] }), "aws_globalaccelerator_listener")).toMatchObject({
      client_affinity: "NONE",
    });
    const sticky = fleet({}, { listeners: [listeners[0]], clientAffinity: "source-ip" });
    expect(only(sticky, "aws_globalaccelerator_listener")).toMatchObject({ client_affinity: "SOURCE_IP" });
    expect(only(sticky, "aws_lb_target_group")).toMatchObject({
      stickiness: { type: "source_ip", enabled: true },
    });
  });

  test("cannot be destroyed by a plan where addresses are protected", () => {
    const guard = (stack: StackJson) => only(stack, "aws_globalaccelerator_accelerator")["lifecycle"];
    expect(guard(fleet({}, { protect: true }))).toEqual({ prevent_destroy: true });
    expect(guard(oneRegion)).toEqual({ prevent_destroy: false });
  });
});

describe("dual stack", () => {
  test("goes all the way, from the accelerator to the subnets", () => {
    expect(only(dualStack, "aws_globalaccelerator_accelerator")).toMatchObject({
      ip_address_type: "DUAL_STACK",
    });
    expect(only(dualStack, "aws_lb")).toMatchObject({ ip_address_type: "dualstack" });
    expect(only(dualStack, "aws_vpc")).toMatchObject({ assign_generated_ipv6_cidr_block: true });
    expect(resources(dualStack, "aws_subnet")[1]).toMatchObject({ assign_ipv6_address_on_creation: true });
    expect(resources(dualStack, "aws_route").map((route) => route["destination_ipv6_cidr_block"])).toContain(
      "::/0",
    );
    const open = resources(dualStack, "aws_vpc_security_group_ingress_rule").map((rule) => rule["cidr_ipv6"]);
    expect(open).toContain("::/0");
  });

  test("has an address of each family; IPv4 alone has one", () => {
    expect(Object.keys(dualStack.output)).toContain("anycast_ipv6");
    expect(Object.keys(oneRegion.output)).not.toContain("anycast_ipv6");
  });
});

describe("the sandbox", () => {
  test("has credentials that open nothing, and an account that cannot exist", () => {
    for (const provider of oneRegion.provider["aws"] ?? []) {
      expect(provider).toMatchObject({
        access_key: "sandbox",
        secret_key: "sandbox",
        allowed_account_ids: ["000000000000"],
      });
    }
  });

  test("is the only environment with credentials in its provider blocks", () => {
    for (const provider of fleet({}, { sandbox: false }).provider["aws"] ?? []) {
      expect(Object.keys(provider).sort()).toEqual(["alias", "default_tags", "region"]);
    }
  });
});
