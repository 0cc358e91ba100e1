import { PolycastError } from "../constructs/fleet/problem";
import { updateLiveRecord, type LiveStore } from "./live-store";
import { fleetStackName } from "./stack-names";

/**
 * Takes a destroyed fleet out of the live record, so that its release may leave the manifest.
 * @throws PolycastError, with nothing changed, while Terraform's state still holds the fleet, or for one not recorded.
 */
export async function forgetFleet(store: LiveStore, fleet: string): Promise<void> {
  const stack = fleetStackName(fleet);
  const { resources = [] } = ((await store.readState(stack)) ?? {}) as { resources?: readonly unknown[] };
  if (resources.length > 0) {
    throw new PolycastError(
      `The fleet "${fleet}" still exists: the state of ${stack} holds ${resources.length} resources. Destroy the stack first.`,
    );
  }
  await updateLiveRecord(store, (record) => {
    const { [fleet]: forgotten, ...fleets } = record.fleets;
    if (forgotten !== undefined) return { ...record, fleets };
    throw new PolycastError(`The live record of "${record.environment}" holds no fleet "${fleet}".`);
  });
}
