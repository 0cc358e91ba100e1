import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Environment } from "../constructs/fleet/environment";
import { PolycastError } from "../constructs/fleet/problem";
import {
  emptyManifest,
  formatManifest,
  parseManifest,
  type ReleaseManifest,
} from "../constructs/image/release-manifest";
import { manifestFile, readIfThere } from "../live/read-manifest";
import { imagesDirectory, PROJECT_ROOT } from "../live/state-location";

/** How a person names a file of this project. */
export function shownPath(file: string): string {
  return path.relative(PROJECT_ROOT, file);
}

/**
 * An environment's manifest, or an empty one where there is no file yet.
 * @throws PolycastError where it cannot be used.
 */
export function readOrBegin(environment: Environment): ReleaseManifest {
  const file = manifestFile(environment);
  const text = readIfThere(file);
  if (text === undefined) return emptyManifest(environment.image);
  return parseManifest(text, shownPath(file), environment.image);
}

/**
 * Writes it, whole or not at all.
 * @param before what it was made from.
 * @throws PolycastError where it cannot be written, or is another one by now; the file is as it was then.
 */
export function writeManifest(
  environment: Environment,
  before: ReleaseManifest,
  manifest: ReleaseManifest,
): void {
  const file = manifestFile(environment);
  if (!isDeepStrictEqual(readOrBegin(environment), before)) {
    throw new PolycastError("Nothing was changed.", [
      {
        where: shownPath(file),
        what: "somebody else has changed it meanwhile",
        remedy: "Run the command again.",
      },
    ]);
  }
  const draft = `${file}.${process.pid}.draft`;
  try {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(draft, formatManifest(manifest));
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    throw new PolycastError(`${shownPath(file)} cannot be written: ${(error as Error).message}`);
  }
}

/**
 * The manifests of every environment for an image: what any of them names is in use.
 * @throws PolycastError where one cannot be used.
 */
export function allManifests(image: string): readonly ReleaseManifest[] {
  const folder = path.join(imagesDirectory(), image, "manifests");
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => name.endsWith(".json"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  return names.map((name) => {
    const file = path.join(folder, name);
    return parseManifest(readFileSync(file, "utf8"), shownPath(file), image);
  });
}
