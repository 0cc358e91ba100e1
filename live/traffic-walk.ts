import { isDeepStrictEqual } from "node:util";
import type { AppliedTraffic } from "../constructs/dns/applied-traffic";
import { PolycastError } from "../constructs/fleet/problem";
import type { TrafficPlan } from "./traffic-valve";

/** What a walk needs of the world. */
export interface TrafficWalk {
  /** Compares anew what is wanted with what is applied, with the steps as the ones to go. */
  readonly plan: () => Promise<TrafficPlan>;
  /** Applies the next step; rejects where that did not succeed. */
  readonly apply: () => Promise<void>;
  /** Lets so many seconds pass. */
  readonly wait: (seconds: number) => Promise<void>;
  readonly tell: (progress: WalkProgress) => void;
}

export type WalkProgress =
  | {
      readonly kind: "step";
      readonly next: AppliedTraffic;
      /** 1 for the first one of this walk. */
      readonly number: number;
      /** Of the whole walk, as far as can be said now. */
      readonly of: number;
    }
  | { readonly kind: "waiting"; readonly seconds: number };

/**
 * Takes DNS from what is applied to what is wanted, step by step, and waits after each until every resolver has the new
 * answers. A step is complete in itself and holds until the next, so whatever ends a walk, another one goes on from there.
 * @throws PolycastError where no step can be taken, or what is applied afterwards is not the step.
 */
export async function walkTraffic({ plan: read, apply, wait, tell }: TrafficWalk): Promise<void> {
  const pause = async (seconds: number): Promise<void> => {
    tell({ kind: "waiting", seconds });
    await wait(seconds);
  };
  let plan = await read();
  // A walk ended here, and nobody knows how long ago.
  if (plan.applied?.step === true) await pause(secondsBetween(plan.applied, plan.next));
  for (let number = 1; ; number++) {
    const { applied, next, steps = [], refusal } = plan;
    if (refusal !== undefined) throw refusal;
    tell({ kind: "step", next, number, of: number - 1 + steps.length });
    await apply();
    plan = await read();
    if (!isDeepStrictEqual(plan.applied, next)) throw notTheStep();
    if (steps.length <= 1) return;
    await pause(secondsBetween(applied ?? next, next));
  }
}

/** Two times what a resolver may keep an answer: one for the answer, one for those that keep it longer than they may. */
export function secondsBetween(before: AppliedTraffic, after: AppliedTraffic): number {
  return 2 * Math.max(before.ttl, after.ttl);
}

function notTheStep(): PolycastError {
  return new PolycastError("The walk has ended on the way", [
    {
      where: "edge-dns",
      what: "holds something else than the step that was to be taken: it was not approved, or somebody else changed DNS, the environment or the live record",
      remedy: "See what is left: npx polycast dns plan. The same command goes on from here.",
    },
  ]);
}
