import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { z } from "zod";
import { PolycastError } from "../constructs/fleet/problem";
import { parseVersioned } from "../constructs/fleet/versioned-file";
import type { ObjectStore, StoredText } from "./object-store";

const VERSION = 1;
const schema = z.strictObject({
  version: z.literal(VERSION),
  /** Grows with each taking: what a later holder wrote, an earlier one must not overwrite. */
  token: z.number().int().positive(),
  /** Of this taking alone. */
  id: z.string(),
  /** For people: who, on which machine, in which process, and for what. */
  holder: z.string(),
  since: z.iso.datetime(),
  /** When it ends by itself, unless it is renewed. */
  until: z.iso.datetime(),
});
type LeaseRecord = z.infer<typeof schema>;

/** The right to do something alone, for a while. */
export interface Lease {
  /** Grows with each taking, by whomever. */
  readonly token: number;
  /** @returns false where it was lost: it had ended, and somebody else took it. */
  renew(): Promise<boolean>;
  /** Gives it back; does nothing where it was lost. */
  release(): Promise<void>;
}

/** Somebody else has it. */
export interface HeldLease {
  readonly heldBy: string;
  readonly since: Date;
  readonly until: Date;
}

/**
 * Takes a lease, or says who has it. It ends by itself, so a holder that was killed blocks nobody for longer.
 * @param key where it is kept.
 * @param purpose for the people who wait for it: `image build aws`.
 * @param seconds how long it lasts without a renewal; clocks of different machines may be seconds apart.
 * @param above the greatest token that is known elsewhere, where the lock itself may have been removed.
 */
export async function takeLease(
  objects: ObjectStore,
  key: string,
  purpose: string,
  seconds: number,
  now: () => number = Date.now,
  above = 0,
): Promise<Lease | HeldLease> {
  const id = randomUUID();
  const holder = `${userInfo().username}@${hostname()}, process ${process.pid}: ${purpose}`;
  const since = new Date(now()).toISOString();
  const record = (token: number): LeaseRecord => ({
    version: VERSION,
    token,
    id,
    holder,
    since,
    until: new Date(now() + seconds * 1000).toISOString(),
  });

  for (;;) {
    const stored = await objects.read(key);
    const there = stored === undefined ? undefined : parseLease(stored);
    if (there !== undefined && Date.parse(there.until) > now()) {
      return { heldBy: there.holder, since: new Date(there.since), until: new Date(there.until) };
    }
    const token = Math.max(there?.token ?? 0, above) + 1;
    if (await objects.write(key, format(record(token)), stored?.version)) return lease(token);
  }

  function lease(token: number): Lease {
    /** Writes over what this taking wrote, and over nothing else. */
    const overwrite = async (next: LeaseRecord): Promise<boolean> => {
      const stored = await objects.read(key);
      if (stored === undefined || parseLease(stored).id !== id) return false;
      return objects.write(key, format(next), stored.version);
    };
    return {
      token,
      renew: () => overwrite(record(token)),
      // Kept, though ended: the next token must be a greater one.
      release: async () => {
        await overwrite({ ...record(token), until: new Date(now()).toISOString() });
      },
    };
  }
}

/** @throws PolycastError where it is damaged or of a newer version: nobody can tell then who has it. */
function parseLease({ text, source }: StoredText): LeaseRecord {
  try {
    return parseVersioned(text, VERSION, schema, `The lock ${source}`);
  } catch (error) {
    if (!(error instanceof PolycastError)) throw error;
    throw new PolycastError(`Nobody can tell who is at work: ${error.message}`, [
      { where: source, what: "is read by all", remedy: "Remove it once nobody is at work; it is made anew." },
    ]);
  }
}

function format(record: LeaseRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}
