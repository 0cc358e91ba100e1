import type { AnycastPort, OpenPorts } from "./cloud-life";
import { nodeFileFrom } from "./cloud-init";

/** One port of a node, as a client comes to it. */
export type Door = Pick<OpenPorts, "family" | "protocol"> & { readonly port: number };

const FAMILIES = ["ipv4", "ipv6"] as const;
const PROTOCOLS = ["TCP", "UDP"] as const;
export const LAST_PORT = 65_535;

/** The way to a port of an address. */
export function doorAt({
  address,
  protocol,
  port,
}: Pick<AnycastPort, "address" | "protocol" | "port">): Door {
  return { family: address.includes(":") ? "ipv6" : "ipv4", protocol, port };
}

export function letsIn(open: readonly OpenPorts[], { family, protocol, port }: Door): boolean {
  return open.some(
    (each) => each.family === family && each.protocol === protocol && port >= each.from && port <= each.to,
  );
}

/**
 * What a firewall lets in.
 * @param rules the ranges of ports that its rules are about, whatever they say of them.
 * @param isOpen what all rules together say of one port.
 */
export function openPorts(
  rules: readonly Pick<OpenPorts, "from" | "to">[],
  isOpen: (door: Door) => boolean,
): readonly OpenPorts[] {
  // Between two edges all ports are alike.
  const edges = [...new Set([1, ...rules.flatMap(({ from, to }) => [from, to + 1])])]
    .filter((port) => port >= 1 && port <= LAST_PORT)
    .toSorted((one, other) => one - other);
  return FAMILIES.flatMap((family) =>
    PROTOCOLS.flatMap((protocol) => {
      const open: OpenPorts[] = [];
      for (const [index, from] of edges.entries()) {
        if (!isOpen({ family, protocol, port: from })) continue;
        const to = (edges[index + 1] ?? LAST_PORT + 1) - 1;
        const before = open.at(-1)?.to === from - 1 ? open.pop() : undefined;
        open.push({ family, protocol, from: before?.from ?? from, to });
      }
      return open;
    }),
  );
}

/** Where the cloud has no firewall, the node's own lets clients in at its listeners alone, which its node file names. */
export function ownFirewall(userData: string): readonly OpenPorts[] {
  const file = nodeFileFrom(userData);
  const listeners = "found" in file ? file.found.listeners : [];
  return FAMILIES.flatMap((family) =>
    listeners.map(({ protocol, port }) => ({ family, protocol, from: port, to: port })),
  );
}
