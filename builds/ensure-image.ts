import { PolycastError } from "../constructs/fleet/problem";
import type { BuiltImage, ImageBuilder, ImageTools } from "../constructs/image/image-source";
import type { ObjectStore } from "../live/object-store";
import { lockOrWait, tryLock } from "./build-lock";
import { keepSbom } from "./build-sbom";
import { RECORD_VERSION, type BuildRecord } from "./build-record";
import {
  forgetBuild,
  imageName,
  lockKey,
  readBuild,
  shortHash,
  shortHashIn,
  writeBuild,
} from "./build-store";
import type { WantedImage } from "./wanted-images";

/** What was done for one image. */
export interface EnsuredImage {
  /** `there`: nothing; `waited`: somebody else built it meanwhile; `copied`: to places that lacked it; `built`: anew. */
  readonly did: "there" | "waited" | "copied" | "built";
  readonly record: BuildRecord;
}

/** What the work on one image may use. */
export interface BuildDesk {
  readonly objects: ObjectStore;
  readonly tools: ImageTools;
  /** Aborts `tools.signal`. */
  readonly stop: (why: Error) => void;
  /** How long one build may take, in minutes. */
  readonly limitMinutes: number;
  /** Name of the log. */
  readonly log: string;
  /** Which commit the source is of. */
  readonly source: () => Promise<BuildRecord["source"]>;
}

/**
 * Sees to it that an image exists in all its places: finds it, copies it, or builds it. Of several that want the same
 * image at once, one builds and the others wait for its record.
 *
 * The record alone is not believed, the provider is asked too: an image may have been deleted. Nor is an image believed
 * that no record speaks of: its checks are unknown.
 *
 * @throws PolycastError where it fails, or the reason of `tools.signal`; no builder is left then.
 */
export async function ensureImage(wanted: WantedImage, desk: BuildDesk): Promise<EnsuredImage> {
  const { objects, tools } = desk;
  const builder = await wanted.source.builder(wanted, tools);
  const before = await whole(wanted, builder, objects);
  let isOurs = true;
  if (before !== undefined) return { did: "there", record: before };

  const lock = await lockOrWait(
    objects,
    lockKey(wanted, shortHash(wanted.hash)),
    `image build ${wanted.provider}`,
    {
      signal: tools.signal,
      onLost: (why) => {
        isOurs = false;
        desk.stop(why);
      },
      waiting: (heldBy, since) => {
        tools.progress(`${heldBy} is at it since ${since.toISOString()}; waiting`);
      },
    },
  );
  try {
    // Whoever had the lock may have done it all.
    const done = await whole(wanted, builder, objects);
    if (done !== undefined) return { did: lock.waited ? "waited" : "there", record: done };
    return await withinLimit(
      desk,
      async () =>
        (await copied(wanted, builder, desk)) ?? {
          did: "built",
          record: await built(wanted, builder, desk, () => isOurs),
        },
    );
  } catch (error) {
    // What was stopped fails in its own words.
    throw tools.signal.aborted ? tools.signal.reason : error;
  } finally {
    // It ends by itself; the error that brought us here says more than one of the store.
    await lock.release().catch((error: unknown) => {
      tools.log(`the lock could not be given back, and ends by itself: ${String(error)}`);
    });
  }
}

/** The record of an image that is recorded, and lies wherever it must. */
async function whole(
  wanted: WantedImage,
  builder: ImageBuilder,
  objects: ObjectStore,
): Promise<BuildRecord | undefined> {
  const record = await readBuild(objects, wanted);
  if (record === undefined) return undefined;
  const { entry, missing } = await builder.find(nameOf(wanted), record.entry);
  return entry !== undefined && missing.length === 0 ? record : undefined;
}

/** Brings an image that some places have to those that lack it. */
async function copied(
  wanted: WantedImage,
  builder: ImageBuilder,
  { objects, tools }: BuildDesk,
): Promise<EnsuredImage | undefined> {
  const record = await readBuild(objects, wanted);
  if (record === undefined) return undefined;
  const name = nameOf(wanted);
  const { entry, missing } = await builder.find(name, record.entry);
  if (entry === undefined) {
    tools.progress(`the image is recorded, but ${wanted.provider} has it no more: building it anew`);
    return undefined;
  }
  tools.progress(`copying to ${missing.join(", ")}`);
  const next = { ...record, entry: asJson(await builder.copy(name, entry)) };
  await writeBuild(objects, next);
  return { did: "copied", record: next };
}

/** @param isOurs whether the image's lock is still held: whoever has it otherwise makes an image of that name. */
async function built(
  wanted: WantedImage,
  builder: ImageBuilder,
  desk: BuildDesk,
  isOurs: () => boolean,
): Promise<BuildRecord> {
  const { objects, tools } = desk;
  const name = nameOf(wanted);
  await sweep(wanted, builder, desk);
  await forgetBuild(objects, wanted);
  await builder.remove(name, undefined);
  tools.signal.throwIfAborted();

  const started = new Date();
  const source = await desk.source();
  const image = await builder.build({ ...wanted, name }).catch(async (error: unknown) => {
    // What mends the build has another address, so no later one would find what this one has left.
    if (isOurs()) {
      await builder.remove(name, undefined).catch((why: unknown) => {
        tools.log(`what is there of ${name} could not be removed: ${String(why)}`);
      });
    }
    throw error;
  });
  const finished = new Date();
  const sbom = await keepSbom(objects, wanted, image, finished).catch((error: unknown) => {
    throw unrecorded(name, image, error);
  });
  const record: BuildRecord = {
    version: RECORD_VERSION,
    image: wanted.image,
    provider: wanted.provider,
    hash: wanted.hash,
    shared: wanted.shared,
    entry: asJson(image.entry),
    ...(image.sizeBytes === undefined ? {} : { sizeBytes: image.sizeBytes }),
    checks: image.checks,
    started: started.toISOString(),
    finished: finished.toISOString(),
    tools: image.tools,
    source,
    log: desk.log,
    ...(sbom === undefined ? {} : { sbom }),
  };
  await writeBuild(objects, record).catch((error: unknown) => {
    throw unrecorded(name, image, error);
  });
  return record;
}

/** Destroys the builders that killed runs have left: those whose locks nobody holds. */
async function sweep(
  wanted: WantedImage,
  builder: ImageBuilder,
  { objects, tools }: BuildDesk,
): Promise<void> {
  const own = nameOf(wanted);
  for (const name of await builder.builders()) {
    if (name === own) {
      tools.progress(`destroying the builder that an earlier run of ${name} left`);
      await builder.destroyBuilder(name);
      continue;
    }
    const lock = await tryLock(
      objects,
      lockKey(wanted, shortHashIn(name)),
      "image build, clearing up",
      () => undefined,
    );
    if ("heldBy" in lock) continue;
    try {
      tools.progress(`destroying the builder that an earlier run of ${name} left`);
      await builder.destroyBuilder(name);
    } finally {
      await lock.release();
    }
  }
}

async function withinLimit<T>({ stop, limitMinutes }: BuildDesk, work: () => Promise<T>): Promise<T> {
  const timer = setTimeout(() => {
    stop(
      new PolycastError(`The build was not done after ${limitMinutes} minutes and was ended.`, [
        {
          where: "log",
          what: "its last lines say what it was at",
          remedy: "Mend what hangs, or allow more: --limit-minutes",
        },
      ]),
    );
  }, limitMinutes * 60_000);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}

function nameOf(wanted: WantedImage): string {
  return imageName(wanted.environment, wanted);
}

/** As a store will give it back. */
function asJson(entry: unknown): BuildRecord["entry"] {
  return JSON.parse(JSON.stringify(entry)) as BuildRecord["entry"];
}

function unrecorded(name: string, { entry }: BuiltImage, error: unknown): PolycastError {
  return new PolycastError("The image was built, but could not be recorded, so it does not count.", [
    {
      where: name,
      what: `lies at the provider as ${JSON.stringify(entry)}; ${(error as Error).message}`,
      remedy:
        "Mend the store (a full disk, an expired login) and run again: the image is then built anew in its place.",
    },
  ]);
}
