import { rmSync } from "node:fs";
import type { FeedSource } from "./dns/feeds";
import { serveDns } from "./dns/server";
import type { RecordSource } from "./dns/record-source";
import type { SandboxPlaces } from "./places";
import {
  FORMAT,
  readJson,
  recordSchema,
  thisPolycast,
  writeJson,
  type SandboxRecord,
} from "./sandbox-record";

/** How often a running sandbox makes sure that it is still the one its directory speaks of, in milliseconds. */
const CHECK_EVERY = 1_000;

/** Only the user who started it: the record holds the token of the world's API. */
const PRIVATE = 0o600;

/** The simulated clouds, and what runs behind them, as the sandbox process needs them. */
export interface Clouds {
  readonly records: RecordSource;
  readonly feeds: FeedSource;
  /** How others reach them. */
  readonly services: Pick<SandboxRecord, "reattach" | "world" | "controlPlane" | "dnsApis" | "imageApis">;
  close(): Promise<void>;
}

export interface RunningSandbox {
  readonly record: SandboxRecord;
  close(): Promise<void>;
}

/**
 * Serves the clouds and their DNS, and says so in `sandbox.json` once both answer.
 *
 * @param onAbandoned is called once when `sandbox.json` no longer speaks of this process (somebody deleted the
 *   directory): nobody could find, use or stop it any more.
 */
export async function serveSandbox(
  places: SandboxPlaces,
  clouds: Clouds,
  log: (line: string) => void,
  onAbandoned: () => void,
): Promise<RunningSandbox> {
  const dns = await serveDns({ source: clouds.records, feeds: clouds.feeds, log });
  const record: SandboxRecord = {
    ...thisPolycast(),
    format: FORMAT,
    pid: process.pid,
    started: new Date().toISOString(),
    dns: { address: "127.0.0.1", port: dns.port },
    ...clouds.services,
  };
  writeJson(places.record, record, PRIVATE);
  const check = setInterval(() => {
    if (isStillOurs(places)) return;
    clearInterval(check);
    onAbandoned();
  }, CHECK_EVERY);
  return {
    record,
    close: async () => {
      clearInterval(check);
      if (isStillOurs(places)) rmSync(places.record, { force: true });
      await Promise.all([dns.close(), clouds.close()]);
    },
  };
}

function isStillOurs({ record }: SandboxPlaces): boolean {
  try {
    return recordSchema.parse(readJson(record)).pid === process.pid;
  } catch {
    return false;
  }
}
