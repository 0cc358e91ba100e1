import { PolycastError } from "../constructs/fleet/problem";
import { emptyRecord, formatLiveRecord, parseLiveRecord, type LiveRecord } from "./live-record";
import type { ObjectStore } from "./object-store";
import type { StateLock } from "./state-lock";

/** Where an environment's Terraform state lies, and small texts beside it. */
export interface StatePlace {
  readonly objects: ObjectStore;
  /** The Terraform state of a stack, parsed; undefined where there is none. */
  readState(stack: string): Promise<unknown>;
  /** Who holds the lock on a stack's state; undefined where nobody does, and where a lock ends with its process. */
  readLock(stack: string): Promise<StateLock | undefined>;
}

/** A live record as it was read, with what its next version must follow. */
export interface StoredRecord {
  readonly record: LiveRecord;
  /** Opaque; a write names the version that it was made from. */
  readonly version: string | undefined;
}

/** Where the live record of one environment is kept, beside its Terraform state. */
export interface LiveStore extends StatePlace {
  /** The record, or an empty one without a version where none was ever written. */
  read(): Promise<StoredRecord>;
  /**
   * Writes the version that follows `after`.
   * @returns false, with nothing written, when another writer was faster.
   */
  write(record: LiveRecord, after: string | undefined): Promise<boolean>;
}

const KEY = "live";

/** The live record at a place. */
export function liveStore(environment: string, place: StatePlace): LiveStore {
  const { objects } = place;
  return {
    ...place,
    async read() {
      const found = await objects.read(KEY);
      if (found === undefined) return { record: emptyRecord(environment), version: undefined };
      const { text, version, source } = found;
      return { record: parseLiveRecord(text, source, environment), version };
    },
    write: (record, after) => objects.write(KEY, formatLiveRecord(record), after),
  };
}

/** Reads, changes and writes the record until no other writer comes between. */
export async function updateLiveRecord(
  store: LiveStore,
  change: (record: LiveRecord) => LiveRecord,
): Promise<LiveRecord> {
  for (;;) {
    const { record, version } = await store.read();
    const next = change(record);
    if (next === record || (await store.write(next, version))) return next;
  }
}

/**
 * Terraform's state, parsed.
 * @throws PolycastError when it is damaged.
 */
export function parseState(text: string, name: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new PolycastError(`Terraform's state ${name} is damaged: ${(error as Error).message}`, [
      {
        where: name,
        what: "cannot be read",
        remedy: "Restore an older version of it: its backup, or the bucket's.",
      },
    ]);
  }
}
