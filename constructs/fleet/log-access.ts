import type { Construct } from "constructs";
import type { z } from "zod";
import type { ApiCredential } from "./api-credential";
import type { NodeLogSettings } from "./node-log-access";
import type { Problem } from "./problem";

/** The ways in which nodes may come to write to their fleet's log group; constructs/secrets/ has a function for each. */
export const LOG_STRATEGIES = ["instanceRole", "staticKey", "rolesAnywhere", "ssmActivation"] as const;
export type LogStrategy = (typeof LOG_STRATEGIES)[number];

/** By strategy: `true`, or why this provider cannot carry it. */
export type CarriedStrategies = Readonly<Record<LogStrategy, true | string>>;

/** What a strategy costs, each as a phrase for a person; "nothing" where no secret lies there. */
export interface LogAccessCost {
  readonly inState: string;
  readonly inUserData: string;
  readonly onNode: string;
  /** How long what would leak is good for. */
  readonly lifetime: string;
}

/** Two places for a secret that nodes are given: while it is rotated both are filled, otherwise one. */
export const SECRET_SLOTS = ["a", "b"] as const;
export type SecretSlot = (typeof SECRET_SLOTS)[number];

/** Which of its two slots a fleet's nodes are given, and what has become of the other one. */
export interface SecretSlots {
  readonly given: SecretSlot;
  /** `usable`: both work; `inactive`: still there, but refused; `absent`: there is one secret only. */
  readonly other: "usable" | "inactive" | "absent";
}

export function otherSlot(slot: SecretSlot): SecretSlot {
  return slot === "a" ? "b" : "a";
}

/** Id of the construct that holds a slot's secret, by which it is found in Terraform's state. */
export function slotId(slot: SecretSlot): string {
  return `slot-${slot}`;
}

export const FIRST_SLOTS: SecretSlots = { given: "a", other: "absent" };

/** What a node needs to write logs, beside the log group's name. */
export interface NodeLogAccess {
  readonly settings: NodeLogSettings;
  /** Path on the node -> content; only root may read them. A content may be a token. */
  readonly secretFiles: Readonly<Record<string, string>>;
}

export interface LogGrantProps {
  /** Name of the environment. */
  readonly environment: string;
  readonly fleet: string;
  readonly slots: SecretSlots;
  /** True: dummy credentials in the provider block. */
  readonly sandbox: boolean;
}

/** How a fleet's nodes come to write to their log group: what `staticKey({...})` and the others return. */
export interface LogAccess {
  readonly strategy: LogStrategy;
  /** What the environment asked for, and its form: environments are synthesized without a type check. */
  readonly options: unknown;
  readonly optionsSchema: z.ZodType;
  readonly cost: LogAccessCost;
  /** AWS region that holds the log group of a site's nodes. */
  regionOf(site: string): string;
  /** How many days its lines are kept. */
  readonly retentionDays: number;
  /** Whether Terraform's state holds a secret, so that it must be encrypted and hardly anybody may read it. */
  readonly secretsInState: boolean;
  /** Whether the secret that nodes are given ends by itself, on a day that `polycast secrets status` tells. */
  readonly secretEnds: boolean;
  /** What whoever deploys the fleet needs for it. */
  credentials(fleet: string): readonly ApiCredential[];
  /** What `polycast secrets rotate` can do; a secret that cannot be switched off is only ever deleted. */
  readonly rotation: "two slots" | "two slots, one can be inactive" | "none";
  /** What only this strategy finds wrong. */
  check(fleet: Pick<LogGrantProps, "environment" | "fleet">, where: string): readonly Problem[];
  /** What a node is given at most, with made-up values: user data have a limit. */
  longest(fleet: Pick<LogGrantProps, "environment" | "fleet">): NodeLogAccess | undefined;
  /**
   * Makes the fleet's log group and an identity that may write to it and do nothing else, in the fleet's own stack.
   * Undefined: the machines have a role of their own, and the provider makes both.
   */
  grant(scope: Construct, id: string, props: LogGrantProps): NodeLogAccess | undefined;
}
