import { z } from "zod";
import { PolycastError, show, suggest } from "../fleet/problem";
import { parseVersioned } from "../fleet/versioned-file";

/** The newest manifest version that this code reads. */
const VERSION = 1;

const schema = z.strictObject({
  version: z.literal(VERSION),
  /** The image's folder below `images/`. */
  image: z.string().min(1),
  /** The release that a fleet without a live record starts with. */
  stable: z.string().min(1),
  /** Release id -> provider -> that provider's own way to name an image. */
  releases: z.record(z.string().regex(/^[a-z0-9][a-z0-9._-]*$/i), z.record(z.string(), z.unknown())),
});

/** Which releases of an image exist, and what each is called at each provider. */
export type ReleaseManifest = z.infer<typeof schema>;

/**
 * Reads a manifest.
 * @param text what the file holds; undefined where there is none.
 * @param file its name, for errors.
 * @throws PolycastError when it is missing, malformed, of a newer version or for another image.
 */
export function parseManifest(text: string | undefined, file: string, image: string): ReleaseManifest {
  if (text === undefined) {
    throw new PolycastError(`No release manifest: ${file} does not exist.`, [
      {
        where: file,
        what: `it lists the releases of the image "${image}" that this environment may run`,
        remedy: "Build and promote an image, or write the file as docs/releases.md shows.",
      },
    ]);
  }
  const manifest = parseVersioned(text, VERSION, schema, `The release manifest ${file}`);
  const problems = [];
  if (manifest.image !== image) {
    problems.push({ where: "image", what: `is for "${manifest.image}", the environment runs "${image}"` });
  }
  if (manifest.releases[manifest.stable] === undefined) {
    problems.push({
      where: "stable",
      what: `no such release ${show(manifest.stable)}; ${suggest(manifest.stable, Object.keys(manifest.releases))}`,
    });
  }
  if (problems.length > 0) throw new PolycastError(`The release manifest ${file} cannot be used.`, problems);
  return manifest;
}
