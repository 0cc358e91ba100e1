import { join } from "node:path";
import { z } from "zod";
import type { CloudObject } from "../../constructs/fleet/simulation";
import { Journal } from "../journal";
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

const UNREADABLE = {
  title: "The sandbox's record of its clouds cannot be read.",
  remedy: "Remove the file; the sandbox's clouds are then empty.",
};

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

  private readonly journal: Journal<Entry>;

  private constructor(path: string) {
    this.journal = Journal.open(
      path,
      entrySchema,
      (entries) => {
        for (const entry of entries) this.apply(entry);
        return this.list().map((object) => ({ put: object }) as Entry);
      },
      UNREADABLE,
    );
  }

  /** Opens the store of a directory, which is made if it is missing. Refuses a journal that it cannot read. */
  public static open(directory: string): CloudStore {
    return new CloudStore(join(directory, JOURNAL));
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
    this.journal.close();
  }

  private write(entry: { put: CloudObject } | Entry): void {
    this.apply(this.journal.append(entry as Entry)); // what was written, so that memory and journal cannot differ
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
