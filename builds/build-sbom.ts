import { z } from "zod";
import type { BuiltImage } from "../constructs/image/image-source";
import type { ObjectStore } from "../live/object-store";
import type { BuildRecord } from "./build-record";
import type { WantedImage } from "./wanted-images";

type Build = Pick<BuildRecord, "image" | "provider" | "hash">;

/** Where the bill of materials of a build is kept, beside its record. */
function sbomKey({ image, provider, hash }: Build): string {
  return `images/sboms/${image}/${provider}/${hash}`;
}

/**
 * Keeps the software bill of materials of an image that was built.
 * @returns its key; undefined where no builder said what is in the image: it was simulated, or nodes install at boot.
 * @throws PolycastError where what the builder said is no list of packages.
 */
export async function keepSbom(
  objects: ObjectStore,
  wanted: WantedImage,
  { packages, tools }: BuiltImage,
  builtAt: Date,
): Promise<string | undefined> {
  if (packages === undefined) return undefined;
  // A quarter of a second, which only a build pays.
  const { billOfMaterials } = await import("../constructs/image/bill-of-materials");
  const { image, provider, hash, variables, settings } = wanted;
  const baseImage = baseImageOf(settings);
  const text = billOfMaterials({ image, provider, hash, baseImage, packages, variables, builtAt, tools });
  const key = sbomKey(wanted);
  for (;;) {
    const stored = await objects.read(key);
    if (await objects.write(key, text, stored?.version)) return key;
  }
}

/** The text; undefined where there is none. */
export async function readSbom(
  objects: ObjectStore,
  { sbom }: Pick<BuildRecord, "sbom">,
): Promise<string | undefined> {
  return sbom === undefined ? undefined : (await objects.read(sbom))?.text;
}

/** Takes it away with its build; nothing happens where there is none. */
export async function forgetSbom(objects: ObjectStore, build: Build): Promise<void> {
  for (;;) {
    const stored = await objects.read(sbomKey(build));
    if (stored === undefined || (await objects.remove(sbomKey(build), stored.version))) return;
  }
}

/** A provider that pins more than one base says so with all of its settings. */
function baseImageOf(settings: unknown): string {
  const { data } = z.object({ baseImage: z.string() }).safeParse(settings);
  return data?.baseImage ?? JSON.stringify(settings);
}
