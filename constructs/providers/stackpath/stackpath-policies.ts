import { isWorld, openAdministrativePorts } from "../../policies/open-to-the-world";
import { noCredentialsInCode } from "../../policies/no-credentials-in-code";
import type { PolicyContext, PolicyRule } from "../../policies/policy-rule";

/** What a network policy says of one direction. */
interface Rule {
  readonly action?: string;
  /** Without one, every protocol. */
  readonly protocol?: { readonly tcp?: Tcp | readonly Tcp[] } & Readonly<Record<string, unknown>>;
  /** Without one, everybody. */
  readonly from?: From | readonly From[];
}
interface Tcp {
  /** Ports and ranges, `2000-2010`; without any, all of them. */
  readonly destination_ports?: readonly string[];
}
interface From {
  readonly ip_block?: IpBlock | readonly IpBlock[];
}
interface IpBlock {
  readonly cidr?: string;
}

const openSsh: PolicyRule = {
  id: "stackpath-no-open-ssh",
  severity: "high",
  demand: "No network policy opens SSH to the world",
  reason: "Nodes are replaced, not mended by hand; who must look goes through a network of their own.",
  types: ["stackpath_compute_network_policy"],
  violations({ attributes }, context) {
    return [(attributes["ingress"] as Rule | readonly Rule[] | undefined) ?? []]
      .flat()
      .flatMap((rule) => openIn(rule, context));
  },
};

function openIn({ action, protocol, from }: Rule, context: PolicyContext): readonly string[] {
  if (action !== "ALLOW") return [];
  const blocks = [from ?? []].flat().flatMap(({ ip_block: block }) => [block ?? []].flat());
  const open =
    from === undefined ? ["everybody"] : blocks.flatMap(({ cidr = "" }) => (isWorld(cidr) ? cidr : []));
  if (open.length === 0) return [];
  return rangesOf(protocol)
    .flatMap(([low, high]) => openAdministrativePorts(low, high, context))
    .map((port) => `port ${port} is open to ${open.join(", ")}`);
}

function rangesOf(protocol: Rule["protocol"]): readonly (readonly [number, number])[] {
  const everything = [[0, 65_535]] as const;
  if (protocol === undefined) return everything;
  return [protocol.tcp ?? []].flat().flatMap(({ destination_ports: ports }) =>
    ports === undefined || ports.length === 0
      ? everything
      : ports.map((range) => {
          const [low, high = low] = range.split("-").map(Number);
          return [low ?? 0, high ?? 0] as const;
        }),
  );
}

const labels: PolicyRule = {
  id: "stackpath-labels",
  severity: "medium",
  demand: "A workload has the label polycast-fleet",
  reason: "Its firewall chooses instances by this label: without it they have none.",
  types: ["stackpath_compute_workload"],
  violations({ attributes }) {
    const { "polycast-fleet": fleet } = (attributes["labels"] ?? {}) as Readonly<Record<string, unknown>>;
    return fleet === undefined ? ["it has no label polycast-fleet"] : [];
  },
};

/** What must hold for every fleet on StackPath. Its volumes have no setting for encryption. */
export const STACKPATH_POLICIES: readonly PolicyRule[] = [
  openSsh,
  labels,
  noCredentialsInCode("stackpath", ["client_id", "client_secret", "access_token"]),
];
