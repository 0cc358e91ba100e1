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
import { PolycastError } from "../../constructs/fleet/problem";

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
   * @param compact what the entries amount to, as fewer entries; the file holds just these afterwards.
   * @throws PolycastError where the file holds something else than entries.
   */
  public static open<Entry>(
    file: string,
    schema: z.ZodType<Entry>,
    compact: (entries: readonly Entry[]) => readonly Entry[],
  ): Journal<Entry> {
    mkdirSync(path.dirname(file), { recursive: true });
    const fresh = `${file}.new`;
    const entries = compact(readEntries(file, schema));
    const opened = openSync(fresh, "w", 0o600);
    writeSync(opened, entries.map(toLine).join(""));
    fsyncSync(opened);
    renameSync(fresh, file);
    return new Journal(opened, schema);
  }

  /** @throws ZodError for an entry that could not be read again. */
  public append(entry: Entry): void {
    if (this.file === undefined) throw new Error("the journal is closed");
    writeSync(this.file, toLine(this.schema.parse(entry)));
  }

  public close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}

function toLine(entry: unknown): string {
  return `${JSON.stringify(entry)}\n`;
}

/** A last line without its end was being written when the process died, and does not count. */
function readEntries<Entry>(file: string, schema: z.ZodType<Entry>): Entry[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line, i) => {
    try {
      return schema.parse(JSON.parse(line));
    } catch {
      throw new PolycastError("The control plane's journal cannot be read.", [
        {
          where: `${file}, line ${i + 1}`,
          what: "is not an entry that this version writes",
          remedy: "Remove the file; nodes then enrol and register anew.",
        },
      ]);
    }
  });
}
