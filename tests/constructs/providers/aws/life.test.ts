import type { Alarm, AnycastPort, NodeGroup } from "../../../../constructs/fleet/cloud-life";
import type { CloudObjects, Values } from "../../../../constructs/fleet/simulation";
import { alarms } from "../../../../constructs/providers/aws/life-alarms";
import { anycast } from "../../../../constructs/providers/aws/life-anycast";
import { nodeGroups } from "../../../../constructs/providers/aws/life-node-groups";
import { REGION_POSITIONS } from "../../../../constructs/providers/aws/region-positions";
import { REGION_ZONES } from "../../../../constructs/providers/aws/regions";
import { aws } from "../../../../constructs/providers/aws/simulation";
import { cloudObjects } from "../../cloud-objects";

const ELB = "arn:aws:elasticloadbalancing:us-east-1:000000000000";
const balancer = (name: string): Values => ({
  id: `${ELB}:loadbalancer/net/${name}/1`,
  arn: `${ELB}:loadbalancer/net/${name}/1`,
  arn_suffix: `net/${name}/1`,
});
const targets = (name: string, check: Values = {}): Values => ({
  id: `${ELB}:targetgroup/${name}/1`,
  arn: `${ELB}:targetgroup/${name}/1`,
  arn_suffix: `targetgroup/${name}/1`,
  health_check: [
    {
      path: "/healthz",
      interval: 10,
      timeout: 6,
      healthy_threshold: 2,
      unhealthy_threshold: 3,
      ...check,
    },
  ],
});
const listener = (lb: string, port: number, protocol: string, ...groups: string[]): Values => ({
  id: `${lb}:${String(port)}`,
  load_balancer_arn: `${ELB}:loadbalancer/net/${lb}/1`,
  port,
  protocol,
  default_action: groups.map((name) => ({
    type: "forward",
    target_group_arn: `${ELB}:targetgroup/${name}/1`,
  })),
});
const groupArn = (name: string, region = "us-east-1"): string =>
  `arn:aws:autoscaling:${region}:000000000000:autoScalingGroup:1:autoScalingGroupName/${name}`;
const group = (name: string, changes: Values = {}): Values => ({
  id: name,
  arn: groupArn(name),
  desired_capacity: 2,
  target_group_arns: [`${ELB}:targetgroup/${name}/1`],
  launch_template: [{ id: "lt-1", name: "edge", version: "1" }],
  health_check_type: "ELB",
  health_check_grace_period: 180,
  default_instance_warmup: 0,
  instance_refresh: [],
  ...changes,
});
const version = (number: number, image: string, userData: string): Values => ({
  id: `lt-1/${String(number)}`,
  image_id: image,
  user_data: Buffer.from(userData).toString("base64"),
});

describe("where AWS's regions stand", () => {
  test("is known of each that a site can be in", () => {
    expect(Object.keys(REGION_POSITIONS).toSorted()).toEqual(Object.keys(REGION_ZONES).toSorted());
  });

  test.each(Object.entries(REGION_POSITIONS))("%s: on the globe, to one decimal", (_, position) => {
    for (const [degrees, limit] of [
      [position.latitude, 90],
      [position.longitude, 180],
    ] as const) {
      expect(Math.abs(degrees)).toBeLessThanOrEqual(limit);
      expect(Number(degrees.toFixed(1))).toBe(degrees);
    }
  });

  test("no two at one place, and each on its side of the globe", () => {
    const places = Object.values(REGION_POSITIONS).map((position) => JSON.stringify(position));
    expect(new Set(places).size).toBe(places.length);
    for (const [region, { latitude, longitude }] of Object.entries(REGION_POSITIONS)) {
      expect(longitude < -30).toBe(/^(us|ca|sa)-/.test(region));
      expect(latitude < 0).toBe(/^sa-|^af-south|^ap-southeast-2/.test(region));
    }
  });
});

describe("node groups: auto scaling groups", () => {
  const objects = (
    changes: Values = {},
    more: Readonly<Record<string, readonly Values[]>> = {},
  ): CloudObjects =>
    cloudObjects({
      aws_autoscaling_group: [group("edge", changes)],
      aws_lb_target_group: [targets("edge")],
      aws_launch_template: [{ id: "lt-1", latest_version: 2, default_version: 1 }],
      aws_launch_template_version: [version(1, "ami-1", "#one"), version(2, "ami-2", "#two")],
      ...more,
    });
  const only = (from: CloudObjects): NodeGroup => {
    const [first, ...others] = nodeGroups(from);
    if (first === undefined || others.length > 0) throw new Error(`${String(others.length)} others`);
    return first;
  };

  test("are known by their ARN, which no other group ever has", () => {
    expect(only(objects()).id).toBe(groupArn("edge"));
  });

  test("stand in their region", () => {
    const there = only(objects({ arn: groupArn("edge", "eu-central-1") }));
    expect(there.location).toBe("eu-central-1");
    expect(there.position).toEqual({ latitude: 50.1, longitude: 8.7 });
  });

  test("in a region that no site can be in stand somewhere", () => {
    expect(only(objects({ arn: groupArn("edge", "xx-west-1") })).position).toEqual({
      latitude: 0,
      longitude: 0,
    });
  });

  test("have as many nodes as are desired, named as EC2 names instances", () => {
    const { nodes, newName } = only(objects({ desired_capacity: 5 }));
    expect(nodes).toBe(5);
    expect(newName()).toMatch(/^i-0[0-9a-f]{16}$/);
    expect(newName()).not.toBe(newName());
  });

  test.each<[string, string, string, string]>([
    ["the version that the group names", "1", "ami-1", "#one"],
    ["another one", "2", "ami-2", "#two"],
    ["the newest", "$Latest", "ami-2", "#two"],
    ["the default", "$Default", "ami-1", "#one"],
    ["a version that is not there: nothing starts", "3", "", ""],
  ])("template: %s", (_, wanted, image, userData) => {
    const launch = [{ id: "lt-1", name: "edge", version: wanted }];
    expect(only(objects({ launch_template: launch })).template).toEqual({ image, userData });
  });

  test("whose template is gone start nothing", () => {
    const gone = { aws_launch_template: [], aws_launch_template_version: [] };
    expect(only(objects({}, gone)).template).toEqual({ image: "", userData: "" });
  });

  describe("replacement", () => {
    const refresh = (preferences: Values[], changes: Values = {}) =>
      only(objects({ instance_refresh: [{ strategy: "Rolling", preferences }], ...changes })).replacement;

    test("there is none without an instance refresh", () => {
      expect(only(objects()).replacement).toEqual({ kind: "none" });
    });

    test("is what the instance refresh prefers", () => {
      const preferences = {
        min_healthy_percentage: 100,
        max_healthy_percentage: 150,
        instance_warmup: "120",
        checkpoint_percentages: [50, 100],
        checkpoint_delay: "300",
      };
      expect(refresh([preferences])).toEqual({
        kind: "rolling",
        minHealthyPercent: 100,
        maxHealthyPercent: 150,
        warmupSeconds: 120,
        checkpoints: [50, 100],
        checkpointDelaySeconds: 300,
      });
    });

    const defaults = {
      kind: "rolling",
      minHealthyPercent: 90,
      maxHealthyPercent: 100,
      warmupSeconds: 180,
      checkpoints: [],
      checkpointDelaySeconds: 3600,
    };
    test("without preferences is AWS's own, warming up as long as the grace period", () => {
      expect(refresh([])).toEqual(defaults);
      const empty = {
        min_healthy_percentage: null,
        max_healthy_percentage: null,
        instance_warmup: "",
        checkpoint_percentages: null,
        checkpoint_delay: "",
      };
      expect(refresh([empty])).toEqual(defaults);
    });

    test("a group's own warm-up comes before its grace period", () => {
      expect(refresh([], { default_instance_warmup: 30 })).toEqual({ ...defaults, warmupSeconds: 30 });
    });

    test("zero is a preference too", () => {
      expect(
        refresh([{ min_healthy_percentage: 0, instance_warmup: "0", checkpoint_delay: "0" }]),
      ).toMatchObject({ minHealthyPercent: 0, warmupSeconds: 0, checkpointDelaySeconds: 0 });
    });
  });

  describe("health check and healing", () => {
    test("traffic follows the target group's check", () => {
      expect(only(objects()).healthCheck).toEqual({
        path: "/healthz",
        intervalSeconds: 10,
        timeoutSeconds: 6,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      });
    });

    test("of several target groups the first, whatever their order", () => {
      const several = { aws_lb_target_group: [targets("edge"), targets("b", { path: "/b" })] };
      const arns = [`${ELB}:targetgroup/edge/1`, `${ELB}:targetgroup/b/1`];
      for (const target_group_arns of [arns, arns.toReversed()])
        expect(only(objects({ target_group_arns }, several)).healthCheck.path).toBe("/b");
    });

    test("without a target group there is EC2's own check, each minute", () => {
      expect(only(objects({ target_group_arns: [] })).healthCheck).toMatchObject({
        path: "",
        intervalSeconds: 60,
      });
    });

    test("ELB: an unhealthy node is replaced, after its grace period", () => {
      expect(only(objects()).healing).toEqual({
        action: "replace",
        on: "unhealthy",
        afterSeconds: 0,
        graceSeconds: 180,
      });
    });

    test("EC2: only a node that does not run is replaced", () => {
      expect(only(objects({ health_check_type: "EC2", health_check_grace_period: 0 })).healing).toEqual({
        action: "replace",
        on: "dead",
        afterSeconds: 60,
        graceSeconds: 0,
      });
    });
  });
});

describe("anycast ports: accelerators", () => {
  const endpoints = (of: string, lb: string, changes: Values = {}): Values => ({
    id: `${of}-${lb}`,
    listener_arn: of,
    traffic_dial_percentage: 100,
    endpoint_configuration: [{ endpoint_id: `${ELB}:loadbalancer/net/${lb}/1`, weight: 128 }],
    port_override: [],
    ...changes,
  });
  const front = (id: string, protocol: string, from: number, to = from): Values => ({
    id,
    accelerator_arn: "accelerator",
    protocol,
    port_range: [{ from_port: from, to_port: to }],
  });
  const world = (changes: Readonly<Record<string, readonly Values[]>> = {}): CloudObjects =>
    cloudObjects({
      aws_globalaccelerator_accelerator: [
        { id: "accelerator", enabled: true, ip_sets: [{ ip_family: "IPv4", ip_addresses: ["192.0.2.1"] }] },
      ],
      aws_globalaccelerator_listener: [front("tcp", "TCP", 443)],
      aws_globalaccelerator_endpoint_group: [endpoints("tcp", "a")],
      aws_lb: [balancer("a"), balancer("b")],
      aws_lb_listener: [listener("a", 443, "TCP", "edge"), listener("b", 443, "TCP", "other")],
      aws_lb_target_group: [targets("edge"), targets("other")],
      aws_autoscaling_group: [group("edge"), group("other")],
      ...changes,
    });
  const backends = (changes: Readonly<Record<string, readonly Values[]>>) =>
    anycast(world(changes)).map((port) => port.backends);
  const edge = { group: groupArn("edge"), percent: 100 };

  test("lead through listener, endpoints, load balancer and target group to the nodes", () => {
    expect(anycast(world())).toEqual<AnycastPort[]>([
      { address: "192.0.2.1", port: 443, protocol: "TCP", failOpen: true, backends: [edge] },
    ]);
  });

  test("are on every address, of both families", () => {
    const sets = [
      { ip_family: "IPv4", ip_addresses: ["192.0.2.1", "198.51.100.1"] },
      { ip_family: "IPv6", ip_addresses: ["2001:db8:a::1"] },
    ];
    const dual = [{ id: "accelerator", enabled: true, ip_sets: sets }];
    const found = anycast(world({ aws_globalaccelerator_accelerator: dual }));
    expect(found.map(({ address }) => address)).toEqual(["192.0.2.1", "198.51.100.1", "2001:db8:a::1"]);
    expect(found.every((port) => port.backends.length === 1)).toBe(true);
  });

  test("every port of a range is one", () => {
    const found = anycast(world({ aws_globalaccelerator_listener: [front("tcp", "TCP", 442, 444)] }));
    expect(found.map(({ port, backends: behind }) => [port, behind.length])).toEqual([
      [442, 0],
      [443, 1],
      [444, 0],
    ]);
  });

  test("a disabled accelerator leads nowhere, and has no ports", () => {
    const off = [{ id: "accelerator", enabled: false, ip_sets: [{ ip_addresses: ["192.0.2.1"] }] }];
    expect(anycast(world({ aws_globalaccelerator_accelerator: off }))).toEqual([]);
  });

  test("another accelerator's listener is not its own", () => {
    const other = { ...front("tcp", "TCP", 443), accelerator_arn: "another" };
    expect(anycast(world({ aws_globalaccelerator_listener: [other] }))).toEqual([]);
  });

  test.each<[string, string, string, boolean]>([
    ["TCP to TCP", "TCP", "TCP", true],
    ["TCP to TCP_UDP", "TCP", "TCP_UDP", true],
    ["TCP to TLS", "TCP", "TLS", true],
    ["TCP to UDP", "TCP", "UDP", false],
    ["UDP to UDP", "UDP", "UDP", true],
    ["UDP to TCP_UDP", "UDP", "TCP_UDP", true],
    ["UDP to TCP", "UDP", "TCP", false],
    ["UDP to TLS", "UDP", "TLS", false],
  ])("protocols: %s", (_, from, to, leads) => {
    const [found] = anycast(
      world({
        aws_globalaccelerator_listener: [front("tcp", from, 443)],
        aws_lb_listener: [listener("a", 443, to, "edge")],
      }),
    );
    expect(found?.protocol).toBe(from);
    expect(found?.backends).toEqual(leads ? [edge] : []);
  });

  test("a weight of zero gets nothing, whatever else is down", () => {
    const drained = { endpoint_id: `${ELB}:loadbalancer/net/a/1`, weight: 0 };
    const group = endpoints("tcp", "a", { endpoint_configuration: [drained] });
    expect(backends({ aws_globalaccelerator_endpoint_group: [group] })).toEqual([[]]);
  });

  test("a traffic dial of zero stays: it is where clients go when all others are unhealthy", () => {
    const dialed = [endpoints("tcp", "a", { traffic_dial_percentage: 0 }), endpoints("tcp", "b")];
    expect(backends({ aws_globalaccelerator_endpoint_group: dialed })).toEqual([
      [
        { group: groupArn("edge"), percent: 0 },
        { group: groupArn("other"), percent: 100 },
      ],
    ]);
  });

  test("a port may be another one at the load balancer", () => {
    const overridden = endpoints("tcp", "a", {
      port_override: [{ listener_port: 443, endpoint_port: 8443 }],
    });
    const moved = { aws_globalaccelerator_endpoint_group: [overridden] };
    expect(backends(moved)).toEqual([[]]);
    expect(backends({ ...moved, aws_lb_listener: [listener("a", 8443, "TCP", "edge")] })).toEqual([[edge]]);
  });

  test.each<[string, Readonly<Record<string, readonly Values[]>>]>([
    ["no endpoint group", { aws_globalaccelerator_endpoint_group: [] }],
    [
      "an endpoint that is no load balancer here",
      { aws_globalaccelerator_endpoint_group: [endpoints("tcp", "x")] },
    ],
    ["another listener's endpoint group", { aws_globalaccelerator_endpoint_group: [endpoints("udp", "a")] }],
    ["no listener at the load balancer", { aws_lb_listener: [] }],
    ["a target group without nodes", { aws_autoscaling_group: [group("other")] }],
  ])("%s: a port without backends", (_, changes) => {
    expect(backends(changes)).toEqual([[]]);
  });

  test("a group behind two endpoints is one backend", () => {
    const twice = [listener("a", 443, "TCP", "edge"), listener("b", 443, "TCP", "edge")];
    const both = endpoints("tcp", "a", {
      endpoint_configuration: ["a", "b"].map((lb) => ({
        endpoint_id: `${ELB}:loadbalancer/net/${lb}/1`,
        weight: 1,
      })),
    });
    expect(backends({ aws_lb_listener: twice, aws_globalaccelerator_endpoint_group: [both] })).toEqual([
      [edge],
    ]);
  });
});

describe("alarms: CloudWatch's metric alarms", () => {
  const dimensions = { TargetGroup: "targetgroup/edge/1", LoadBalancer: "net/a/1" };
  const alarm = (changes: Values = {}): Values => ({
    id: "few-nodes",
    arn: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:few-nodes",
    alarm_name: "few-nodes",
    namespace: "AWS/NetworkELB",
    metric_name: "HealthyHostCount",
    dimensions,
    statistic: "Minimum",
    extended_statistic: null,
    period: 60,
    evaluation_periods: 5,
    datapoints_to_alarm: 3,
    comparison_operator: "LessThanThreshold",
    threshold: 2,
    threshold_metric_id: null,
    treat_missing_data: "breaching",
    ...changes,
  });
  const only = (changes: Values = {}): Alarm | undefined =>
    alarms(
      cloudObjects({
        aws_cloudwatch_metric_alarm: [alarm(changes)],
        aws_lb: [balancer("a"), balancer("b")],
        aws_lb_listener: [listener("a", 443, "TCP", "edge"), listener("b", 443, "TCP", "other")],
        aws_lb_target_group: [targets("edge"), targets("other")],
        aws_autoscaling_group: [group("edge"), group("other")],
      }),
    )[0];

  test("watch the nodes behind a target group", () => {
    expect(only()).toEqual<Alarm>({
      id: "arn:aws:cloudwatch:us-east-1:000000000000:alarm:few-nodes",
      name: "few-nodes",
      metric: { kind: "healthy-nodes", groups: [groupArn("edge")] },
      statistic: "minimum",
      periodSeconds: 60,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      comparison: "<",
      threshold: 2,
      missingData: "breaching",
    });
  });

  test("unhealthy nodes are the other metric", () => {
    expect(only({ metric_name: "UnHealthyHostCount" })).toMatchObject({
      metric: { kind: "unhealthy-nodes", groups: [groupArn("edge")] },
    });
  });

  test.each<[string, Alarm["comparison"]]>([
    ["LessThanThreshold", "<"],
    ["LessThanOrEqualToThreshold", "<="],
    ["GreaterThanThreshold", ">"],
    ["GreaterThanOrEqualToThreshold", ">="],
  ])("%s is %s", (comparison_operator, comparison) => {
    expect(only({ comparison_operator })).toMatchObject({
      comparison,
      metric: { groups: [groupArn("edge")] },
    });
  });

  test.each<[string, Alarm["statistic"]]>([
    ["Minimum", "minimum"],
    ["Maximum", "maximum"],
    ["Average", "average"],
    ["Sum", "sum"],
  ])("%s is %s", (given, statistic) => {
    expect(only({ statistic: given })).toMatchObject({ statistic, metric: { groups: [groupArn("edge")] } });
  });

  test.each<[string, Alarm["missingData"]]>([
    ["breaching", "breaching"],
    ["notBreaching", "notBreaching"],
    ["NOTBREACHING", "notBreaching"],
    ["ignore", "ignore"],
    ["missing", "missing"],
    ["", "missing"],
  ])('missing data "%s" is %s', (given, missingData) => {
    expect(only({ treat_missing_data: given })?.missingData).toBe(missingData);
  });

  test.each([null, 0])("all periods must breach unless it says how many (%s)", (datapoints_to_alarm) => {
    expect(only({ datapoints_to_alarm })?.datapointsToAlarm).toBe(5);
  });

  test("an alarm on an expression, whose metrics have periods of their own, is evaluated each minute", () => {
    expect(only({ period: 0, metric_name: "" })).toMatchObject({ periodSeconds: 60 });
  });

  test.each<[string, Values]>([
    ["another namespace", { namespace: "AWS/ApplicationELB" }],
    ["another metric", { metric_name: "ActiveFlowCount" }],
    ["an expression", { metric_name: null, namespace: null, metric_query: [{ id: "e", expression: "1" }] }],
    ["a percentile", { statistic: "", extended_statistic: "p90" }],
    ["a number of samples", { statistic: "SampleCount" }],
    ["an anomaly", { comparison_operator: "LessThanLowerThreshold", threshold_metric_id: "e" }],
    ["another metric as threshold", { threshold_metric_id: "e" }],
    ["an expression that is not understood", metricMath("100 * failed / all")],
    ["no dimensions", { dimensions: null }],
    ["the target group alone", { dimensions: { TargetGroup: dimensions.TargetGroup } }],
    ["one zone", { dimensions: { ...dimensions, AvailabilityZone: "us-east-1a" } }],
    ["a target group that is not there", { dimensions: { ...dimensions, TargetGroup: "targetgroup/x/1" } }],
    ["a load balancer that is not there", { dimensions: { ...dimensions, LoadBalancer: "net/x/1" } }],
    ["the load balancer of others", { dimensions: { ...dimensions, LoadBalancer: "net/b/1" } }],
  ])("%s has no data", (_, changes) => {
    const { metric } = only(changes) ?? {};
    expect([{ kind: "unmeasured" }, { kind: "healthy-nodes", groups: [] }]).toContainEqual(metric);
  });

  describe("on what nodes write", () => {
    const filter = (changes: Values = {}, transformation: Values = {}): Values => ({
      name: "healthy",
      log_group_name: "/polycast/test/edge",
      pattern: '{ ($.polycast = "health") && ($.healthy IS TRUE) }',
      metric_transformation: [
        { namespace: "Edge", name: "Healthy", value: "1", dimensions: { Site: "$.site" }, ...transformation },
      ],
      ...changes,
    });
    const watching = (filters: Values[], changes: Values = {}): Alarm["metric"] | undefined =>
      alarms(
        cloudObjects({
          aws_cloudwatch_metric_alarm: [
            alarm({ namespace: "Edge", metric_name: "Healthy", dimensions: { Site: "SEA" }, ...changes }),
          ],
          aws_cloudwatch_log_metric_filter: filters,
        }),
      )[0]?.metric;
    const line = (healthy: boolean, site: string): string =>
      JSON.stringify({ polycast: "health", healthy, site });

    test("counts the lines that a filter counts under its name, of its site", () => {
      const metric = watching([filter({}, { name: "Other" }), filter()]);
      expect(metric).toMatchObject({
        kind: "log-lines",
        logGroup: "/polycast/test/edge",
        region: "us-east-1",
      });
      const counts = metric?.kind === "log-lines" ? metric.counts : () => undefined;
      expect(counts(line(true, "SEA"))).toBe(true);
      expect(counts(line(false, "SEA"))).toBe(false);
      expect(counts(line(true, "AMS"))).toBe(false);
    });

    test.each<[string, Values[], Values]>([
      ["no filter", [], {}],
      ["a filter of another namespace", [filter({}, { namespace: "Other" })], {}],
      ["a filter without the dimension", [filter({}, { dimensions: {} })], {}],
      ["a filter that adds what stands in the line", [filter({}, { value: "$.size" })], {}],
      ["a pattern that is not understood", [filter({ pattern: "ERROR" })], {}],
      ["one more dimension", [filter()], { dimensions: { Site: "SEA", Node: "a" } }],
    ])("%s: no data", (_, filters, changes) => {
      expect(watching(filters, changes)).toEqual({ kind: "unmeasured" });
    });

    test("every line counts as an incoming event of its log group", () => {
      const metric = only({
        namespace: "AWS/Logs",
        metric_name: "IncomingLogEvents",
        dimensions: { LogGroupName: "/polycast/test/edge" },
      })?.metric;
      expect(metric).toMatchObject({ kind: "log-lines", logGroup: "/polycast/test/edge" });
      expect(metric?.kind === "log-lines" && metric.counts("anything")).toBe(true);
      expect(
        only({ namespace: "AWS/Logs", metric_name: "IncomingBytes", dimensions: { LogGroupName: "/x" } })
          ?.metric,
      ).toEqual({ kind: "unmeasured" });
    });

    test("a metric without dimensions is what others report", () => {
      expect(only({ namespace: "Edge", metric_name: "Pushes", dimensions: null })?.metric).toEqual({
        kind: "reported",
        name: "Edge Pushes",
      });
    });

    test("the share of failed connections is understood", () => {
      const changes = metricMath("IF(all < 20, 0, 100 * failed / all)");
      expect(watching([filter()], changes)).toMatchObject({
        kind: "percent",
        atLeast: 20,
        part: { kind: "log-lines" },
        of: { kind: "unmeasured" },
      });
      expect(watching([filter()], metricMath("IF(other < 20, 0, 100 * failed / all)"))).toEqual({
        kind: "unmeasured",
      });
    });
  });
});

/** An alarm on an expression over two metrics of which a filter counts the first. */
function metricMath(expression: string): Values {
  const metric = (name: string): Values[] => [
    { namespace: "Edge", metric_name: name, dimensions: { Site: "SEA" }, stat: "Sum", period: 60 },
  ];
  return {
    metric_name: null,
    namespace: null,
    period: 0,
    metric_query: [
      { id: "e", expression, return_data: true },
      { id: "failed", metric: metric("Healthy"), return_data: false },
      { id: "all", metric: metric("All"), return_data: false },
    ],
  };
}

test("an empty cloud has no life", () => {
  const nothing = cloudObjects({});
  expect(aws.life?.nodeGroups?.(nothing)).toEqual([]);
  expect(aws.life?.anycast?.(nothing)).toEqual([]);
  expect(aws.life?.alarms?.(nothing)).toEqual([]);
});
