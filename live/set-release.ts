import { PolycastError, suggest } from "../constructs/fleet/problem";
import type { LiveRecord } from "./live-record";
import { updateLiveRecord, type LiveStore } from "./live-store";

/**
 * Records the release that a fleet is to run; the next deploy of the fleet makes it so. For rollouts: nothing is checked here.
 * @throws PolycastError, with nothing changed, for a fleet that is not recorded.
 */
export function setRelease(store: LiveStore, fleet: string, release: string): Promise<LiveRecord> {
  return updateLiveRecord(store, (record) => {
    const live = record.fleets[fleet];
    if (live === undefined) {
      throw new PolycastError(`The live record of "${record.environment}" was not changed:`, [
        { where: fleet, what: `is not recorded; ${suggest(fleet, Object.keys(record.fleets))}` },
      ]);
    }
    return live.release === release
      ? record
      : { ...record, fleets: { ...record.fleets, [fleet]: { ...live, release } } };
  });
}
