import { z } from "zod";
import { PolycastError } from "../constructs/fleet/problem";
import { parseVersioned } from "../constructs/fleet/versioned-file";

/** The newest version of the live record that this code reads. */
const VERSION = 1;

const schema = z.strictObject({
  version: z.literal(VERSION),
  environment: z.string(),
  fleets: z.record(
    z.string(),
    z.strictObject({
      /** Id of the release that the fleet runs. */
      release: z.string(),
      /** Site -> id of the release that it runs instead. Left out: every site runs the fleet's. */
      sites: z.record(z.string(), z.string()).optional(),
      /** Percent of what the traffic policy gives the fleet: 100 is all of it, 0 is drained. */
      share: z.number().min(0).max(100),
    }),
  ),
});

/** What is running in an environment: each fleet's release, and its share at this moment. */
export type LiveRecord = z.infer<typeof schema>;
export type LiveFleet = LiveRecord["fleets"][string];

export function emptyRecord(environment: string): LiveRecord {
  return { version: VERSION, environment, fleets: {} };
}

/**
 * Reads a live record.
 * @param source where the text comes from, for errors.
 * @throws PolycastError when it is malformed, of a newer version or another environment's.
 */
export function parseLiveRecord(text: string, source: string, environment: string): LiveRecord {
  const record = parseVersioned(text, VERSION, schema, `The live record ${source}`);
  if (record.environment !== environment) {
    throw new PolycastError(
      `The live record ${source} belongs to the environment "${record.environment}", not to "${environment}".`,
    );
  }
  return record;
}

/** The text of a live record, as its stores keep it. */
export function formatLiveRecord(record: LiveRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}
