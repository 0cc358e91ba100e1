import { Construct } from "constructs";
import { z } from "zod";
import { Ns1Provider } from "../../../.gen/providers/ns1/provider";
import { Record as Ns1Record } from "../../../.gen/providers/ns1/record";
import { Zone } from "../../../.gen/providers/ns1/zone";
import type { DnsBackend, DnsProps } from "../dns-backend";
import {
  shedsLoad,
  trafficPolicySchema,
  watermarksSchema,
  type RegionalPolicy,
  type TrafficPolicy,
  type Watermarks,
} from "../traffic-policy";
import { FleetHealth } from "./fleet-health";
import { FleetLoad } from "./fleet-load";
import { GEOREGIONS, type Georegion } from "./georegions";
import { ns1Api } from "./ns1-api";
import { ns1Credential } from "./ns1-credential";
import { NS1_POLICIES } from "./ns1-policies";
import { steeredRecord } from "./steered-record";
import { TunnelRecords } from "./tunnel-records";

export interface Ns1Options {
  readonly policy: TrafficPolicy;
  /** Regions where another policy holds. Default: none. */
  readonly within?: readonly RegionalPolicy<Georegion>[];
  /** How full a fleet may become with `capacity()` and `cost()`, in percent. Default: 50 and 90. */
  readonly watermarks?: Watermarks;
  /** Seconds that resolvers may keep an answer, so also those for which a fleet that fails is asked. Default: 60. */
  readonly ttl?: number;
  /** Which fleets AAAA records hold: see `DnsBackend`. Default: `all`. */
  readonly ipv6?: DnsBackend["ipv6"];
}

const optionsSchema = z.strictObject({
  policy: trafficPolicySchema,
  within: z.array(z.strictObject({ region: z.enum(GEOREGIONS), policy: trafficPolicySchema })).optional(),
  watermarks: watermarksSchema.optional(),
  ttl: z.number().optional(),
  ipv6: z.enum(["all", "partial", "none"]).optional(),
});

/**
 * Wide, since clients hear late of what is shed: a reading is as old as the time between two pushes, and an answer as its
 * TTL. docs/traffic.md has the measurements.
 */
const WATERMARKS: Watermarks = { low: 50, high: 90 };

/** DNS at NS1. Its API key is read from NS1_APIKEY. */
export function ns1(options: Ns1Options): DnsBackend {
  const { policy, within = [], watermarks = WATERMARKS, ttl = 60, ipv6 = "all" } = options;
  const traffic = { policy, within, watermarks };
  return {
    name: "ns1",
    options,
    optionsSchema,
    traffic,
    ttl,
    ipv6,
    api: ns1Api,
    credentials: [ns1Credential],
    policies: NS1_POLICIES,
    records: (scope, id, props) => {
      new Ns1Edge(scope, id, { ...props, ttl });
    },
  };
}

/** The edge's zone, and a wildcard in it that leads to the fleets as the policy says. */
export class Ns1Edge extends Construct {
  /** Escape hatch: the zone, for further records. */
  public readonly zone: Zone;

  public constructor(scope: Construct, id: string, props: DnsProps & { readonly ttl: number }) {
    super(scope, id);
    new Ns1Provider(this, "ns1", props.sandbox ? SANDBOX_CREDENTIALS : {});
    this.zone = new Zone(this, "zone", {
      zone: props.zone,
      // A new zone may get other name servers, and its delegation would be wrong until a person mends it.
      lifecycle: { preventDestroy: props.protect },
    });
    const health = new FleetHealth(this, "health", props);
    const { policy, within } = props.traffic;
    const sheds = [policy, ...within.map((regional) => regional.policy)].some(shedsLoad);
    const load = sheds ? new FleetLoad(this, "load", props.zone) : undefined;
    for (const type of ["A", "AAAA"] as const) {
      const targets = props.targets[type];
      if (targets.length === 0) continue;
      const { answers, filters } = steeredRecord(
        props.traffic,
        targets.map((target) => ({
          ...target,
          up: health.up(target, type),
          connections: load?.connections(target.name),
        })),
      );
      new Ns1Record(this, `wildcard-${type.toLowerCase()}`, {
        zone: this.zone.zone,
        domain: `*.${props.zone}`,
        type,
        ttl: props.ttl,
        answers: [...answers],
        filters: [...filters],
      });
    }
    new TunnelRecords(this, "tunnels", this.zone, props);
  }
}

/** Nothing real can be reached with these: port 9 of this machine is `discard`. The trailing slash is required. */
const SANDBOX_CREDENTIALS = { apikey: "sandbox", endpoint: "http://127.0.0.1:9/v1/" };
