import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { PolycastError } from "../constructs/fleet/problem";

/** What is said of a journal that cannot be read. */
export interface Unreadable {
  readonly title: string;
  /** What becomes of it when the file is removed. */
  readonly remedy: string;
}

/**
 * A file of entries, one a line, that only its owner may read. An entry is in it before `append` returns, so a killed
 * process loses nothing that it has told anyone of. One process at a time may have it open.
 */
export class Journal<Entry> {
  private constructor(
    private file: number | undefined,
    private readonly schema: z.ZodType<Entry>,
  ) {}

  /**
   * Opens a journal; its folder is made where it is missing.
   *
   * @param unreadable what a person is told whose file holds something else.
   * @param compact what the entries amount to, as fewer entries; the file holds just these afterwards.
   * @throws PolycastError where the file holds something else than entries.
   */
  public static open<Entry>(
    file: string,
    schema: z.ZodType<Entry>,
    compact: (entries: readonly Entry[]) => readonly Entry[],
    unreadable: Unreadable,
  ): Journal<Entry> {
    mkdirSync(path.dirname(file), { recursive: true });
    const fresh = `${file}.new`;
    const entries = compact(readEntries(file, schema, unreadable));
    const opened = openSync(fresh, "w", 0o600);
    writeSync(opened, entries.map(toLine).join(""));
    fsyncSync(opened);
    renameSync(fresh, file);
    return new Journal(opened, schema);
  }

  /**
   * @returns the entry as it will be read again.
   * @throws ZodError for one that could not be.
   */
  public append(entry: Entry): Entry {
    if (this.file === undefined) throw new Error("the journal is closed");
    const kept = this.schema.parse(JSON.parse(toLine(entry)));
    writeSync(this.file, toLine(kept));
    return kept;
  }

  public close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}

/** Numbers beyond 2^53 are kept as text. */
function toLine(entry: unknown): string {
  return `${JSON.stringify(entry, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))}\n`;
}

/** A last line without its end was being written when the process died, and does not count. */
function readEntries<Entry>(file: string, schema: z.ZodType<Entry>, { title, remedy }: Unreadable): Entry[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line, i) => {
    try {
      return schema.parse(JSON.parse(line));
    } catch {
      throw new PolycastError(title, [
        {
          where: `${file}, line ${i + 1}`,
          what: "is not an entry that this version writes",
          remedy,
        },
      ]);
    }
  });
}
