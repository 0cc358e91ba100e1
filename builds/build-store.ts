import { PolycastError } from "../constructs/fleet/problem";
import type { ObjectStore } from "../live/object-store";
import { formatBuildRecord, parseBuildRecord, type BuildRecord } from "./build-record";

/** Which image: of one provider, by its content address. */
export type ImageId = Pick<BuildRecord, "image" | "provider" | "hash">;

/** Digits of a content address that stand in names. */
const SHORT = 12;

/** What the provider knows the image by. */
export function imageName(environment: string, { image, hash }: Pick<ImageId, "image" | "hash">): string {
  return `${environment}-${image}-${shortHash(hash)}`;
}

export function shortHash(hash: string): string {
  return hash.slice(0, SHORT);
}

/** Key of the lock on an image. */
export function lockKey({ image, provider }: Omit<ImageId, "hash">, short: string): string {
  return `images/locks/${image}/${provider}/${short}`;
}

/** The digits of the content address in a name that {@link imageName} made. */
export function shortHashIn(name: string): string {
  return name.slice(-SHORT);
}

function recordKey({ image, provider, hash }: ImageId): string {
  return `images/builds/${image}/${provider}/${hash}`;
}

/** @throws PolycastError where there is a record that cannot be used. */
export async function readBuild(objects: ObjectStore, id: ImageId): Promise<BuildRecord | undefined> {
  const key = recordKey(id);
  const stored = await objects.read(key);
  if (stored === undefined) return undefined;
  const record = parseBuildRecord(stored.text, stored.source);
  if (recordKey(record) === key) return record;
  throw new PolycastError("A record of an image lies where another belongs.", [
    {
      where: stored.source,
      what: `is of ${record.provider}, ${record.hash}`,
      remedy: "Delete it: the next build writes it anew.",
    },
  ]);
}

/** Writes a record, whole or not at all, over an older one of the same image. */
export async function writeBuild(objects: ObjectStore, record: BuildRecord): Promise<void> {
  const key = recordKey(record);
  for (;;) {
    const stored = await objects.read(key);
    if (await objects.write(key, formatBuildRecord(record), stored?.version)) return;
  }
}

/** Takes a record away; nothing happens where there is none. */
export async function forgetBuild(objects: ObjectStore, id: ImageId): Promise<void> {
  for (;;) {
    const stored = await objects.read(recordKey(id));
    if (stored === undefined || (await objects.remove(recordKey(id), stored.version))) return;
  }
}

/** All records of an image, the newest first. */
export async function listBuilds(objects: ObjectStore, image: string): Promise<readonly BuildRecord[]> {
  const keys = await objects.list(`images/builds/${image}/`);
  const found = await Promise.all(
    keys.map(async (key) => {
      const stored = await objects.read(key);
      return stored === undefined ? [] : [parseBuildRecord(stored.text, stored.source)];
    }),
  );
  return found.flat().sort((one, other) => (one.finished < other.finished ? 1 : -1));
}
