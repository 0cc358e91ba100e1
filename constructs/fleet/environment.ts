import type { DnsBackend } from "../dns/dns-backend";
import type { ClientAffinity, HealthCheck, Listener } from "./fleet-inputs";
import type { FleetProvider } from "./fleet-provider";

/** Where Terraform's state and the live record of an environment are kept. */
export type StateLocation =
  /** Files below `POLYCAST_HOME/<environment>` (default `.polycast`): one person, one machine. */
  | { readonly kind: "local" }
  /** An S3 bucket with versioning; state is locked by a lockfile (Terraform >= 1.10). */
  | { readonly kind: "s3"; readonly bucket: string; readonly region: string };

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
  readonly dns: DnsBackend;
  /** Points of traffic that one deploy of DNS may move unless told (75/25 to 0/100 is 75), from 1 to 100. Default: 10. */
  readonly trafficLimit?: number;
  /** Percent of all users in each region that has a policy of its own. Default: unknown, so the worst region counts. */
  readonly audience?: Readonly<Record<string, number>>;
  readonly fleets: readonly FleetProvider[];
  readonly state: StateLocation;
  /** Whether plans that would destroy an anycast address or the zone are refused. Default: outside the sandbox. */
  readonly protect?: boolean;
}

/** Names the type, so that an environment file reads as plain data. */
export function environment(wanted: Environment): Environment {
  return wanted;
}
