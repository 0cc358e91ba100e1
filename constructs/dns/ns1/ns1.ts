import { Construct } from "constructs";
import { z } from "zod";
import { Ns1Provider } from "../../../.gen/providers/ns1/provider";
import { Record as Ns1Record } from "../../../.gen/providers/ns1/record";
import { Zone } from "../../../.gen/providers/ns1/zone";
import type { DnsBackend, DnsProps } from "../dns-backend";
import type { TrafficPolicy } from "../traffic-policy";

export interface Ns1Options {
  readonly policy: TrafficPolicy;
  /** Seconds that resolvers may keep an answer. Default: 300. */
  readonly ttl?: number;
  /** Which fleets AAAA records hold: see `DnsBackend`. Default: `all`. */
  readonly ipv6?: DnsBackend["ipv6"];
}

const optionsSchema = z.strictObject({
  policy: z.strictObject({ kind: z.enum(["round-robin"]) }),
  ttl: z.number().optional(),
  ipv6: z.enum(["all", "partial"]).optional(),
});

/** DNS at NS1. Its API key is read from NS1_APIKEY. */
export function ns1(options: Ns1Options): DnsBackend {
  const { policy, ttl = 300, ipv6 = "all" } = options;
  return {
    name: "ns1",
    options,
    optionsSchema,
    policy,
    ttl,
    ipv6,
    records: (scope, id, props) => {
      new Ns1Edge(scope, id, { ...props, ttl });
    },
  };
}

/** The edge's zone, and a wildcard in it that leads to the fleets. */
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
    for (const type of ["A", "AAAA"] as const) {
      const targets = props.targets[type];
      if (targets.length === 0) continue;
      new Ns1Record(this, `wildcard-${type.toLowerCase()}`, {
        zone: this.zone.zone,
        domain: `*.${props.zone}`,
        type,
        ttl: props.ttl,
        answers: targets.map(({ address }) => ({ answer: address })),
        // Without a shuffle the order is fixed, and many clients take the first answer only.
        filters: [{ filter: "shuffle" }],
      });
    }
  }
}

/** Nothing real can be reached with these: port 9 of this machine is `discard`. The trailing slash is required. */
const SANDBOX_CREDENTIALS = { apikey: "sandbox", endpoint: "http://127.0.0.1:9/v1/" };
