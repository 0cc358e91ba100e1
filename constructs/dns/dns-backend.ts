import type { Construct } from "constructs";
import type { z } from "zod";
import type { ApiCredential } from "../fleet/api-credential";
import type { Listener } from "../fleet/fleet-inputs";
import type { Problem } from "../fleet/problem";
import type { PolicyRule } from "../policies/policy-rule";
import type { DnsApi } from "./dns-api";
import type { TrafficFleet } from "./preference";
import type { Traffic } from "./traffic-policy";
import type { TunnelRecord } from "./tunnel-names";

/** A fleet as DNS sees it. */
export interface DnsTarget extends TrafficFleet {
  /** Its anycast address; a token is fine. */
  readonly address: string;
}

/** What a back end turns into its records. */
export interface DnsProps {
  /** Name of the environment. */
  readonly environment: string;
  readonly zone: string;
  /** How they share: the back end's own `traffic`, or a step on the way there. */
  readonly traffic: Traffic;
  /** The fleets to answer with, drained ones too, per record type; a type without any has no record. */
  readonly targets: { readonly A: readonly DnsTarget[]; readonly AAAA: readonly DnsTarget[] };
  /** Further records, answered as they are. */
  readonly tunnels: readonly TunnelRecord[];
  /** What every fleet answers on. */
  readonly listeners: readonly Listener[];
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
  readonly traffic: Traffic;
  /** Seconds that resolvers may keep an answer. */
  readonly ttl: number;
  /**
   * `all`: AAAA records hold every fleet, or there are none where no fleet has IPv6; some with and some without is refused.
   * `partial`: they hold those that have it, so IPv6 users are shared differently from IPv4 users.
   * `none`: there are none.
   */
  readonly ipv6: "all" | "partial" | "none";
  /** What its API wants of whoever changes its records. */
  readonly credentials: readonly ApiCredential[];
  /** What must hold for every object of its kinds. */
  readonly policies: readonly PolicyRule[];
  /** What only this service finds wrong: policies, regions or listeners that it cannot do anything with. */
  check?(asked: Pick<DnsProps, "listeners">): readonly Problem[];
  records(scope: Construct, id: string, props: DnsProps): void;
  /**
   * The service's own API, which `polycast dns check` reads and `dns load push` writes. Left out: it is not asked.
   * @param variables the environment variables that hold its credentials.
   */
  api?(variables: Readonly<Record<string, string | undefined>>): DnsApi;
}
