import { z } from "zod";
import { PolycastError } from "../constructs/fleet/problem";
import { parseVersioned } from "../constructs/fleet/versioned-file";
import { rolloutPlanSchema, type PlannedWave, type RolloutPlan } from "./rollout-plan";

/** The newest version of the state that this code reads. */
const VERSION = 1;

/**
 * Where a wave is. Forward and back it goes the same way, with another release:
 *
 * - `waiting`: nothing was done for it;
 * - `draining`: the fleet's share goes down the ladder;
 * - `replacing`: the fleet is drained, its nodes are being told to be of the release;
 * - `settling`: the provider replaces them;
 * - `verifying`: it has, and nobody is sent there until all evidence is good;
 * - `restoring`: its share goes up the ladder;
 * - `baking`: it serves its whole share, and has to prove itself;
 * - `done`: forward: it has baked; back: it is as it was.
 */
export const PHASES = [
  "waiting",
  "draining",
  "replacing",
  "settling",
  "verifying",
  "restoring",
  "baking",
  "done",
] as const;
export type Phase = (typeof PHASES)[number];

const word = z.strictObject({ at: z.number(), by: z.string(), why: z.string().optional() });

const wave = z.strictObject({
  phase: z.enum(PHASES),
  /** `back`: the fleet gets what it had. */
  direction: z.enum(["forward", "back"]),
  /** When it entered the phase. */
  since: z.number(),
  /** Whether a replacement was begun, so that its nodes may be of the new release. */
  touched: z.boolean(),
  /** The share that its last step was to give it, recorded before the step. */
  intent: z.number().optional(),
  /** Seconds baked so far. */
  baked: z.number(),
  /** The last look that counts for the bake; none: nothing is counted up to the next. */
  bakedAt: z.number().optional(),
  /** Why the last attempt to replace nodes failed. */
  refused: z.string().optional(),
  /** Who let it begin, where a person must. */
  approved: word.optional(),
  /** A person's word that this phase may be left without what it waits for. */
  forced: word.optional(),
});

const schema = z.strictObject({
  version: z.literal(VERSION),
  /** Unique. */
  id: z.string(),
  plan: rolloutPlanSchema,
  /** One per wave of the plan. */
  waves: z.array(wave),
  /** `back`: the wave in transition is undone, no other begins; `all-back`: those that have baked are undone too. */
  course: z.enum(["forward", "back", "all-back"]),
  /** DNS as it was last seen or made, and since when; none before the first look. */
  dns: z
    .strictObject({
      mark: z.string(),
      since: z.number(),
      /** Seconds until every resolver has it: twice the longer time to live, of before and after. */
      hold: z.number(),
      ttl: z.number(),
      percents: z.record(z.string(), z.number()),
    })
    .optional(),
  paused: word.optional(),
  ended: z
    .strictObject({ at: z.number(), result: z.enum(["finished", "rolled back", "abandoned"]) })
    .optional(),
  /** Append-only. */
  history: z.array(
    z.strictObject({
      at: z.number(),
      by: z.string(),
      /** Name of the event. */
      what: z.string(),
      /** The fleet that it is about. */
      fleet: z.string().optional(),
      why: z.string().optional(),
      /** What was seen. */
      evidence: z.array(z.string()).optional(),
    }),
  ),
});

/** All that is recorded of a rollout. Times are in seconds of the world's clock. */
export type RolloutState = z.infer<typeof schema>;
export type WaveState = RolloutState["waves"][number];
export type HistoryEntry = RolloutState["history"][number];
export type RolloutResult = NonNullable<RolloutState["ended"]>["result"];

/** A wave's plan and state. */
export interface Wave {
  readonly index: number;
  readonly plan: PlannedWave;
  readonly state: WaveState;
}

/**
 * A rollout at its start; nothing has happened yet.
 * @param last the one before it, in the same environment.
 * @throws PolycastError where that one has not ended.
 */
export function startRollout(
  last: RolloutState | undefined,
  plan: RolloutPlan,
  { id, at, by }: { readonly id: string; readonly at: number; readonly by: string },
): RolloutState {
  if (last !== undefined && last.ended === undefined) {
    throw new PolycastError("The rollout was not started:", [
      {
        where: plan.environment,
        what: `the rollout ${last.id} of release "${last.plan.release}" has not ended`,
        remedy: "Let it go on, abort it, or abandon it with a reason.",
      },
    ]);
  }
  const waves = plan.waves.map((): WaveState => ({
    phase: "waiting",
    direction: "forward",
    since: at,
    touched: false,
    baked: 0,
  }));
  const history = [{ at, by, what: "start" }];
  return { version: VERSION, id, plan, waves, course: "forward", history };
}

export function wavesOf({ plan, waves }: RolloutState): readonly Wave[] {
  return plan.waves.map((wave, index) => ({ index, plan: wave, state: waves[index] as WaveState }));
}

/** The wave that has begun and is not done; there is never more than one. */
export function waveInTransition(rollout: RolloutState): Wave | undefined {
  return wavesOf(rollout).find(({ state }) => isInTransition(state));
}

export function isInTransition({ phase }: WaveState): boolean {
  return phase !== "waiting" && phase !== "done";
}

/**
 * Reads a state.
 * @param source where the text comes from, for errors.
 * @throws PolycastError when it is malformed, of a newer version or another environment's.
 */
export function parseRollout(text: string, source: string, environment: string): RolloutState {
  const rollout = parseVersioned(text, VERSION, schema, `The rollout ${source}`);
  const { plan, waves } = rollout;
  if (plan.environment !== environment) {
    throw new PolycastError(
      `The rollout ${source} belongs to the environment "${plan.environment}", not to "${environment}".`,
    );
  }
  const unknown = plan.waves.filter((each) => !(each.fleet in plan.fleets));
  if (waves.length !== plan.waves.length || unknown.length > 0) {
    throw new PolycastError(`The rollout ${source} is malformed.`, [
      {
        where: "waves",
        what: `${waves.length} are recorded, ${plan.waves.length} planned, ${unknown.length} of them for fleets that are not in the plan`,
      },
    ]);
  }
  return rollout;
}

/** The text of a state, as its stores keep it. */
export function formatRollout(rollout: RolloutState): string {
  return `${JSON.stringify(rollout, null, 2)}\n`;
}
