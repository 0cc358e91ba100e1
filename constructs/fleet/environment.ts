import type { DnsBackend } from "../dns/dns-backend";
import type { ManagementPlane } from "../management/management-plane";
import type { PolicyWaiver } from "../policies/policy-rule";
import type { ClientAffinity, HealthCheck, Listener } from "./fleet-inputs";
import type { FleetProvider } from "./fleet-provider";

/** Where Terraform's state and the live record of an environment are kept. */
export type StateLocation =
  /** Files below `POLYCAST_HOME/<environment>` (default `.polycast`): one person, one machine. */
  | { readonly kind: "local" }
  /** An S3 bucket with versioning; state is locked by a lockfile (Terraform >= 1.10). */
  | { readonly kind: "s3"; readonly bucket: string; readonly region: string };

/** How releases go from fleet to fleet; docs/rollouts.md. */
export interface RolloutWishes {
  /** The most that all users together have at once. */
  readonly peak: { readonly connections: number };
  /** How long a fleet proves itself before the next one's turn: `4h`, `90m`. Default: `4h`. */
  readonly bake?: string;
  /** How long a provider may take to replace a fleet's nodes. Default: `1h`. */
  readonly settle?: string;
  /** 2: while a fleet is in transition another may be lost too; for three or more fleets. Default: 1. */
  readonly spare?: 1 | 2;
  /** `each`: a person approves every wave. Default: `once`, at the start. */
  readonly approve?: "once" | "each";
  /** Every fleet, in the order of their turns. Default: those with the least traffic first. */
  readonly order?: readonly string[];
  /** Fleet -> sites that get a release, and bake, before the others of their fleet. Default: all at once. */
  readonly firstSites?: Readonly<Record<string, readonly string[]>>;
  /** A command that judges each fleet too, run in a shell at every look. Default: none, and a minute. */
  readonly verify?: { readonly command: string; readonly seconds?: number };
  /** Who is told of all that goes into a rollout's history. Default: nobody. */
  readonly notify?: RolloutNotify;
}

/** A command, a webhook or both are told, each of everything. */
export interface RolloutNotify {
  /** Run in a shell, with what has happened as JSON on its standard input. */
  readonly command?: string;
  /**
   * Name of the environment variable that holds the URL to which the same JSON is posted: an `https:` one, or `http:` to this
   * machine itself. The URL is a secret.
   */
  readonly webhookFrom?: string;
  /** How long each may take, 30 at most. Default: 5. */
  readonly seconds?: number;
}

/** One product's edge, as data. */
export interface Environment {
  /** The file's name without its ending. */
  readonly name: string;
  /** True: only for the simulated clouds; cannot be deployed anywhere else. Default: false. */
  readonly sandbox?: boolean;
  /** DNS zone of the edge, without a trailing dot: names below it lead to a fleet. */
  readonly zone: string;
  /** Folder below `images/`; its `manifests/<environment>.json` lists the releases. */
  readonly image: string;
  readonly listeners: readonly Listener[];
  /** Default: HTTP on port 8080, `/healthz`, every 10 s, three failures. */
  readonly health?: Partial<HealthCheck>;
  /** Default: `none`. */
  readonly clientAffinity?: ClientAffinity;
  /** `https:` URL of the control plane. */
  readonly controlPlaneUrl: string;
  /** Certificates (PEM) by which nodes trust the control plane. Default: those that their system trusts. */
  readonly controlPlaneCa?: string;
  /** Whether nodes get a join token, each fleet its own, from TF_VAR_join_token_<fleet>. Default: they get none. */
  readonly controlPlaneJoinToken?: boolean;
  readonly dns: DnsBackend;
  /** Points of traffic that one deploy of DNS may move unless told (75/25 to 0/100 is 75), from 1 to 100. Default: 10. */
  readonly trafficLimit?: number;
  /** Percent of all users in each region that has a policy of its own. Default: unknown, so the worst region counts. */
  readonly audience?: Readonly<Record<string, number>>;
  readonly fleets: readonly FleetProvider[];
  /** Where the edge is watched, and whom alarms call. Default: nobody watches. */
  readonly management?: ManagementPlane;
  /** How releases go from fleet to fleet. Without it a rollout has to be told the peak. */
  readonly rollout?: RolloutWishes;
  readonly state: StateLocation;
  /** Whether plans that would destroy an anycast address or the zone are refused. Default: outside the sandbox. */
  readonly protect?: boolean;
  /** Exceptions from the policies of docs/policies.md, each with its reason. Default: none. */
  readonly waivers?: readonly PolicyWaiver[];
}

/** Names the type, so that an environment file reads as plain data. */
export function environment(wanted: Environment): Environment {
  return wanted;
}
