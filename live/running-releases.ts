import type { Environment } from "../constructs/fleet/environment";
import { deployedRelease, normalRelease, releaseIds } from "./live-release";
import type { LiveStore } from "./live-store";
import { stackOutputs } from "./stack-outputs";
import { fleetStackName } from "./stack-names";

/**
 * Ids of the releases that nodes of each fleet may run: those that are recorded, and those that were deployed last, which the
 * record has left behind while a deploy is under way or broken off. What is recorded of a site that the environment no longer
 * has does not count; while it is deployed it does.
 *
 * @returns by fleet, also those that are only recorded.
 */
export async function runningReleases(
  { fleets }: Pick<Environment, "fleets">,
  store: LiveStore,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const { record } = await store.read();
  const wishes = new Map(fleets.map(({ name, wish }) => [name, wish]));
  const names = [...new Set([...wishes.keys(), ...Object.keys(record.fleets)])];
  const found = await Promise.all(
    names.map(async (name) => {
      const recorded = record.fleets[name];
      const deployed = deployedRelease(stackOutputs(await store.readState(fleetStackName(name))));
      const ids = [
        ...(recorded === undefined ? [] : releaseIds(normalRelease(recorded, wishes.get(name)?.sites))),
        ...(deployed === undefined ? [] : releaseIds(deployed)),
      ];
      return [name, [...new Set(ids)]] as const;
    }),
  );
  return new Map(found.filter(([, ids]) => ids.length > 0));
}
