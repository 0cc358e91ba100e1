import { createHash } from "node:crypto";
import { z } from "zod";
import { PolycastError } from "../constructs/fleet/problem";
import { parseVersioned } from "../constructs/fleet/versioned-file";
import { imageChecksSchema } from "../constructs/image/image-checks";

const VERSION = 1;

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

const contentSchema = z.strictObject({
  version: z.literal(VERSION),
  image: z.string(),
  provider: z.string(),
  /** Content address of the image. */
  hash: sha256,
  /** Of what all providers' images share: images of one source have it in common. */
  shared: sha256,
  /** What a release manifest names the image by: the provider's own form. */
  entry: z.json(),
  /** Bytes in one place, where the provider says so. */
  sizeBytes: z.number().int().nonnegative().optional(),
  checks: imageChecksSchema,
  started: z.iso.datetime(),
  finished: z.iso.datetime(),
  /** Program -> version. */
  tools: z.record(z.string(), z.string()),
  source: z.strictObject({
    /** Git commit; undefined: not a git work tree. */
    commit: z.string().optional(),
    /** True: the image's folder differed from that commit. */
    dirty: z.boolean(),
  }),
  /** Name of the log in the builder's `POLYCAST_HOME/<environment>/logs/images/`. */
  log: z.string(),
  /** Key of the software bill of materials in the same store. */
  sbom: z.string().optional(),
});

const schema = contentSchema.extend({
  /** SHA-256 of all the rest: somebody who edits a record by hand is noticed. */
  digest: sha256,
});

/** One finished build of one provider's image. */
export type BuildRecord = Readonly<z.infer<typeof contentSchema>>;

/** Version of the records that are written. */
export const RECORD_VERSION = VERSION;

/** The text of a record, as its store keeps it. */
export function formatBuildRecord(record: BuildRecord): string {
  return `${JSON.stringify({ ...record, digest: digestOf(record) }, null, 2)}\n`;
}

/**
 * Reads a record.
 * @param source where the text comes from, for errors.
 * @throws PolycastError when it is malformed, of a newer version, or not as it was written.
 */
export function parseBuildRecord(text: string, source: string): BuildRecord {
  const { digest, ...record } = parseVersioned(text, VERSION, schema, `The record of an image ${source}`);
  if (digest === digestOf(record)) return record;
  throw new PolycastError("A record of an image is not as it was written.", [
    {
      where: source,
      what: "its digest is another one: it was changed by hand, or damaged",
      remedy: "Restore its older version, or delete it: the next build writes it anew.",
    },
  ]);
}

function digestOf(record: BuildRecord): string {
  return createHash("sha256").update(JSON.stringify(record, sorted)).digest("hex");
}

/** A store may give the keys of an object back in another order. */
function sorted(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
