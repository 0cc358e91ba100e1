import type { Environment } from "../constructs/fleet/environment";
import { lostAddresses, lostFleets, planDeployment, type FleetDeployment } from "./deployment";
import type { LiveStore } from "./live-store";
import { readManifest } from "./read-manifest";

/**
 * What a deploy of an environment is about at this moment.
 * @throws PolycastError that names every problem at once.
 */
export async function readDeployment(
  environment: Environment,
  store: LiveStore,
): Promise<readonly FleetDeployment[]> {
  const manifest = readManifest(environment);
  const { record } = await store.read();
  const readState = (stack: string) => store.readState(stack);
  const lost = await lostFleets(environment.fleets, record, readState);
  const addresses = await lostAddresses(environment, readState);
  return planDeployment(environment, manifest, record, lost, addresses);
}
