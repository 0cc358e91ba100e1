import { PolycastError, suggest } from "../constructs/fleet/problem";
import type { LiveRecord } from "./live-record";
import { updateLiveRecord, type LiveStore } from "./live-store";

/**
 * Records which part of what the traffic policy gives it a fleet is to get; the next deploy of DNS makes it so.
 * @param percent 100 is all of it, 0 is drained.
 * @throws PolycastError, with nothing changed, for a fleet that is not recorded, and where nobody would be left to answer.
 */
export function setShare(store: LiveStore, fleet: string, percent: number): Promise<LiveRecord> {
  return updateLiveRecord(store, (record) => {
    const live = record.fleets[fleet];
    if (live === undefined) {
      throw new PolycastError(`The live record of "${record.environment}" was not changed:`, [
        { where: fleet, what: `is not recorded; ${suggest(fleet, Object.keys(record.fleets))}` },
      ]);
    }
    const fleets = { ...record.fleets, [fleet]: { ...live, share: percent } };
    if (Object.values(fleets).every(({ share }) => share === 0)) {
      throw new PolycastError(`The live record of "${record.environment}" was not changed:`, [
        {
          where: fleet,
          what: "is the last fleet with a share; nobody would be answered",
          remedy: "Give another fleet its share back first.",
        },
      ]);
    }
    return live.share === percent ? record : { ...record, fleets };
  });
}
