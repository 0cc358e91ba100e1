import { blocks, isEmpty, isTrue, texts } from "../../policies/blocks";
import { isWorld, openAdministrativePorts } from "../../policies/open-to-the-world";
import { noCredentialsInCode } from "../../policies/no-credentials-in-code";
import type { PolicyContext, PolicyObject, PolicyRule } from "../../policies/policy-rule";

type Attributes = PolicyObject["attributes"];

const openSsh: PolicyRule = {
  id: "stackpath-no-open-ssh",
  severity: "high",
  demand: "No network policy opens SSH to the world",
  reason: "Nodes are replaced, not mended by hand; who must look goes through a network of their own.",
  types: ["stackpath_compute_network_policy", "stackpath_compute_workload"],
  violations({ type, attributes }, context) {
    return type === "stackpath_compute_workload"
      ? openedByPorts(attributes, context)
      : blocks(attributes["ingress"]).flatMap((rule) => openIn(rule, context));
  },
};

function openIn({ action, protocol, from }: Attributes, context: PolicyContext): readonly string[] {
  if (String(action).toUpperCase() === "BLOCK") return [];
  const open = worldIn(from);
  if (open.length === 0) return [];
  return [
    ...new Set(rangesOf(protocol).flatMap(([low, high]) => openAdministrativePorts(low, high, context))),
  ].map((port) => `port ${port} is open to ${open.join(", ")}`);
}

/** Without senders, or with none that is named, everybody is one. */
function worldIn(from: unknown): readonly string[] {
  const senders = blocks(from).flatMap(Object.values).flatMap(blocks);
  if (senders.length === 0) return ["everybody"];
  return senders.map(({ cidr }) => String(cidr)).filter(isWorld);
}

/** Ports and ranges, `2000-2010`; without any, or without a protocol, all of them. */
function rangesOf(protocol: unknown): readonly (readonly [number, number])[] {
  const everything = [0, 65_535] as const;
  const protocols = blocks(protocol);
  if (protocols.every((each) => Object.keys(each).length === 0)) return [everything];
  return protocols
    .flatMap(({ tcp, tcp_udp: both }) => [...blocks(tcp), ...blocks(both)])
    .flatMap(({ destination_ports: ports }) => {
      const ranges = texts(ports);
      return ranges.length === 0 ? [everything] : ranges.map((range) => rangeOf(range) ?? everything);
    });
}

/** Undefined: it is known to Terraform only. */
function rangeOf(range: string): readonly [number, number] | undefined {
  const [, low, high = low] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
  return low === undefined ? undefined : [Number(low), Number(high)];
}

/** A port of a workload can bring a policy of its own, which lets everybody in. */
function openedByPorts(workload: Attributes, context: PolicyContext): readonly string[] {
  return [...blocks(workload["virtual_machine"]), ...blocks(workload["container"])]
    .flatMap(({ port }) => blocks(port))
    .filter((each) => isTrue(each["enable_implicit_network_policy"]) && each["protocol"] !== "UDP")
    .flatMap(({ port }) => openAdministrativePorts(Number(port), Number(port), context))
    .map((port) => `port ${port} is open to everybody by its implicit network policy`);
}

const labels: PolicyRule = {
  id: "stackpath-labels",
  severity: "medium",
  demand: "A workload has the label polycast-fleet",
  reason: "Its firewall chooses instances by this label: without it they have none.",
  types: ["stackpath_compute_workload"],
  violations({ attributes }) {
    const [given = {}] = blocks(attributes["labels"]);
    return isEmpty(given["polycast-fleet"]) ? ["it has no label polycast-fleet"] : [];
  },
};

/** What must hold for every fleet on StackPath. Its volumes have no setting for encryption. */
export const STACKPATH_POLICIES: readonly PolicyRule[] = [
  openSsh,
  labels,
  noCredentialsInCode("stackpath", ["client_id", "client_secret", "access_token"]),
];
