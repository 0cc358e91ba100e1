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
import { join } from "node:path";
import { z } from "zod";
import { PolycastError } from "../../constructs/fleet/problem";
import type { CloudObject, Value } from "../../constructs/fleet/simulation";
import { isWhollyKnown } from "./values";

const JOURNAL = "clouds.jsonl";

/** A line of the journal: an object as it is from now on, or that it is gone. */
const entrySchema = z.union([
  z.object({
    put: z.object({
      provider: z.string(),
      type: z.string(),
      id: z.string(),
      place: z.string().optional(),
      attributes: z.record(z.string(), z.json()),
    }),
  }),
  z.object({ remove: z.object({ type: z.string(), id: z.string(), place: z.string().optional() }) }),
]);
type Entry = z.infer<typeof entrySchema>;

/**
 * What exists in the simulated clouds, kept in a directory between runs.
 *
 * Every change is appended to a journal before the call returns, so a killed process loses nothing that Terraform was
 * told of, and an apply of many objects costs one line each. The journal is compacted when it is opened. One process
 * at a time may have it open.
 */
export class CloudStore {
  private readonly objects = new Map<string, Map<string, CloudObject>>();
  private readonly listeners = new Set<() => void>();

  private constructor(private file: number | undefined) {}

  /** Opens the store of a directory, which is made if it is missing. Refuses a journal that it cannot read. */
  public static open(directory: string): CloudStore {
    mkdirSync(directory, { recursive: true });
    const path = join(directory, JOURNAL);
    const store = new CloudStore(undefined);
    for (const entry of readJournal(path)) store.apply(entry);
    store.file = compact(path, store.list());
    return store;
  }

  /** All objects, or those of one resource type, in order of creation. */
  public list(type?: string): CloudObject[] {
    const groups = type === undefined ? [...this.objects.values()] : [this.objects.get(type) ?? new Map()];
    return groups.flatMap((group) => [...group.values()] as CloudObject[]);
  }

  /** @param place the part of the cloud, for a type whose ids are unique only within one. */
  public get(type: string, id: string, place?: string): CloudObject | undefined {
    return this.objects.get(type)?.get(keyOf(id, place));
  }

  /** Creates the object, or replaces what is there. A cloud holds no unknown value. */
  public put(object: CloudObject): void {
    if (!isWhollyKnown(object.attributes))
      throw new TypeError(`${object.type} ${object.id} has unknown values`);
    this.write({ put: object });
  }

  /** Removes the object; nothing happens if it is not there. */
  public remove(type: string, id: string, place?: string): void {
    if (this.get(type, id, place) === undefined) return;
    this.write({ remove: { type, id, ...(place === undefined ? {} : { place }) } });
  }

  /** Calls a function after each change, before the call that made it returns; returns what ends that. */
  public onChange(then: () => void): () => void {
    this.listeners.add(then);
    return () => {
      this.listeners.delete(then);
    };
  }

  public close(): void {
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }

  private write(
    entry: { put: CloudObject } | { remove: { type: string; id: string; place?: string } },
  ): void {
    if (this.file === undefined) throw new Error("the cloud store is closed");
    const line = toLine(entry);
    writeSync(this.file, line);
    this.apply(JSON.parse(line) as Entry); // what was written, so that memory and journal cannot differ
    for (const listener of this.listeners) listener();
  }

  private apply(entry: Entry): void {
    if ("remove" in entry) {
      const { type, id, place } = entry.remove;
      this.objects.get(type)?.delete(keyOf(id, place));
      return;
    }
    const { type, id, place } = entry.put;
    const group = this.objects.get(type) ?? new Map<string, CloudObject>();
    this.objects.set(type, group.set(keyOf(id, place), entry.put as CloudObject));
  }
}

function keyOf(id: string, place = ""): string {
  return `${place} ${id}`;
}

function toLine(entry: object): string {
  return `${JSON.stringify(entry, (_, value: Value) => (typeof value === "bigint" ? String(value) : value))}\n`;
}

/** The journal's entries. A last line without its end was being written when the process died, and does not count. */
function readJournal(path: string): Entry[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line, i) => {
    try {
      return entrySchema.parse(JSON.parse(line));
    } catch {
      throw new PolycastError(`The sandbox's record of its clouds cannot be read.`, [
        {
          where: `${path}, line ${i + 1}`,
          what: "is not an entry that this version writes",
          remedy: "Remove the file; the sandbox's clouds are then empty.",
        },
      ]);
    }
  });
}

/** Writes a journal of just these objects in place of the old one and leaves it open for appending. */
function compact(path: string, objects: readonly CloudObject[]): number {
  const fresh = `${path}.new`;
  const file = openSync(fresh, "w");
  writeSync(file, objects.map((object) => toLine({ put: object })).join(""));
  fsyncSync(file);
  renameSync(fresh, path);
  return file;
}
