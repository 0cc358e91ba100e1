import type { Construct } from "constructs";
import type { z } from "zod";
import type { TrafficPolicy } from "./traffic-policy";

/** A fleet as DNS sees it. */
export interface DnsTarget {
  /** Name of the fleet. */
  readonly name: string;
  /** Its anycast address; a token is fine. */
  readonly address: string;
}

/** What a back end turns into its records. */
export interface DnsProps {
  readonly zone: string;
  /** The fleets with a share, per record type; a type without any has no record. */
  readonly targets: { readonly A: readonly DnsTarget[]; readonly AAAA: readonly DnsTarget[] };
  /** True: no plan may destroy the zone. */
  readonly protect: boolean;
  /** True: dummy credentials and a loopback endpoint in the provider block. */
  readonly sandbox: boolean;
}

/** A DNS service that steers clients to the fleets: what `ns1({...})` returns. */
export interface DnsBackend {
  readonly name: string;
  /** What the environment asked for, and its form: environments are synthesized without a type check. */
  readonly options: unknown;
  readonly optionsSchema: z.ZodType;
  readonly policy: TrafficPolicy;
  /** Seconds that resolvers may keep an answer. */
  readonly ttl: number;
  /**
   * `all`: AAAA records exist when every fleet with a share has IPv6.
   * `partial`: they hold those that do, so IPv6 users are shared differently from IPv4 users.
   */
  readonly ipv6: "all" | "partial";
  records(scope: Construct, id: string, props: DnsProps): void;
}
