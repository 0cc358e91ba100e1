import type { DnsLook } from "./look";
import type { Phase, RolloutResult } from "./rollout-state";
import type { Action } from "./rollout-world";

/** DNS as a look or a step left it. */
export type DnsSeen = Pick<DnsLook, "mark" | "ttl" | "percents">;

/** What can happen to a rollout. Those that name no wave are about the one in transition. */
export type RolloutEvent =
  /** The machine's own. */
  | { readonly kind: "begin"; readonly wave: number; readonly direction: "forward" | "back" }
  | { readonly kind: "enter"; readonly phase: Exclude<Phase, "waiting"> }
  | { readonly kind: "turn back" }
  | { readonly kind: "end"; readonly result: RolloutResult }
  /** What is about to be done, recorded before it is. */
  | { readonly kind: "intend"; readonly action: Action }
  | ({ readonly kind: "steered" } & DnsSeen)
  | { readonly kind: "replaced" }
  | { readonly kind: "refused"; readonly action: Action }
  /** DNS holds something else than before, since now. */
  | ({ readonly kind: "dns" } & DnsSeen)
  /** Somebody else has changed shares. */
  | ({ readonly kind: "interference" } & DnsSeen)
  /** A look, at that time, found every fleet well. */
  | { readonly kind: "bake"; readonly at: number }
  /** A look did not. */
  | { readonly kind: "doubt" }
  /** The clock shows less than it did. */
  | { readonly kind: "clock" };

/** Who or what makes an event, and when. */
export interface Occasion {
  /** Seconds of the world's clock. */
  readonly at: number;
  /** A person, or the scheduler's name. */
  readonly by: string;
  readonly why?: string | undefined;
  readonly evidence?: readonly string[] | undefined;
}
