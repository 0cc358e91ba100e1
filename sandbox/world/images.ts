import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { z } from "zod";
import { PolycastError, show } from "../../constructs/fleet/problem";
import { parseVersioned } from "../../constructs/fleet/versioned-file";
import type { CloudLife, CloudObjects } from "../../constructs/fleet/simulation";
import { imagesDirectory, PROJECT_ROOT } from "../../live/state-location";

const VERSION = 1;

/** Beside each image's manifests: what its releases do when they run in the sandbox. */
const FILE = "simulated-images.json";

/** The record's file, for messages. */
export const IMAGES_FILE = `images/<image>/${FILE}`;

/** How long the processes have run when it begins. */
const afterSeconds = z.number().nonnegative();
const latencyMs = z.number().positive();
const LATENCY_MS = 5;

const behaviourSchema = z.discriminatedUnion("kind", [
  /** Answers 503. */
  z.strictObject({ kind: z.literal("fails"), afterSeconds }),
  /** Takes as long to answer; too long where a health check waits less. */
  z.strictObject({ kind: z.literal("slow"), afterSeconds, latencyMs }),
  /** Is well by its own account, and fails so many of its connections. */
  z.strictObject({ kind: z.literal("errors"), afterSeconds, percent: z.number().gt(0).max(100) }),
  /** Gets slower from the start, up to ten times, as its memory fills; then its processes die. */
  z.strictObject({ kind: z.literal("leaks"), afterSeconds: afterSeconds.positive() }),
]);

const imageSchema = z.strictObject({
  /** What the provider calls the image: one id, or one in each region. */
  ids: z.array(z.string().min(1)).min(1),
  provider: z.string().min(1),
  release: z.string().min(1),
  bootSeconds: z.number().nonnegative(),
  latencyMs: latencyMs.default(LATENCY_MS),
  /** What goes wrong; nothing: it is healthy once it has booted, and for ever. */
  behaviour: z.array(behaviourSchema).default([]),
});

const fileSchema = z.strictObject({ version: z.literal(VERSION), images: z.array(imageSchema) });

/** What one release does on one provider. */
export type SimulatedImage = Readonly<z.infer<typeof imageSchema>>;

/** The images that can boot, by id. */
export type SimulatedImages = Pick<ReadonlyMap<string, SimulatedImage>, "get" | "has" | "values">;

/**
 * The recorded images, and those that were built in the clouds at any moment: what the scripts make is good.
 * @param lives what each provider's cloud says of its own objects.
 */
export function withBuiltImages(
  recorded: ReadonlyMap<string, SimulatedImage>,
  lives: readonly CloudLife[],
  objects: CloudObjects,
): SimulatedImages {
  const built = (): SimulatedImage[] =>
    lives
      .flatMap((life) => life.images?.(objects) ?? [])
      .map(({ id, provider, bootSeconds }) => ({
        ...{ ids: [id], provider, release: id, bootSeconds },
        ...{ latencyMs: LATENCY_MS, behaviour: [] },
      }));
  const get = (id: string): SimulatedImage | undefined =>
    recorded.get(id) ?? built().find(({ ids }) => ids.includes(id));
  return {
    get,
    has: (id) => get(id) !== undefined,
    values: () => [...recorded.values(), ...built()].values(),
  };
}

/**
 * Reads the records of all images: `images/<image>/simulated-images.json`.
 * @throws PolycastError where one cannot be used.
 */
export function readImages(folder = imagesDirectory()): ReadonlyMap<string, SimulatedImage> {
  const files = readdirSync(folder)
    .map((image) => join(folder, image, FILE))
    .filter((file) => existsSync(file));
  return byId(files.flatMap((file) => parseImages(readFileSync(file, "utf8"), relative(PROJECT_ROOT, file))));
}

/**
 * @param file its name, for errors.
 * @throws PolycastError for another form; all problems at once.
 */
export function parseImages(text: string, file: string): readonly SimulatedImage[] {
  return parseVersioned(text, VERSION, fileSchema, `The record of simulated images ${file}`).images;
}

/** @throws PolycastError where several records are for one id. */
export function byId(images: readonly SimulatedImage[]): ReadonlyMap<string, SimulatedImage> {
  const pairs = images.flatMap((image) => image.ids.map((id) => [id, image] as const));
  const twice = pairs.map(([id]) => id).filter((id, i, ids) => ids.indexOf(id) < i);
  if (twice.length > 0) {
    throw new PolycastError(
      "A simulated image can have one record only.",
      [...new Set(twice)].map((id) => ({ where: IMAGES_FILE, what: `several records are for ${show(id)}` })),
    );
  }
  return new Map(pairs);
}
