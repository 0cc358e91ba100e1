import type { OpenPorts } from "../../fleet/cloud-life";
import { LAST_PORT, openPorts, type Door } from "../../fleet/open-ports";
import type { CloudObjects, Values } from "../../fleet/simulation";
import { count, text, texts } from "./simulation-cloud";
import { targetsOf } from "./simulation-load-balancer";

/** One rule of a security group's, of whom it is about. */
interface Rule extends Pick<OpenPorts, "from" | "to"> {
  readonly group: string;
  readonly direction: "in" | "out";
  /** `tcp`, `udp`, `-1`. */
  readonly protocol: string;
  readonly about: readonly string[];
}

const EVERYBODY = { ipv4: "0.0.0.0/0", ipv6: "::/0" } as const;

/**
 * What everybody reaches of instances: at their own public addresses, or through their load balancers, which speak IPv4 to
 * them. A load balancer with security groups comes to its targets as these; one without comes as the client.
 * https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-security-groups.html
 *
 * @param groups the instances' security groups.
 * @param targetGroups ARNs of the target groups that they are in.
 */
export function openPortsOf(
  groups: readonly string[],
  targetGroups: readonly string[],
  objects: CloudObjects,
): readonly OpenPorts[] {
  const rules = rulesIn(objects);
  const balancers = groupsOfBalancers(targetGroups, objects);
  const admits = (
    ofGroups: readonly string[],
    direction: Rule["direction"],
    others: readonly string[],
    { protocol, port }: Door,
  ): boolean =>
    rules.some(
      (rule) =>
        ofGroups.includes(rule.group) &&
        rule.direction === direction &&
        ["-1", protocol.toLowerCase()].includes(rule.protocol) &&
        rule.about.some((each) => others.includes(each)) &&
        port >= rule.from &&
        port <= rule.to,
    );
  return openPorts(rules, (door) => {
    const clients = [EVERYBODY[door.family]];
    const passesOn = (balancer: readonly string[]): boolean =>
      admits(balancer, "in", clients, door) &&
      admits(balancer, "out", [...groups, EVERYBODY.ipv4], door) &&
      admits(groups, "in", [...balancer, EVERYBODY.ipv4], door);
    return admits(groups, "in", clients, door) || balancers.some(passesOn);
  });
}

/** The security groups of each load balancer that leads to a target group. */
function groupsOfBalancers(
  targetGroups: readonly string[],
  objects: CloudObjects,
): readonly (readonly string[])[] {
  const listeners = objects
    .list("aws_lb_listener")
    .filter(({ attributes }) => targetsOf(attributes).some((arn) => targetGroups.includes(arn)));
  const arns = listeners.map(({ attributes }) => text(attributes["load_balancer_arn"]));
  return objects
    .list("aws_lb")
    .filter(({ attributes }) => arns.includes(text(attributes["arn"])))
    .map(({ attributes }) => texts(attributes["security_groups"]));
}

const RULES = [
  ["aws_vpc_security_group_ingress_rule", "in"],
  ["aws_vpc_security_group_egress_rule", "out"],
] as const;

/** Rules of their own; those that stand within a security group, which no fleet has, are not read. */
function rulesIn(objects: CloudObjects): readonly Rule[] {
  return RULES.flatMap(([type, direction]) =>
    objects.list(type).map(({ attributes: rule }) => ({
      group: text(rule["security_group_id"]),
      direction,
      protocol: text(rule["ip_protocol"]),
      about: ["cidr_ipv4", "cidr_ipv6", "referenced_security_group_id"].map((name) => text(rule[name])),
      ...rangeOf(rule),
    })),
  );
}

function rangeOf(rule: Values): Pick<OpenPorts, "from" | "to"> {
  if (rule["ip_protocol"] === "-1") return { from: 1, to: LAST_PORT };
  return { from: count(rule["from_port"]), to: count(rule["to_port"]) };
}
