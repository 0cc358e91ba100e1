import type { Values } from "../../../../constructs/fleet/simulation";
import { openPortsOf } from "../../../../constructs/providers/aws/life-open-ports";
import { cloudObjects } from "../../cloud-objects";

const ARN = "arn:aws:elasticloadbalancing:us-east-1:000000000000";
const rule = (group: string, changes: Values = {}): Values => ({
  security_group_id: group,
  ip_protocol: "tcp",
  from_port: 443,
  to_port: 443,
  cidr_ipv4: null,
  cidr_ipv6: null,
  referenced_security_group_id: null,
  ...changes,
});
const world = { cidr_ipv4: "0.0.0.0/0" };

/** A fleet's own rules: everybody to the load balancer, the load balancer to the nodes. */
const IN = [rule("lb", world), rule("nodes", { referenced_security_group_id: "lb" })];
const OUT = [rule("lb", { referenced_security_group_id: "nodes" })];

function open({
  ingress = IN,
  egress = OUT,
  groups = ["lb"],
}: {
  readonly ingress?: readonly Values[];
  readonly egress?: readonly Values[];
  /** The load balancer's. */
  readonly groups?: readonly string[];
} = {}): readonly string[] {
  const objects = cloudObjects({
    aws_vpc_security_group_ingress_rule: ingress,
    aws_vpc_security_group_egress_rule: egress,
    aws_lb: [{ arn: `${ARN}:lb`, security_groups: [...groups] }],
    aws_lb_listener: [
      { load_balancer_arn: `${ARN}:lb`, default_action: [{ target_group_arn: `${ARN}:targets` }] },
    ],
  });
  return openPortsOf(["nodes"], [`${ARN}:targets`], objects).map(
    ({ family, protocol, from, to }) => `${family} ${protocol} ${from}-${to}`,
  );
}

const HTTPS = "ipv4 TCP 443-443";

test("through the load balancer: where it lets in, passes on, and is let in", () => {
  expect(open()).toEqual([HTTPS]);
});

test.each<[string, Parameters<typeof open>[0]]>([
  ["the load balancer lets nobody in", { ingress: IN.slice(1) }],
  [
    "the load balancer lets some in",
    { ingress: [rule("lb", { cidr_ipv4: "192.0.2.0/24" }), ...IN.slice(1)] },
  ],
  ["the load balancer passes nothing on", { egress: [] }],
  ["the load balancer passes another port on", { egress: [{ ...OUT[0], from_port: 80, to_port: 80 }] }],
  ["the nodes let nobody in", { ingress: IN.slice(0, 1) }],
  [
    "the nodes let another group in",
    { ingress: [...IN.slice(0, 1), rule("nodes", { referenced_security_group_id: "x" })] },
  ],
  ["the load balancer has no group, and the nodes wait for one", { groups: [] }],
])("closed where %s", (_, changes) => {
  expect(open(changes)).toEqual([]);
});

test("the port of the health check is between the load balancer and the nodes alone", () => {
  const check = { from_port: 8080, to_port: 8080 };
  const ingress = [...IN, rule("nodes", { ...check, referenced_security_group_id: "lb" })];
  const egress = [...OUT, rule("lb", { ...check, referenced_security_group_id: "nodes" })];
  expect(open({ ingress, egress })).toEqual([HTTPS]);
});

test("clients over IPv6 need a rule of theirs at the load balancer only", () => {
  expect(open({ ingress: [...IN, rule("lb", { cidr_ipv6: "::/0" })] })).toEqual([HTTPS, "ipv6 TCP 443-443"]);
});

test("nodes have public addresses, so a rule of theirs for everybody opens them", () => {
  expect(open({ ingress: [...IN, rule("nodes", { ...world, from_port: 8000, to_port: 9000 })] })).toEqual([
    HTTPS,
    "ipv4 TCP 8000-9000",
  ]);
});

test("a rule of every protocol is about every port", () => {
  const all = { ip_protocol: "-1", from_port: null, to_port: null };
  expect(open({ ingress: [rule("nodes", { ...world, ...all })] })).toEqual([
    "ipv4 TCP 1-65535",
    "ipv4 UDP 1-65535",
  ]);
});
