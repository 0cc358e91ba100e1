import { Fn } from "cdktf";
import { Construct } from "constructs";
import { Datafeed } from "../../../.gen/providers/ns1/datafeed";
import { Datasource } from "../../../.gen/providers/ns1/datasource";
import { Monitoringjob } from "../../../.gen/providers/ns1/monitoringjob";
import { Notifylist } from "../../../.gen/providers/ns1/notifylist";
import type { DnsProps, DnsTarget } from "../dns-backend";
import type { MonitoringRegion } from "./monitoring-regions";

/** An odd number, so that a quorum of them is never split, and on three continents. */
const REGIONS: MonitoringRegion[] = ["ams", "lga", "sin"];

/** How often each region looks, in seconds. */
const FREQUENCY = 60;

/** Looks at the fleets' addresses from outside, and tells the records which of them answer. */
export class FleetHealth extends Construct {
  private readonly source: Datasource;
  private readonly list: Notifylist;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: Pick<DnsProps, "zone" | "listeners">,
  ) {
    super(scope, id);
    const name = `fleets of ${props.zone}`;
    this.source = new Datasource(this, "source", { name, sourcetype: "nsone_monitoring" });
    // A feed of a monitoring job hears of it through the list that the job notifies, and not at all without one.
    this.list = new Notifylist(this, "notify-list", {
      name,
      notifications: [{ type: "datafeed", config: { sourceid: this.source.id } }],
    });
  }

  /** The value of `up` in the metadata of an answer with this address: a pointer to the feed of a monitor of its own. */
  public up({ name: fleet, address }: DnsTarget, type: "A" | "AAAA"): string {
    const id = `${fleet}-${type.toLowerCase()}`;
    const name = `${fleet}, ${type} of ${this.props.zone}`;
    const port = this.props.listeners.find(({ protocol }) => protocol === "TCP")?.port;
    const job = new Monitoringjob(this, `job-${id}`, {
      name,
      regions: REGIONS,
      frequency: FREQUENCY,
      rapidRecheck: true,
      policy: "quorum",
      notifyList: this.list.id,
      // What answers only over UDP is pinged: there is nothing that every UDP service would reply to.
      jobType: port === undefined ? "ping" : "tcp",
      config: {
        host: address,
        ...(port === undefined ? {} : { port: String(port) }),
        // NS1 reads flags back in one spelling each, and any other would be drift for ever.
        ...(type === "AAAA" ? { ipv6: "true" } : {}),
      },
    });
    const feed = new Datafeed(this, `feed-${id}`, {
      name,
      sourceId: this.source.id,
      config: { jobid: job.id },
      // When a fleet leaves, its answer goes first and its feed only then.
      lifecycle: { createBeforeDestroy: true },
    });
    return Fn.jsonencode({ feed: feed.id });
  }
}
