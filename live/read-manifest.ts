import { readFileSync } from "node:fs";
import path from "node:path";
import type { Environment } from "../constructs/fleet/environment";
import { parseManifest, type ReleaseManifest } from "../constructs/image/release-manifest";
import { imagesDirectory, PROJECT_ROOT } from "./state-location";

/** The file of the releases that an environment may run: `images/<image>/manifests/<environment>.json`; absolute. */
export function manifestFile({ name, image }: Pick<Environment, "name" | "image">): string {
  return path.join(imagesDirectory(), image, "manifests", `${name}.json`);
}

/**
 * The releases that an environment may run.
 * @throws PolycastError where the file is missing or cannot be used.
 */
export function readManifest(environment: Pick<Environment, "name" | "image">): ReleaseManifest {
  const file = manifestFile(environment);
  return parseManifest(readIfThere(file), path.relative(PROJECT_ROOT, file), environment.image);
}

/** A file's text; undefined where there is none. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
