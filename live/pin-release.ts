import { isDeepStrictEqual } from "node:util";
import { PolycastError } from "../constructs/fleet/problem";
import type { LiveRecord } from "./live-record";
import { normalRelease, releaseText, type LiveRelease } from "./live-release";
import { updateLiveRecord, type LiveStore } from "./live-store";

/**
 * Records the release that a fleet starts with, and a full share; a fleet that is recorded already stays as it is.
 * @param sites site -> id of the release that it runs instead.
 * @param known sites that the fleet has; what is recorded of others is of no account. Default: all.
 * @throws PolycastError when the record holds another release: whoever planned this deploy saw an older record.
 */
export function pinRelease(
  store: LiveStore,
  fleet: string,
  release: string,
  sites: LiveRelease["sites"] = {},
  known?: Readonly<Record<string, unknown>>,
): Promise<LiveRecord> {
  const pinned = normalRelease({ release, sites });
  return updateLiveRecord(store, (record) => {
    const live = record.fleets[fleet];
    if (live === undefined) {
      return { ...record, fleets: { ...record.fleets, [fleet]: { ...pinned, share: 100 } } };
    }
    if (isDeepStrictEqual(normalRelease(live, known), pinned)) return record;
    throw new PolycastError(
      `The fleet "${fleet}" runs the release "${releaseText(live)}", and this deploy was planned for "${releaseText(pinned)}". Deploy again: the next plan takes the release from the live record.`,
    );
  });
}
