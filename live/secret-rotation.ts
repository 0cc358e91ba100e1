import { isDeepStrictEqual } from "node:util";
import { otherSlot, type LogAccess } from "../constructs/fleet/log-access";
import type { Problem } from "../constructs/fleet/problem";
import { slotsOf, stepOf, type RotationStep } from "./rotation-record";
import type { AppliedSlots } from "./applied-identity";

/** A node and the secret that it says it was given. */
export interface NodeSecret {
  readonly name: string;
  readonly site: string;
  /** Undefined: it does not say. */
  readonly secretId: string | undefined;
}

/** What a rotation is decided by. */
export interface RotationLook {
  readonly step: RotationStep;
  /** What the last apply left; undefined before the first. */
  readonly applied: AppliedSlots | undefined;
  /** The fleet's nodes, or why nobody knows them. */
  readonly nodes: readonly NodeSecret[] | string;
  /** Site -> the fewest nodes that it should have. */
  readonly wanted: Readonly<Record<string, number>>;
  /** How a person knows that every node has the given secret. */
  readonly confirmed?: string;
}

export type RotationDecision =
  /** This step is to be recorded, and then deployed. */
  | { readonly kind: "take"; readonly step: RotationStep }
  /** The recorded step is to be deployed first. */
  | { readonly kind: "deploy" }
  | { readonly kind: "nothing to go back to" }
  /** A node could be left without a working secret. */
  | { readonly kind: "hold"; readonly problems: readonly Problem[] };

/**
 * The next step of a rotation, forward or back: pure. A step is decided only when the one before is deployed, and one that
 * ends a secret only when every node is known to have the other one; so at any moment, whatever is interrupted, each node
 * has a secret that works.
 */
export function decideRotation(
  look: RotationLook,
  direction: "forward" | "back",
  rotation: LogAccess["rotation"],
): RotationDecision {
  const { step, applied, confirmed } = look;
  const next = direction === "forward" ? forward(step, rotation) : back(step, applied);
  if (next === undefined) return { kind: "nothing to go back to" };
  const holds = (slots: RotationStep) => isDeployed(slots, applied);
  // Back to what is deployed still: nothing has to be done for it.
  if (direction === "back" && holds(next)) return { kind: "take", step: next };
  if (!holds(step) && (direction === "forward" || next.phase === "settled")) return { kind: "deploy" };
  if (next.phase !== "inactive" && next.phase !== "settled") return { kind: "take", step: next };
  const problems = confirmed === undefined && applied !== undefined ? withoutGiven(look, applied) : [];
  if (problems.length > 0) return { kind: "hold", problems };
  return { kind: "take", step: { ...next, ...(confirmed !== undefined && { confirmed }) } };
}

/** Whether the last apply left what a step wants. */
export function isDeployed(step: RotationStep, applied: AppliedSlots | undefined): boolean {
  return applied !== undefined && isDeepStrictEqual(applied.slots, slotsOf(step));
}

function forward({ given, phase }: RotationStep, rotation: LogAccess["rotation"]): RotationStep {
  switch (phase) {
    case "settled":
      return { given, phase: "created" };
    case "created":
      return { given: otherSlot(given), phase: "given" };
    case "given":
      return { given, phase: rotation === "two slots" ? "settled" : "inactive" };
    case "inactive":
      return { given, phase: "settled" };
  }
}

function back({ given, phase }: RotationStep, applied: AppliedSlots | undefined): RotationStep | undefined {
  switch (phase) {
    case "settled":
      // Recorded and not deployed: the secret that it ends is there still.
      return applied?.slots.given === given && applied.slots.other !== "absent" ? stepOf(applied) : undefined;
    case "created":
      return { given, phase: "settled" };
    case "given":
      return { given: otherSlot(given), phase: "created" };
    case "inactive":
      return { given, phase: "given" };
  }
}

/**
 * Nodes that are not known to have the given secret. One that the control plane does not hear of may run, and write logs: where
 * a site has fewer than it should, the missing ones may have the other secret.
 */
function withoutGiven({ nodes, wanted }: RotationLook, { given }: AppliedSlots): readonly Problem[] {
  const remedy = 'Wait until they are replaced; or say how you know: --confirmed "..."';
  if (typeof nodes === "string") return [{ where: "nodes", what: `are not known: ${nodes}`, remedy }];
  if (nodes.length === 0) return [{ where: "nodes", what: "there are none that say what they have", remedy }];
  const others = nodes
    .filter(({ secretId }) => secretId !== given.id)
    .map(({ name, secretId }) => ({
      where: name,
      what: secretId === undefined ? "does not say which secret it has" : `still has ${secretId}`,
    }));
  const missing = Object.entries(wanted).flatMap(([site, fewest]) => {
    const known = nodes.filter((node) => node.site === site).length;
    return known >= fewest
      ? []
      : [
          {
            where: site,
            what: `${known} of ${fewest} nodes are known; the others may have the other secret`,
          },
        ];
  });
  const problems = [...others, ...missing];
  return problems.map((problem, index) => ({ ...problem, ...(index === problems.length - 1 && { remedy }) }));
}
