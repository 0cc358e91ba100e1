import type { Environment } from "../../constructs/fleet/environment";
import { minNodes } from "../../constructs/fleet/fleet-inputs";
import type { FleetProvider } from "../../constructs/fleet/fleet-provider";
import { PolycastError, show, suggest } from "../../constructs/fleet/problem";
import type { LiveStore } from "../../live/live-store";
import type { NodeSecret } from "../../live/secret-rotation";
import { knownNodes } from "../known-nodes";

/** The environment that POLYCAST_ENV names; it brings CDKTF and the providers' bindings with it. */
export async function openEnvironment(): Promise<{ environment: Environment; store: LiveStore }> {
  const { chosenEnvironment, loadEnvironment } = await import("../../environments/load-environment");
  const { openLiveStore } = await import("../../live/open-live-store");
  const environment = await loadEnvironment(chosenEnvironment());
  return { environment, store: await openLiveStore(environment) };
}

/** @throws PolycastError where there is no fleet of this name. */
export function fleetNamed({ name, fleets }: Environment, wanted: string): FleetProvider {
  const found = fleets.find((fleet) => fleet.name === wanted);
  if (found !== undefined) return found;
  const names = fleets.map((fleet) => fleet.name);
  throw new PolycastError(`Nothing was changed in the environment "${name}":`, [
    { where: "--fleet", what: `no fleet ${show(wanted)}; ${suggest(wanted, names)}` },
  ]);
}

/** Site -> the fewest nodes that a fleet should have there. */
export function fewestNodes({ wish }: Pick<FleetProvider, "wish">): Readonly<Record<string, number>> {
  return Object.fromEntries(Object.entries(wish.sites).map(([name, site]) => [name, minNodes(site)]));
}

/** What the nodes of a fleet say they were given, or why nobody knows. */
export async function nodeSecrets(
  environment: Environment,
  fleet: string,
): Promise<readonly NodeSecret[] | string> {
  try {
    const { nodes, unknown } = await knownNodes(environment, process.env);
    if (unknown !== undefined) return unknown;
    return nodes
      .filter((node) => node.fleet === fleet)
      .map(({ name, site, secretId }) => ({ name, site, secretId }));
  } catch (error) {
    if (error instanceof PolycastError) return error.message.split("\n")[0] ?? error.message;
    throw error;
  }
}
