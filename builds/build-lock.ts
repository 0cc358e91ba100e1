import { setTimeout as sleep } from "node:timers/promises";
import { PolycastError } from "../constructs/fleet/problem";
import { takeLease, type Lease } from "../live/lease";
import type { ObjectStore } from "../live/object-store";

/** Seconds that a lock outlives its holder; and how often it is renewed and looked at, in milliseconds. */
const LASTS = 60;
const RENEW_EVERY = 20_000;
const LOOK_EVERY = 1_000;

/** Alone at work on something, until it is given back. */
export interface HeldLock {
  release(): Promise<void>;
}

/**
 * Takes a lock if nobody has it.
 * @param onLost called once when it could not be kept: somebody else may be at work by now.
 */
export async function tryLock(
  objects: ObjectStore,
  key: string,
  purpose: string,
  onLost: (why: PolycastError) => void,
): Promise<HeldLock | { readonly heldBy: string; readonly since: Date }> {
  const lease = await takeLease(objects, key, purpose, LASTS);
  return "heldBy" in lease ? lease : keep(lease, key, onLost);
}

/**
 * Waits until a lock ends, or nobody holds it any more.
 * @param waiting told once for each holder.
 * @returns the lock, and whether it had to be waited for.
 * @throws the reason of `signal` once that is aborted.
 */
export async function lockOrWait(
  objects: ObjectStore,
  key: string,
  purpose: string,
  { signal, waiting, onLost }: LockWait,
): Promise<HeldLock & { readonly waited: boolean }> {
  let told: string | undefined;
  for (;;) {
    const lock = await tryLock(objects, key, purpose, onLost);
    if ("release" in lock) return { ...lock, waited: told !== undefined };
    if (told !== lock.heldBy) waiting(lock.heldBy, lock.since);
    told = lock.heldBy;
    await sleep(LOOK_EVERY, undefined, { signal }).catch(() => undefined);
    signal.throwIfAborted();
  }
}

export interface LockWait {
  readonly signal: AbortSignal;
  readonly waiting: (heldBy: string, since: Date) => void;
  readonly onLost: (why: PolycastError) => void;
}

function keep(lease: Lease, key: string, onLost: (why: PolycastError) => void): HeldLock {
  // A store that does not answer for a moment is no loss: the lock lasts longer than two tries.
  let renewed = Date.now();
  const timer = setInterval(() => {
    lease
      .renew()
      .then((kept) => {
        if (kept) renewed = Date.now();
        else lost();
      })
      .catch(() => {
        if (Date.now() - renewed >= LASTS * 1000) lost();
      });
  }, RENEW_EVERY);
  const lost = (): void => {
    clearInterval(timer);
    onLost(
      new PolycastError(
        `The lock ${key} was lost: this machine was away for too long. Run the command again.`,
      ),
    );
  };
  return {
    release: async () => {
      clearInterval(timer);
      await lease.release();
    },
  };
}
