import type { Environment } from "../constructs/fleet/environment";

/** Name of the stack with the names that lead to the fleets. */
export const EDGE_DNS = "edge-dns";

/** Name of a fleet's stack. */
export function fleetStackName(fleet: string): string {
  return `${fleet}-fleet`;
}

/** Names of an environment's fleet stacks. */
export function fleetStackNames({ fleets }: Pick<Environment, "fleets">): readonly string[] {
  return fleets.map(({ name }) => fleetStackName(name));
}
