import type { Environment } from "../constructs/fleet/environment";

/** Name of the stack with the names that lead to the fleets. */
export const EDGE_DNS = "edge-dns";

/** Name of the stack with what watches the fleets. */
export const MANAGEMENT = "management";

/** Name of a fleet's stack. */
export function fleetStackName(fleet: string): string {
  return `${fleet}-fleet`;
}

/** Names of an environment's fleet stacks. */
export function fleetStackNames({ fleets }: Pick<Environment, "fleets">): readonly string[] {
  return fleets.map(({ name }) => fleetStackName(name));
}

/** Name of the stack with a provider's image. */
export function imageStackName(provider: string): string {
  return `${provider}-image`;
}

/** Names of an environment's image stacks, one a provider whose images are built. */
export function imageStackNames({ fleets }: Pick<Environment, "fleets">): readonly string[] {
  const built = fleets.filter(({ image }) => image !== undefined);
  return [...new Set(built.map(({ provider }) => imageStackName(provider)))];
}

/** Names of the stacks that run an environment's edge. */
export function stackNames(environment: Pick<Environment, "fleets" | "management">): readonly string[] {
  const management = environment.management === undefined ? [] : [MANAGEMENT];
  return [...fleetStackNames(environment), EDGE_DNS, ...management];
}
