import { RENEW_SECONDS, type NodeEntry } from "../../sandbox/control-plane/protocol";

/** Older readings are out of date: a node that is well renews twice within this time. */
const FRESH_SECONDS = 2 * RENEW_SECONDS;

/** How many connections a fleet has, or why nobody knows. */
export type FleetConnections =
  | { readonly fleet: string; readonly connections: number }
  | { readonly fleet: string; readonly alarm: string };

/**
 * The sum over each fleet's nodes. Where one of them is silent, does not say its load, or said it nobody knows when, the
 * sum may be too small, and there is none.
 */
export function fleetConnections(
  fleets: readonly string[],
  nodes: readonly NodeEntry[],
): readonly FleetConnections[] {
  return fleets.map((fleet) => {
    const own = nodes.filter((node) => node.fleet === fleet);
    const silent = own.filter(({ silentSeconds = 0 }) => silentSeconds > FRESH_SECONDS);
    const mute = own.filter(({ connections }) => connections === undefined);
    const [first] = mute;
    if (own.length === 0) return { fleet, alarm: "none of its nodes is known to the control plane" };
    if (own.some(({ silentSeconds }) => silentSeconds === undefined))
      return { fleet, alarm: "the control plane does not say how old its nodes' readings are" };
    if (silent.length > 0) {
      const nodesOfIt = `${silent.length} of its ${own.length} nodes`;
      return { fleet, alarm: `${nodesOfIt} silent for more than ${FRESH_SECONDS} s` };
    }
    if (first !== undefined) {
      const others = mute.length === 1 ? "" : `, and ${mute.length - 1} more like it`;
      return { fleet, alarm: `its node ${first.name} reports no connections${others}` };
    }
    return { fleet, connections: own.reduce((sum, { connections = 0 }) => sum + connections, 0) };
  });
}
