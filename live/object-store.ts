/** A text as it was read, with what its next version must follow. */
export interface StoredText {
  readonly text: string;
  /** Opaque; a write names the version that it was made from. */
  readonly version: string;
  /** Where it lies, as a person would name it. */
  readonly source: string;
}

/**
 * Small texts of one environment, beside its Terraform state. A write is complete or nothing, and conditional, so that
 * writers need no lock: whoever was slower is told, and reads again.
 *
 * Keys are paths without an ending: `live`, `images/builds/1a2b`.
 * All reject with a PolycastError where the place cannot be reached.
 */
export interface ObjectStore {
  /** The newest version; undefined where there is none. */
  read(key: string): Promise<StoredText | undefined>;
  /**
   * Writes the version that follows `after`; undefined: the first one.
   * @returns false, with nothing written, when another writer was faster.
   */
  write(key: string, text: string, after: string | undefined): Promise<boolean>;
  /** @returns false, with nothing removed, when another version is there. */
  remove(key: string, version: string): Promise<boolean>;
  /** Keys that begin with `prefix`, sorted. */
  list(prefix: string): Promise<readonly string[]>;
}
