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

/**
 * Whether a port is open to everybody: the first rule about it decides, of the policy with the lowest number. A policy
 * of inbound traffic without rules blocks all (the API's own description, `v1NetworkPolicySpec`). Where no rule decides,
 * the port is closed unless it asks for an implicit policy: that one "will have access to the public Internet"
 * (https://github.com/stackpath/terraform-provider-stackpath/blob/master/CHANGELOG.md, 1.1.0).
 */
export function isOpen(
  port: Port & { readonly implicit: boolean },
  workload: Values,
  policies: Values[],
): boolean {
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

/** No ports are all ports. */
function has({ destination_ports: ports }: Values, port: number): boolean {
  return texts(ports).length === 0 || texts(ports).includes(String(port));
}

function isFromAnywhere(from: Value | undefined): boolean {
  const sources = blocks(from);
  return (
    sources.length === 0 ||
    sources.some((source) => blocks(source["ip_block"]).some(({ cidr }) => cidr === "0.0.0.0/0"))
  );
}
