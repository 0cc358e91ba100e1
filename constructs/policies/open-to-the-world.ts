import { isIP } from "node:net";
import type { PolicyContext } from "./policy-rule";

/** Where administrators log in: SSH. */
export const ADMINISTRATIVE_PORTS: readonly number[] = [22];

/**
 * Networks that are larger than this are the world: two halves of it are as open as the whole. The largest blocks that
 * the registries ever gave to one organisation are a /8, and a /16 of IPv6 (https://www.iana.org/numbers).
 */
const LARGEST_NETWORK = { 4: 8, 6: 16 } as const;

/** Whether a network in CIDR notation is the world, or most of it. A reference is not known yet, so it is not. */
export function isWorld(cidr: string): boolean {
  const [address = "", bits = ""] = cidr.split("/");
  const family = isIP(address);
  return (family === 4 || family === 6) && /^\d+$/.test(bits) && Number(bits) < LARGEST_NETWORK[family];
}

/** Administrative ports within a range, but for those on which the environment has its tunnel server. */
export function openAdministrativePorts(
  from: number,
  to: number,
  { listeners }: Pick<PolicyContext, "listeners">,
): readonly number[] {
  const tunnels = listeners.filter(({ role, protocol }) => role === "tunnel" && protocol === "TCP");
  return ADMINISTRATIVE_PORTS.filter(
    (port) =>
      port >= from && port <= to && !(from === to && tunnels.some((listener) => listener.port === port)),
  );
}
