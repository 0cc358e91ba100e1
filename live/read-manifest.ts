import { readFileSync } from "node:fs";
import path from "node:path";
import type { Environment } from "../constructs/fleet/environment";
import { parseManifest, type ReleaseManifest } from "../constructs/image/release-manifest";
import { PROJECT_ROOT } from "./state-location";

/**
 * The releases that an environment may run: `images/<image>/manifests/<environment>.json`.
 * @throws PolycastError where it is missing or cannot be used.
 */
export function readManifest({ name, image }: Pick<Environment, "name" | "image">): ReleaseManifest {
  const file = path.join("images", image, "manifests", `${name}.json`);
  return parseManifest(readIfThere(path.join(PROJECT_ROOT, file)), file, image);
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
