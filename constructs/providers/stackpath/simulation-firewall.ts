import type { OpenPorts } from "../../fleet/cloud-life";
import { LAST_PORT, openPorts } from "../../fleet/open-ports";
import type { Value, Values } from "../../fleet/simulation";
import { blocks, mapOf, text, texts } from "./simulation-values";

export const POLICY = "stackpath_compute_network_policy";

/** A label that every instance has: https://github.com/stackpath/terraform-provider-stackpath/blob/master/examples/full-compute-network-policy.tf */
const SLUG_LABEL = "workload.platform.stackpath.net/workload-slug";

/** A port of a workload's virtual machine. */
export interface Port {
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
}

/** One that may ask to be open where no policy says anything of it. */
export type ImplicitPort = Port & { readonly implicit: boolean };

/**
 * Whether a port is open to everybody: the first rule about it decides, of the policy with the lowest number. A policy
 * of inbound traffic without rules blocks all (the API's own description, `v1NetworkPolicySpec`). Where no rule decides,
 * the port is closed unless it asks for an implicit policy: that one "will have access to the public Internet"
 * (https://github.com/stackpath/terraform-provider-stackpath/blob/master/CHANGELOG.md, 1.1.0).
 */
export function isOpen(port: ImplicitPort, workload: Values, policies: Values[]): boolean {
  const decisions = policies
    .filter((policy) => texts(policy["policy_types"]).includes("INGRESS") && selects(policy, workload))
    .toSorted((a, b) => Number(a["priority"]) - Number(b["priority"]))
    .flatMap((policy) => {
      const rules = blocks(policy["ingress"]);
      if (rules.length === 0) return ["BLOCK"];
      return rules.filter((rule) => isAbout(rule, port)).map(({ action }) => text(action));
    });
  return decisions[0] === undefined ? port.implicit : decisions[0] === "ALLOW";
}

type Range = Pick<OpenPorts, "from" | "to">;

/** What everybody reaches of a workload's instances. Its networks are IPv4's. */
export function openPortsOf(
  ports: readonly ImplicitPort[],
  workload: Values,
  policies: Values[],
): readonly OpenPorts[] {
  const ruled = policies
    .flatMap((policy) => blocks(policy["ingress"]))
    .flatMap((rule) => blocks(rule["protocol"]))
    .flatMap((protocol) => ["tcp", "udp", "tcp_udp"].flatMap((kind) => blocks(protocol[kind])))
    .flatMap(rangesOf);
  const own = ports.map(({ port }) => ({ from: port, to: port }));
  return openPorts([...ruled, ...own], ({ family, protocol, port }) => {
    const implicit = ports.some((each) => each.port === port && each.protocol === protocol && each.implicit);
    return family === "ipv4" && isOpen({ port, protocol, implicit }, workload, policies);
  });
}

/** A policy without selectors is for all instances. */
function selects(policy: Values, workload: Values): boolean {
  const labels: Values = { ...mapOf(workload["labels"]), [SLUG_LABEL]: workload["slug"] ?? null };
  return blocks(policy["instance_selector"]).every(
    ({ key, operator, values }) => operator === "in" && texts(values).includes(text(labels[text(key)])),
  );
}

/** Whether a rule is about this port and about traffic from anywhere, not only from some. */
function isAbout(rule: Values, { port, protocol }: Port): boolean {
  const protocols = blocks(rule["protocol"]);
  const kinds = protocol === "TCP" ? ["tcp", "tcp_udp"] : ["udp", "tcp_udp"];
  const isItsPort =
    protocols.length === 0 ||
    protocols.some((each) => kinds.some((kind) => blocks(each[kind]).some((options) => has(options, port))));
  return isItsPort && isFromAnywhere(rule["from"]);
}

function has(options: Values, port: number): boolean {
  return rangesOf(options).some(({ from, to }) => port >= from && port <= to);
}

/** Ports and ranges, `2000-2010`; no ports are all ports. */
function rangesOf({ destination_ports: ports }: Values): readonly Range[] {
  const given = texts(ports);
  if (given.length === 0) return [{ from: 1, to: LAST_PORT }];
  return given.map((each) => {
    const [from = NaN, to = from] = each.split("-").map(Number);
    return { from, to };
  });
}

function isFromAnywhere(from: Value | undefined): boolean {
  const sources = blocks(from);
  return (
    sources.length === 0 ||
    sources.some((source) => blocks(source["ip_block"]).some(({ cidr }) => cidr === "0.0.0.0/0"))
  );
}
