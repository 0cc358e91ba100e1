import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { PROJECT_ROOT } from "../live/state-location";

/** Version of the files that a sandbox leaves on disk; it grows when an older Polycast could not read them. */
export const FORMAT = 4;

/** Who made a sandbox's data. */
export const makerSchema = z.object({ format: z.number(), polycast: z.string() });
export type Maker = z.infer<typeof makerSchema>;

/** What a running sandbox process says about itself, in `sandbox.json`. */
export const recordSchema = makerSchema.extend({
  format: z.literal(FORMAT),
  pid: z.int().positive(),
  /** ISO 8601. */
  started: z.string(),
  /** The authoritative DNS server, UDP and TCP. */
  dns: z.object({ address: z.string(), port: z.int().min(1).max(65535) }),
  /** The world's API, on 127.0.0.1; the token opens it. */
  world: z.object({ port: z.int().min(1).max(65535), token: z.string() }),
  /** Where nodes register; the token is the operator's. */
  controlPlane: z.object({ url: z.string(), token: z.string() }),
  /** Environment variables with which a client finds the simulated DNS services' APIs. */
  dnsApis: z.record(z.string(), z.string()),
  /** The same of the simulated APIs with which images are made. */
  imageApis: z.record(z.string(), z.string()),
  /** What Terraform reads in TF_REATTACH_PROVIDERS, by provider address. */
  reattach: z.record(
    z.string(),
    z.object({
      Protocol: z.literal("grpc"),
      ProtocolVersion: z.int(),
      Pid: z.int(),
      Test: z.boolean(),
      Addr: z.object({ Network: z.string(), String: z.string() }),
    }),
  ),
});
export type SandboxRecord = z.infer<typeof recordSchema>;

/** This Polycast, as the maker of data. */
export function thisPolycast(): Maker {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(PROJECT_ROOT, "package.json"), "utf8")));
  return { format: FORMAT, polycast: version };
}

/**
 * Writes a JSON file so that a reader sees the old content or the new, never half of it.
 * @param mode who may read it; by default everybody.
 */
export function writeJson(path: string, content: unknown, mode?: number): void {
  const draft = `${path}.${process.pid}.draft`;
  writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { mode });
  renameSync(draft, path);
}

/**
 * Reads a JSON file; undefined where there is none.
 *
 * @throws SyntaxError where it is not JSON.
 */
export function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
