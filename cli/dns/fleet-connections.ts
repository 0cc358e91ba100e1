import { RENEW_SECONDS, type NodeEntry } from "../../sandbox/control-plane/protocol";

/** Older readings are out of date: a node that is well renews twice within this time. */
const FRESH_SECONDS = 2 * RENEW_SECONDS;

/** How many connections a fleet has, or why nobody knows. */
export type FleetConnections =
  | { readonly fleet: string; readonly connections: number }
  | { readonly fleet: string; readonly alarm: string };

/**
 * The sum over each fleet's nodes. A node that has fallen silent carries nobody any more, or soon will not, and does not
 * count; where one that is not silent says nothing of its load, the sum would be too small, and there is none.
 */
export function fleetConnections(
  fleets: readonly string[],
  nodes: readonly NodeEntry[],
): readonly FleetConnections[] {
  return fleets.map((fleet) => {
    const own = nodes.filter((node) => node.fleet === fleet);
    const fresh = own.filter(({ silentSeconds = 0 }) => silentSeconds <= FRESH_SECONDS);
    const mute = fresh.filter(({ connections }) => connections === undefined);
    const [first] = mute;
    if (own.length === 0) return { fleet, alarm: "none of its nodes is known to the control plane" };
    if (fresh.length === 0)
      return { fleet, alarm: `all of its nodes have been silent for more than ${FRESH_SECONDS} s` };
    if (first !== undefined) {
      const others = mute.length === 1 ? "" : `, and ${mute.length - 1} more like it`;
      return { fleet, alarm: `its node ${first.name} reports no connections${others}` };
    }
    return { fleet, connections: fresh.reduce((sum, { connections = 0 }) => sum + connections, 0) };
  });
}
