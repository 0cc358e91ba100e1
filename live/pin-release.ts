import { PolycastError } from "../constructs/fleet/problem";
import type { LiveRecord } from "./live-record";
import { updateLiveRecord, type LiveStore } from "./live-store";

/**
 * Records the release that a fleet starts with, and a full share; a fleet that is recorded already stays as it is.
 * @throws PolycastError when the record holds another release: whoever planned this deploy saw an older record.
 */
export function pinRelease(store: LiveStore, fleet: string, release: string): Promise<LiveRecord> {
  return updateLiveRecord(store, (record) => {
    const live = record.fleets[fleet];
    if (live === undefined) {
      return { ...record, fleets: { ...record.fleets, [fleet]: { release, share: 100 } } };
    }
    if (live.release === release) return record;
    throw new PolycastError(
      `The fleet "${fleet}" runs the release "${live.release}", and this deploy was planned for "${release}". Deploy again: the next plan takes the release from the live record.`,
    );
  });
}
