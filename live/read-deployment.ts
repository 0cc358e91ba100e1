import type { Environment } from "../constructs/fleet/environment";
import { lostAddresses, lostFleets, planDeployment, type FleetDeployment } from "./deployment";
import type { LiveStore } from "./live-store";
import { readManifest } from "./read-manifest";
import { readSecrets } from "./read-secrets";

/**
 * What a deploy of an environment is about at this moment.
 * @throws PolycastError that names every problem at once.
 */
export async function readDeployment(
  environment: Environment,
  store: LiveStore,
  variables: Readonly<Record<string, string | undefined>> = process.env,
): Promise<readonly FleetDeployment[]> {
  const manifest = readManifest(environment);
  const { record } = await store.read();
  const readState = (stack: string) => store.readState(stack);
  const lost = await lostFleets(environment.fleets, record, readState);
  const addresses = await lostAddresses(environment, readState);
  const deployments = planDeployment(environment, manifest, record, lost, addresses);
  return readSecrets(deployments, store, variables);
}
