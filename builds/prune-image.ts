import { PolycastError } from "../constructs/fleet/problem";
import type { ImageTools } from "../constructs/image/image-source";
import type { ObjectStore } from "../live/object-store";
import { tryLock } from "./build-lock";
import type { BuildRecord } from "./build-record";
import { forgetSbom } from "./build-sbom";
import { forgetBuild, imageName, lockKey, shortHash } from "./build-store";
import type { WantedImage } from "./wanted-images";

/**
 * Removes one image at its provider, and then its record: while a part of it is left, the record says so.
 * @param usesNow what uses it, asked again: whoever agreed to the removal may have thought for an hour.
 * @throws PolycastError where somebody is at work on it, something uses it by now, or the provider refuses.
 */
export async function pruneImage(
  record: BuildRecord,
  wanted: Pick<WantedImage, "environment" | "image" | "places" | "source">,
  objects: ObjectStore,
  tools: ImageTools,
  usesNow: () => Promise<readonly string[]>,
): Promise<void> {
  const key = lockKey(record, shortHash(record.hash));
  const lock = await tryLock(objects, key, `image prune ${record.provider}`, () => undefined);
  if ("heldBy" in lock) {
    throw kept(record, "lock", `${lock.heldBy} is at it since ${lock.since.toISOString()}`);
  }
  try {
    const uses = await usesNow();
    if (uses.length > 0) throw kept(record, "use", `${uses.join(", ")} uses it by now`);
    const builder = await wanted.source.builder(wanted, tools);
    await builder.remove(imageName(wanted.environment, record), record.entry);
    await forgetSbom(objects, record);
    await forgetBuild(objects, record);
  } finally {
    await lock.release();
  }
}

function kept({ hash, provider }: BuildRecord, where: string, what: string): PolycastError {
  return new PolycastError(`The image ${shortHash(hash)} of ${provider} was not removed.`, [{ where, what }]);
}
