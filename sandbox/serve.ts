import { rmSync } from "node:fs";
import { serveDns } from "./dns/server";
import type { RecordSource } from "./dns/zones";
import type { SandboxPlaces } from "./places";
import { readJson, recordSchema, thisPolycast, writeJson, type SandboxRecord } from "./sandbox-record";

/** How often a running sandbox makes sure that it is still the one its directory speaks of, in milliseconds. */
const CHECK_EVERY = 1_000;

/** The simulated clouds as the sandbox process needs them. */
export interface Clouds {
  readonly records: RecordSource;
  readonly reattach: SandboxRecord["reattach"];
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
  const dns = await serveDns({ source: clouds.records, log });
  const record: SandboxRecord = {
    ...thisPolycast(),
    format: 1,
    pid: process.pid,
    started: new Date().toISOString(),
    dns: { address: "127.0.0.1", port: dns.port },
    reattach: clouds.reattach,
  };
  writeJson(places.record, record);
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
