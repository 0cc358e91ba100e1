import { isDeepStrictEqual } from "node:util";
import { PolycastError, suggest } from "../constructs/fleet/problem";
import type { LiveRecord } from "./live-record";
import { normalRelease, type LiveRelease } from "./live-release";
import { updateLiveRecord, type LiveStore } from "./live-store";

/**
 * Records the release that a fleet is to run; the next deploy of the fleet makes it so. For rollouts: nothing is checked here.
 * @param sites site -> id of the release that it is to run instead; without it no site does.
 * @throws PolycastError, with nothing changed, for a fleet that is not recorded.
 */
export function setRelease(
  store: LiveStore,
  fleet: string,
  release: string,
  sites: LiveRelease["sites"] = {},
): Promise<LiveRecord> {
  const wanted = normalRelease({ release, sites });
  return updateLiveRecord(store, (record) => {
    const live = record.fleets[fleet];
    if (live === undefined) {
      throw new PolycastError(`The live record of "${record.environment}" was not changed:`, [
        { where: fleet, what: `is not recorded; ${suggest(fleet, Object.keys(record.fleets))}` },
      ]);
    }
    const next = { ...wanted, share: live.share };
    return isDeepStrictEqual(live, next)
      ? record
      : { ...record, fleets: { ...record.fleets, [fleet]: next } };
  });
}
