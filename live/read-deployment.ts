import type { Environment } from "../constructs/fleet/environment";
import { lostAddresses, lostFleets, planDeployment, type FleetDeployment } from "./deployment";
import type { LiveStore } from "./live-store";
import { readManifest } from "./read-manifest";
import { KEEP_IDENTITY, readSecrets } from "./read-secrets";

/**
 * What a deploy of an environment is about at this moment.
 * @param keepsIdentity whether a fleet's identity is left out; by default as POLYCAST_KEEP_IDENTITY says.
 * @throws PolycastError that names every problem at once.
 */
export async function readDeployment(
  environment: Environment,
  store: LiveStore,
  keepsIdentity: (fleet: string) => boolean = () => process.env[KEEP_IDENTITY] === "1",
): Promise<readonly FleetDeployment[]> {
  return readSecrets(await readReleases(environment, store), store, keepsIdentity);
}

/**
 * The same without the secrets of nodes, for whoever changes DNS alone: what is wrong with a secret must not hold an evacuation.
 * @throws PolycastError that names every problem at once.
 */
export async function readReleases(
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
