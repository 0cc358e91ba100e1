/** Through these a rollout touches the world: who carries it out implements them. */
import type { DnsLook, Look } from "./look";
import type { PlannedReleases, RolloutPlan } from "./rollout-plan";
import type { RolloutState } from "./rollout-state";

/** Gives a fleet a share, one step of DNS towards it. */
export interface Steer {
  readonly kind: "steer";
  readonly fleet: string;
  /** What the live record is to say; DNS may need more than one step to arrive there. */
  readonly percent: number;
  /** Points of traffic that this step may move at most. */
  readonly limit: number;
}

/** Makes the nodes of a fleet be of a release. */
export interface Replace {
  readonly kind: "replace";
  readonly fleet: string;
  /**
   * What the whole fleet is to run, by the manifest's entries, exactly: refuse where the manifest holds something else by
   * now.
   */
  readonly release: PlannedReleases;
  /** The sites that it is about: nothing of the others may change. Left out: all. */
  readonly sites?: readonly string[];
}

export type Action = Steer | Replace;

/** What became of an action. Whoever cannot tell throws: the action is taken again. */
export type Outcome =
  | {
      readonly kind: "done";
      /** DNS afterwards; after a step only. */
      readonly dns?: Pick<DnsLook, "mark" | "ttl" | "percents">;
    }
  /** The provider, the traffic valve or the check of Terraform's plan has said no; some of it may have happened. */
  | { readonly kind: "refused"; readonly why: string };

/**
 * The world. Every action says what is to be, not what is to change: to take it again, after a crash or a replay, changes
 * nothing that it has changed already.
 */
export interface RolloutWorld {
  /** Seconds of the world's clock since 1970. */
  now(): number;
  /** Gathers all evidence anew. What cannot be had is left out; it does not throw for that. */
  look(plan: RolloutPlan): Promise<Look>;
  /**
   * Writes the share to the live record, then takes the next step of DNS towards it, of at most `limit` points: none where
   * all has arrived.
   */
  steer(action: Steer): Promise<Outcome>;
  /**
   * Writes the release to the live record, then deploys the fleet: its own saved plan, of the approved shape. Returns as
   * soon as the replacement has begun; `look` tells when it has ended. Begins none where all nodes are of the release
   * and nothing goes on.
   */
  replace(action: Replace): Promise<Outcome>;
}

/** Where the state of an environment's rollout is kept, beside its live record. */
export interface RolloutStore {
  /** The last rollout, ended or not; undefined where there was none. */
  read(): Promise<StoredRollout | undefined>;
  /**
   * Writes the version that follows `after`.
   * @param after undefined: there must be none yet.
   * @returns that version; undefined, with nothing written, when another writer was faster or the lock is lost.
   */
  write(rollout: RolloutState, after: string | undefined): Promise<string | undefined>;
}

export interface StoredRollout {
  readonly rollout: RolloutState;
  /** Opaque; a write names the version that it was made from. */
  readonly version: string;
}
