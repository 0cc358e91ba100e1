import { z } from "zod";
import { FIRST_SLOTS, SECRET_SLOTS, type SecretSlots } from "../constructs/fleet/log-access";
import { PolycastError } from "../constructs/fleet/problem";
import { parseVersioned } from "../constructs/fleet/versioned-file";
import type { StatePlace } from "./live-store";
import { appliedSlots, type AppliedSlots } from "./applied-identity";
import { fleetStackName } from "./stack-names";

/**
 * How far a rotation has come.
 * - `settled`: there is one secret, which the nodes have.
 * - `created`: there is a second one, which no node has yet.
 * - `given`: nodes are given the second one; the first one still works.
 * - `inactive`: the first one is refused, and could be switched on again.
 */
export const PHASES = ["settled", "created", "given", "inactive"] as const;
export type RotationPhase = (typeof PHASES)[number];

const VERSION = 1;
const schema = z.strictObject({
  version: z.literal(VERSION),
  fleet: z.string(),
  /** The slot whose secret the nodes are given. */
  given: z.enum(SECRET_SLOTS),
  phase: z.enum(PHASES),
  /** When the rotation came to this phase. */
  since: z.iso.datetime(),
  /** How a person knew that no node needs the other secret, where the nodes did not say it themselves. */
  confirmed: z.string().optional(),
});

/** Which secret a fleet's nodes are to have; a rotation writes it step by step, and every synth reads it. */
export type RotationRecord = z.infer<typeof schema>;
export type RotationStep = Pick<RotationRecord, "given" | "phase" | "confirmed">;

export interface StoredRotation {
  readonly step: RotationStep;
  /** Undefined where nothing is recorded. */
  readonly since: string | undefined;
  /** What the next write follows. */
  readonly version: string | undefined;
}

type Place = Pick<StatePlace, "objects" | "readState">;

function keyOf(fleet: string): string {
  return `secrets/${fleet}`;
}

/** What a fleet's stack makes of a step. */
export function slotsOf({ given, phase }: Pick<RotationStep, "given" | "phase">): SecretSlots {
  const other = { settled: "absent", created: "usable", given: "usable", inactive: "inactive" } as const;
  return { given, other: other[phase] };
}

/**
 * How far the rotation of a fleet's secret has come: as recorded; else, before the first one or where the record was lost, as
 * the last apply left it.
 * @throws PolycastError where the record is malformed or another fleet's.
 */
export async function readRotation(place: Place, fleet: string): Promise<StoredRotation> {
  const stored = await place.objects.read(keyOf(fleet));
  if (stored === undefined) {
    const applied = appliedSlots(await place.readState(fleetStackName(fleet)));
    return { step: stepOf(applied), since: undefined, version: undefined };
  }
  const record = parseVersioned(stored.text, VERSION, schema, `The record of secrets ${stored.source}`);
  if (record.fleet !== fleet) {
    throw new PolycastError(
      `The record of secrets ${stored.source} belongs to the fleet "${record.fleet}", not to "${fleet}".`,
    );
  }
  return { step: record, since: record.since, version: stored.version };
}

/** Of two secrets that work, the newer one is on its way to the nodes, or has arrived there. */
export function stepOf(applied: AppliedSlots | undefined): RotationStep {
  if (applied === undefined) return { given: FIRST_SLOTS.given, phase: "settled" };
  const { slots, given, other } = applied;
  if (slots.other === "usable") {
    const isNewer = Date.parse(given.made ?? "") > Date.parse(other?.made ?? "");
    return { given: slots.given, phase: isNewer ? "given" : "created" };
  }
  return { given: slots.given, phase: slots.other === "inactive" ? "inactive" : "settled" };
}

/**
 * Writes the step that follows the one that was read.
 * @returns false, with nothing written, when somebody else was faster.
 */
export function writeRotation(
  place: Pick<Place, "objects">,
  fleet: string,
  step: RotationStep,
  after: string | undefined,
): Promise<boolean> {
  const record: RotationRecord = { version: VERSION, fleet, ...step, since: new Date().toISOString() };
  return place.objects.write(keyOf(fleet), `${JSON.stringify(record, null, 2)}\n`, after);
}

/** Forgets how far the rotation of a destroyed fleet's secret had come. */
export async function forgetRotation({ objects }: Pick<Place, "objects">, fleet: string): Promise<void> {
  for (;;) {
    const stored = await objects.read(keyOf(fleet));
    if (stored === undefined || (await objects.remove(keyOf(fleet), stored.version))) return;
  }
}
