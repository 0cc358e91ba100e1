import { Construct } from "constructs";
import { Record as Ns1Record } from "../../../.gen/providers/ns1/record";
import type { Zone } from "../../../.gen/providers/ns1/zone";
import type { DnsProps } from "../dns-backend";

/** The names of the tunnels, without metadata: nothing steers them. */
export class TunnelRecords extends Construct {
  public constructor(
    scope: Construct,
    id: string,
    zone: Zone,
    { tunnels, ttl }: Pick<DnsProps, "tunnels"> & { readonly ttl: number },
  ) {
    super(scope, id);
    for (const record of tunnels) {
      new Ns1Record(this, record.id, {
        zone: zone.zone,
        domain: record.name,
        type: record.type,
        ttl,
        answers: record.answers.map((answer) => ({ answer })),
        // Who needs only one of several, and takes the first, should not always land on the same fleet.
        ...(record.answers.length > 1 && { filters: [{ filter: "shuffle" }] }),
      });
    }
  }
}
