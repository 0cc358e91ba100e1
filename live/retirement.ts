import type { Problem } from "../constructs/fleet/problem";
import type { RetirementRecord } from "./retirement-record";

/** What a retirement is decided by. Times are in seconds of the world's clock. */
export interface RetirementLook {
  readonly fleet: string;
  readonly record: RetirementRecord | undefined;
  /** Whether the environment's file still has the fleet. */
  readonly listed: boolean;
  /** How many objects the state of its stack holds. */
  readonly objects: number;
  readonly now: number;
  /** How long after DNS has left it some resolver may still answer with it. */
  readonly hold: number;
}

export type RetirementDecision =
  /** Check that the others carry its traffic, and record that it begins. */
  | { readonly kind: "begin" }
  /** Record that it goes the other way. */
  | { readonly kind: "turn"; readonly to: "draining" | "returning" }
  /** Walk DNS to a share of zero; then it may leave. */
  | { readonly kind: "drain" }
  /** Take it out of DNS altogether, and note when. */
  | { readonly kind: "leave" }
  | { readonly kind: "wait"; readonly seconds: number }
  /** Ask every name server; then it may be destroyed. */
  | { readonly kind: "prove" }
  | { readonly kind: "destroy" }
  /** Take it out of what is recorded. */
  | { readonly kind: "forget" }
  /** Give it its share back; then the retirement is over. */
  | { readonly kind: "return" }
  /** Nothing is left, and its line is gone: so may be the note of it. */
  | { readonly kind: "clear" }
  /** Nothing is left but its line in the environment. */
  | { readonly kind: "retired" }
  | { readonly kind: "refuse"; readonly problem: Problem };

/**
 * The next step of a retirement, forward or back: pure. Each step may be taken again, so whatever interrupts one, the same
 * command goes on; and nothing is destroyed that any name server, or a resolver that keeps its TTL, still answers with.
 */
export function decideRetirement(look: RetirementLook, direction: "forward" | "back"): RetirementDecision {
  const { fleet, record } = look;
  if (record !== undefined && record.fleet !== fleet) return refuse(look, otherRemedy(record));
  return direction === "forward" ? forward(look) : back(look);
}

function forward(look: RetirementLook): RetirementDecision {
  const { record, listed, objects, now, hold } = look;
  if (record?.phase === "retired") return { kind: listed ? "retired" : "clear" };
  if (!listed) return notListed(look);
  switch (record?.phase) {
    case undefined:
      return { kind: "begin" };
    case "returning":
      return { kind: "turn", to: "draining" };
    case "draining":
      return { kind: "drain" };
    case "leaving":
      if (record.leftAt === undefined) return { kind: "leave" };
      return now < record.leftAt + hold
        ? { kind: "wait", seconds: record.leftAt + hold - now }
        : { kind: "prove" };
    case "destroying":
      return { kind: objects > 0 ? "destroy" : "forget" };
  }
}

function back(look: RetirementLook): RetirementDecision {
  switch (look.record?.phase) {
    case undefined:
      return refuse(look, { what: "is not being retired" });
    case "draining":
    case "leaving":
      return look.listed ? { kind: "turn", to: "returning" } : notListed(look);
    case "returning":
      return look.listed ? { kind: "return" } : notListed(look);
    case "destroying":
    case "retired":
      return refuse(look, {
        what: "is destroyed, or partly so; no way leads back",
        remedy: `Go on: npx polycast fleet retire ${look.fleet}. A fleet that is deployed anew is a new one, with another address.`,
      });
  }
}

function notListed(look: RetirementLook): RetirementDecision {
  return refuse(look, {
    what: "is not in the environment, which says how it is reached",
    ...(look.record !== undefined && { remedy: "Put its line back until the retirement has ended." }),
  });
}

function refuse({ fleet }: RetirementLook, said: Omit<Problem, "where">): RetirementDecision {
  return { kind: "refuse", problem: { where: `fleets.${fleet}`, ...said } };
}

function otherRemedy({ fleet, phase }: RetirementRecord): Omit<Problem, "where"> {
  const go = `npx polycast fleet retire ${fleet}`;
  return phase === "retired"
    ? {
        what: `has to wait: ${fleet} is retired, and its note is still there`,
        remedy: `Delete ${fleet} from the environment, then: ${go}`,
      }
    : { what: `has to wait: ${fleet} is being retired`, remedy: `Let that come to its end: ${go}` };
}
