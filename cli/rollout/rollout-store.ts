import { z } from "zod";
import { PolycastError } from "../../constructs/fleet/problem";
import { parseVersioned } from "../../constructs/fleet/versioned-file";
import { takeLease, type HeldLease, type Lease } from "../../live/lease";
import type { ObjectStore, StoredText } from "../../live/object-store";
import { formatRollout, parseRollout, type RolloutState } from "../../rollout/rollout-state";
import type { RolloutStore, StoredRollout } from "../../rollout/rollout-world";

/** Where the last rollout is kept, beside the live record; those before it below `rollouts/`. */
const KEY = "rollout";
const ENDED = "rollouts/";
const LOCK = "rollout-lock";

/** How long a killed advance keeps others out, in seconds; one that lives renews three times as often. */
const LEASE_SECONDS = 15;

const VERSION = 1;
const schema = z.strictObject({
  version: z.literal(VERSION),
  /**
   * Of the lease whose holder last claimed the rollout. Claiming makes a new version, so whoever held an earlier lease
   * writes no more, however long it slept.
   */
  token: z.number().int().nonnegative(),
  rollout: z.unknown(),
});

/** The rollout of an environment, as anybody may read it. */
export async function readRollout(
  objects: ObjectStore,
  environment: string,
): Promise<StoredRollout | undefined> {
  const stored = await objects.read(KEY);
  return stored && { rollout: parse(stored, environment).rollout, version: stored.version };
}

/** All rollouts, the oldest first. */
export async function readRollouts(
  objects: ObjectStore,
  environment: string,
): Promise<readonly RolloutState[]> {
  const keys = [...(await objects.list(ENDED)), KEY];
  const stored = await Promise.all(keys.map((key) => objects.read(key)));
  return stored
    .flatMap((each) => (each === undefined ? [] : [parse(each, environment).rollout]))
    .sort((one, other) => startOf(one) - startOf(other));
}

/**
 * Changes the rollout without the lock, as a person's word does: it must not wait for an advance that takes long. One that
 * is at work meanwhile is told at its next write, and does no more.
 * @param change throws PolycastError where it makes no sense.
 */
export async function changeRollout(
  objects: ObjectStore,
  environment: string,
  change: (rollout: RolloutState) => RolloutState,
): Promise<RolloutState> {
  for (;;) {
    const stored = await objects.read(KEY);
    if (stored === undefined) throw new PolycastError("There is no rollout.");
    const { token, rollout } = parse(stored, environment);
    const next = change(rollout);
    if (await objects.write(KEY, format(token, next), stored.version)) return next;
  }
}

/**
 * Does something alone: holds the lock meanwhile, and has claimed the rollout, so that a holder before can write no more.
 * @param purpose for those who wait.
 * @returns what it came to, or who holds the lock.
 */
export async function withRollout<T>(
  objects: ObjectStore,
  environment: string,
  purpose: string,
  work: (store: RolloutStore) => Promise<T>,
): Promise<T | HeldLease> {
  const before = await objects.read(KEY);
  const above = before === undefined ? 0 : parse(before, environment).token;
  const lease = await takeLease(objects, LOCK, purpose, LEASE_SECONDS, Date.now, above);
  if ("heldBy" in lease) return lease;
  const renew = oneAtATime(() => lease.renew());
  const renewal = setInterval(
    () => {
      // Where the place is out of reach the next write says so.
      renew().catch(() => undefined);
    },
    (LEASE_SECONDS * 1000) / 3,
  );
  try {
    await claim(objects, environment, lease);
    return await work(fencedStore(objects, environment, lease.token, renew));
  } finally {
    clearInterval(renewal);
    await lease.release().catch(() => undefined);
  }
}

/** Makes a version that no earlier holder knows of. Who is faster is a person's word, so it is tried again. */
async function claim(objects: ObjectStore, environment: string, { token }: Lease): Promise<void> {
  for (;;) {
    const stored = await objects.read(KEY);
    if (stored === undefined) return;
    const before = parse(stored, environment);
    if (before.token >= token) throw lost(before.rollout.id);
    if (await objects.write(KEY, format(token, before.rollout), stored.version)) return;
  }
}

/** Two renewals at once would each take the other for somebody else's. */
function oneAtATime(renew: () => Promise<boolean>): () => Promise<boolean> {
  let last: Promise<unknown> = Promise.resolve();
  return () => {
    const next = last.then(renew, renew);
    last = next;
    return next;
  };
}

function fencedStore(
  objects: ObjectStore,
  environment: string,
  own: number,
  renew: () => Promise<boolean>,
): RolloutStore {
  return {
    async read() {
      const stored = await objects.read(KEY);
      if (stored === undefined) return undefined;
      const { token, rollout } = parse(stored, environment);
      if (token !== own) throw lost(rollout.id);
      return { rollout, version: stored.version };
    },
    async write(rollout, after) {
      if (!(await renew())) return undefined;
      const text = format(own, rollout);
      if (!(await objects.write(KEY, text, after))) return undefined;
      const stored = await objects.read(KEY);
      // A person's word may have come since; it must not be written over.
      return stored?.text === text ? stored.version : undefined;
    },
  };
}

/** Keeps a rollout that has ended, before the next one takes its place. */
export async function keepEnded(objects: ObjectStore, rollout: RolloutState): Promise<void> {
  // Kept already where the one that was to follow was not written.
  await objects.write(`${ENDED}${rollout.id}`, format(0, rollout), undefined);
}

function startOf({ history }: RolloutState): number {
  return history[0]?.at ?? 0;
}

/** @throws PolycastError where it is damaged, newer or another environment's; nothing was changed then. */
function parse({ text, source }: StoredText, environment: string): { token: number; rollout: RolloutState } {
  try {
    const { token, rollout } = parseVersioned(text, VERSION, schema, `The rollout ${source}`);
    return { token, rollout: parseRollout(JSON.stringify(rollout), source, environment) };
  } catch (error) {
    if (!(error instanceof PolycastError)) throw error;
    throw new PolycastError(error.message, [
      {
        where: source,
        what: "nothing was changed",
        remedy:
          "If it is damaged, restore the version before it, of the bucket's or of the files beside it: the next advance looks at everything anew and goes on from there.",
      },
    ]);
  }
}

function format(token: number, rollout: RolloutState): string {
  const state = JSON.parse(formatRollout(rollout)) as unknown;
  return `${JSON.stringify({ version: VERSION, token, rollout: state }, null, 2)}\n`;
}

function lost(id: string): PolycastError {
  return new PolycastError("The lock of the rollout is lost; nothing was done.", [
    { where: id, what: "somebody else has taken it meanwhile" },
  ]);
}
