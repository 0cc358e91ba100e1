import { z } from "zod";
import { PolycastError, show, suggest, type Problem } from "../fleet/problem";
import { parseVersioned } from "../fleet/versioned-file";

/** The newest manifest version that this code reads. */
const VERSION = 1;

/** What may be rolled out: `candidate` is on trial, `stable` is what a fleet without a live record starts with. */
export const CHANNELS = ["candidate", "stable"] as const;
export type Channel = (typeof CHANNELS)[number];

const hash = z.string().regex(/^[0-9a-f]{64}$/, "is no content address of 64 hexadecimal digits");

/** A release's id, as it stands in names, user data and on command lines. */
export const RELEASE_ID = /^[a-z0-9][a-z0-9._-]{0,62}$/i;

const releaseSchema = z.strictObject({
  /** Provider -> that provider's own way to name an image. */
  images: z.record(z.string(), z.unknown()),
  /** Provider -> content address of the build; without: the image was made elsewhere. */
  builds: z.record(z.string(), hash).optional(),
  /** Git commit that it was built from. */
  commit: z.string().optional(),
  /** Why nobody may start it any more. */
  revoked: z.string().min(1).optional(),
});
export type Release = Readonly<z.infer<typeof releaseSchema>>;

const schema = z.strictObject({
  version: z.literal(VERSION),
  /** The image's folder below `images/`. */
  image: z.string().min(1),
  /** Channel -> release. */
  channels: z.strictObject({ candidate: z.string().optional(), stable: z.string().optional() }),
  releases: z.record(z.string().regex(RELEASE_ID), releaseSchema),
});

/** Which releases of an image an environment may run, and what each is called at each provider. */
export type ReleaseManifest = Readonly<z.infer<typeof schema>>;

/** A manifest of nothing yet. */
export function emptyManifest(image: string): ReleaseManifest {
  return { version: VERSION, image, channels: {}, releases: {} };
}

/**
 * Reads a manifest.
 * @param text what the file holds; undefined where there is none.
 * @param file its name, for errors.
 * @throws PolycastError when it is missing, malformed, of a newer version, for another image, or contradicts itself.
 */
export function parseManifest(text: string | undefined, file: string, image: string): ReleaseManifest {
  if (text === undefined) {
    throw new PolycastError(`No release manifest: ${file} does not exist.`, [
      {
        where: file,
        what: `it lists the releases of the image "${image}" that this environment may run`,
        remedy:
          "Build and promote: npx polycast image build, then npx polycast image promote --to stable; or write the file as docs/releases.md shows.",
      },
    ]);
  }
  const manifest = parseVersioned(text, VERSION, schema, `The release manifest ${file}`);
  const problems = [...checkImageName(manifest, image), ...checkChannels(manifest), ...checkBuilds(manifest)];
  if (problems.length > 0) throw new PolycastError(`The release manifest ${file} cannot be used.`, problems);
  return manifest;
}

/** The text of a manifest, as a person reviews it. */
export function formatManifest(manifest: ReleaseManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

function checkImageName({ image }: ReleaseManifest, wanted: string): readonly Problem[] {
  return image === wanted
    ? []
    : [{ where: "image", what: `is for "${image}", the environment runs "${wanted}"` }];
}

/** That a channel leads to a revoked release is no contradiction: it stops those who would start with it, and nobody else. */
function checkChannels({ channels, releases }: ReleaseManifest): readonly Problem[] {
  return CHANNELS.flatMap((channel) => {
    const id = channels[channel];
    if (id === undefined || Object.hasOwn(releases, id)) return [];
    return [
      {
        where: `channels.${channel}`,
        what: `no such release ${show(id)}; ${suggest(id, Object.keys(releases))}`,
      },
    ];
  });
}

/** A build's address belongs to an image of the same provider. */
function checkBuilds({ releases }: ReleaseManifest): readonly Problem[] {
  return Object.entries(releases).flatMap(([id, { images, builds = {} }]) =>
    Object.keys(builds)
      .filter((provider) => !Object.hasOwn(images, provider))
      .map((provider) => ({
        where: `releases.${id}.builds.${provider}`,
        what: `is a build of ${provider}, but the release has no image for it`,
      })),
  );
}
