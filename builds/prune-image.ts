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
 * @throws PolycastError where somebody is at work on it, or the provider refuses.
 */
export async function pruneImage(
  record: BuildRecord,
  wanted: Pick<WantedImage, "environment" | "image" | "places" | "source">,
  objects: ObjectStore,
  tools: ImageTools,
): Promise<void> {
  const key = lockKey(record, shortHash(record.hash));
  const lock = await tryLock(objects, key, `image prune ${record.provider}`, () => undefined);
  if ("heldBy" in lock) {
    throw new PolycastError(`The image ${shortHash(record.hash)} of ${record.provider} was not removed.`, [
      { where: "lock", what: `${lock.heldBy} is at it since ${lock.since.toISOString()}` },
    ]);
  }
  try {
    const builder = await wanted.source.builder(wanted, tools);
    await builder.remove(imageName(wanted.environment, record), record.entry);
    await forgetSbom(objects, record);
    await forgetBuild(objects, record);
  } finally {
    await lock.release();
  }
}
