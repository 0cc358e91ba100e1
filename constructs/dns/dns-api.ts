/** What a DNS service holds at a moment, as its own API says it. */
export interface HeldDns {
  /** Host names of the servers that answer for the zone. */
  readonly nameServers: readonly string[];
  /** The zone and its records in the terms of the back end's Terraform resources: resource type -> attributes. */
  readonly objects: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  /** What its data feeds, or health checks, said last: id -> field -> value. */
  readonly feeds: Readonly<Record<string, Readonly<Record<string, boolean | number | string>>>>;
}

/** A DNS service while it runs, beside Terraform. All of it throws PolycastError where the service refuses. */
export interface DnsApi {
  /** Where it is, for a person. */
  readonly endpoint: string;
  /** @returns undefined where it has no such zone. */
  held(zone: string): Promise<HeldDns | undefined>;
  /**
   * Tells it how many connections each fleet has; nothing is told where a fleet is not known there. Left out: it steers by
   * no load.
   */
  pushLoad?(zone: string, connections: Readonly<Record<string, number>>): Promise<void>;
}
