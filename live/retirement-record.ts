import { z } from "zod";
import type { Environment } from "../constructs/fleet/environment";
import { PolycastError, type Problem } from "../constructs/fleet/problem";
import { parseVersioned } from "../constructs/fleet/versioned-file";
import { leaveFleetOut } from "./leave-fleet-out";
import type { ObjectStore } from "./object-store";

/** Where the retirement of a fleet is kept, beside the live record; there is one at a time. */
const KEY = "retirement";

const VERSION = 1;
const schema = z.strictObject({
  version: z.literal(VERSION),
  fleet: z.string(),
  /**
   * How far it has come.
   * - `draining`: its share goes to zero by the traffic limit's steps;
   * - `leaving`: every synth leaves it out; DNS follows, and resolvers forget it;
   * - `destroying`: it was proven that nobody is sent there; no way leads back;
   * - `retired`: nothing is left of it but its line in the environment;
   * - `returning`: it is taken back, and gets its share again.
   */
  phase: z.enum(["draining", "leaving", "destroying", "retired", "returning"]),
  /** Percent of what the policy gives it that it had before. */
  share: z.number().min(0).max(100),
  /** Seconds that resolvers may keep an answer from before it began. */
  ttl: z.number(),
  /** When DNS had left it, in seconds of the world's clock; none before. */
  leftAt: z.number().optional(),
  /** Who began it, and why the others were not asked whether they carry its traffic. */
  by: z.string(),
  reason: z.string().optional(),
});

export type RetirementRecord = z.infer<typeof schema>;

export interface StoredRetirement {
  readonly record: RetirementRecord;
  /** What the next write follows. */
  readonly version: string;
}

/** @throws PolycastError where it is malformed or of a newer version. */
export async function readRetirement(
  objects: Pick<ObjectStore, "read">,
): Promise<StoredRetirement | undefined> {
  const stored = await objects.read(KEY);
  if (stored === undefined) return undefined;
  const { text, source, version } = stored;
  return { record: parseVersioned(text, VERSION, schema, `The retirement ${source}`), version };
}

/**
 * Writes what follows the record that was read.
 * @throws PolycastError, with nothing written, where somebody else was faster.
 */
export async function writeRetirement(
  objects: ObjectStore,
  record: Omit<RetirementRecord, "version">,
  after: string | undefined,
): Promise<void> {
  const text = `${JSON.stringify({ version: VERSION, ...record }, null, 2)}\n`;
  if (!(await objects.write(KEY, text, after))) throw overtaken(record.fleet);
}

/** Ends it. @throws PolycastError where somebody else was faster. */
export async function clearRetirement(
  objects: ObjectStore,
  { record, version }: StoredRetirement,
): Promise<void> {
  if (!(await objects.remove(KEY, version))) throw overtaken(record.fleet);
}

/** The environment that synths are about: without a fleet that is on its way out, whose line is in the file still. */
export async function withoutRetired(
  environment: Environment,
  objects: Pick<ObjectStore, "read">,
): Promise<Environment> {
  const { record } = (await readRetirement(objects)) ?? {};
  const isOut = record !== undefined && ["leaving", "destroying", "retired"].includes(record.phase);
  return isOut ? leaveFleetOut(environment, record.fleet) : environment;
}

/** @throws PolycastError where a fleet is on its way out: two commands would set its share. */
export async function refuseWhileRetiring(objects: Pick<ObjectStore, "read">, title: string): Promise<void> {
  const { record } = (await readRetirement(objects)) ?? {};
  if (record === undefined || record.phase === "retired") return;
  throw new PolycastError(title, [retirementProblem(record)]);
}

/** How far a retirement has come, and what to do about it. */
export function retirementProblem({ fleet, phase }: Pick<RetirementRecord, "fleet" | "phase">): Problem {
  const go = `npx polycast fleet retire ${fleet}`;
  const remedies: Partial<Record<RetirementRecord["phase"], string>> = {
    destroying: `Let it come to its end: ${go}`,
    retired: `Delete it from the environment, then: ${go}`,
  };
  return {
    where: `fleets.${fleet}`,
    what: phase === "retired" ? "is retired" : `is being retired: ${phase}`,
    remedy: remedies[phase] ?? `Let it come to its end, or take it back: ${go} [--back]`,
  };
}

function overtaken(fleet: string): PolycastError {
  return new PolycastError("Somebody else is retiring a fleet at this moment:", [
    { where: fleet, what: "its record has changed meanwhile", remedy: "Run the same command again." },
  ]);
}
