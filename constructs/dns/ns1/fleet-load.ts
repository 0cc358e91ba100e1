import { Fn } from "cdktf";
import { Construct } from "constructs";
import { Datafeed } from "../../../.gen/providers/ns1/datafeed";
import { Datasource } from "../../../.gen/providers/ns1/datasource";

/** Name of the data source that the load of a zone's fleets is pushed to. */
export function loadSourceName(zone: string): string {
  return `load of ${zone}`;
}

/**
 * How many connections each fleet has, as somebody pushes it: `POST feed/<source id>` with
 * `{"<fleet>": {"connections": 75}}` (https://help.ns1.com/hc/en-us/articles/360022450853).
 */
export class FleetLoad extends Construct {
  private readonly source: Datasource;

  public constructor(
    scope: Construct,
    id: string,
    private readonly zone: string,
  ) {
    super(scope, id);
    this.source = new Datasource(this, "source", { name: loadSourceName(zone), sourcetype: "nsone_v1" });
  }

  /** The value of `connections` in the metadata of an answer with this fleet's address: a pointer to its feed. */
  public connections(fleet: string): string {
    const id = `feed-${fleet}`;
    const feed =
      (this.node.tryFindChild(id) as Datafeed | undefined) ??
      new Datafeed(this, id, {
        name: `${fleet}, load of ${this.zone}`,
        sourceId: this.source.id,
        config: { label: fleet },
        // When a fleet leaves, its answer goes first and its feed only then.
        lifecycle: { createBeforeDestroy: true },
      });
    return Fn.jsonencode({ feed: feed.id });
  }
}
