import {
  DataResource,
  TerraformLocal,
  TerraformOutput,
  TerraformResource,
  TerraformStack,
  type App,
} from "cdktf";
import { describeApplied, type AppliedTraffic } from "../constructs/dns/applied-traffic";
import type { Family } from "../constructs/dns/shares";
import { tunnelRecords, type TunnelFleet } from "../constructs/dns/tunnel-names";
import type { Environment } from "../constructs/fleet/environment";
import { EDGE_DNS } from "../live/stack-names";
import { APPLIED_TRAFFIC, OWN_RECORDS, type TrafficPlan } from "../live/traffic-valve";
import type { FleetStack } from "./fleet-stack";
import { useState } from "./state-backend";

/** The names that lead to the fleets, whose addresses it reads from their states. */
export class EdgeDnsStack extends TerraformStack {
  /** @param plan how it shares the traffic, and why it must not, if so. */
  public constructor(
    app: App,
    environment: Environment,
    fleets: readonly FleetStack[],
    { next, refusal }: Pick<TrafficPlan, "next" | "refusal">,
  ) {
    super(app, EDGE_DNS);
    useState(app, this, environment);
    const sandbox = environment.sandbox ?? false;
    const targets = (type: Family) =>
      fleets.flatMap((stack) => {
        const fleet = next.fleets[type].find(({ name }) => name === stack.fleet.name);
        return fleet === undefined ? [] : [{ ...fleet, address: stack.addressIn(this, type) }];
      });
    const tunnelFleet = (stack: FleetStack): TunnelFleet => ({
      name: stack.fleet.name,
      addresses: {
        A: stack.addressIn(this, "A"),
        ...(environment.dns.ipv6 !== "none" &&
          stack.fleet.anycast.ipv6 !== undefined && { AAAA: stack.addressIn(this, "AAAA") }),
      },
    });
    environment.dns.records(this, "dns", {
      environment: environment.name,
      zone: environment.zone,
      traffic: next.traffic,
      targets: { A: targets("A"), AAAA: targets("AAAA") },
      tunnels: tunnelRecords(environment.zone, environment.listeners, fleets.map(tunnelFleet)),
      listeners: environment.listeners,
      protect: environment.protect ?? !sandbox,
      sandbox,
    });

    this.output("zone", environment.zone, "Zone of the edge: every name below it leads to a fleet");
    // In every plan, so that a person sees what each user gets: those of either family, and of each region.
    this.output("shares_ipv4", describeApplied(next, "A"), "Shares of the fleets, IPv4 users");
    this.output("shares_ipv6", describeApplied(next, "AAAA"), "Shares of the fleets, IPv6 users");
    this.leave(next, refusal);
  }

  /**
   * Leaves in the state what the next synth compares with, once all records have it; an output would have it from the
   * moment on that an apply begins. Where the change must not be, the plan of this stack fails before anything is done; a
   * synth that failed instead would hold the other stacks too.
   */
  private leave(traffic: AppliedTraffic, refusal: TrafficPlan["refusal"]): void {
    const records = this.node.findAll().filter((each) => TerraformResource.isTerraformResource(each));
    // There before any record, so that a first apply which was interrupted is not taken for records of others.
    const own = new DataResource(this, OWN_RECORDS);
    own.overrideLogicalId(OWN_RECORDS);
    for (const record of records) {
      record.dependsOn = [...(record.dependsOn ?? []), `${own.terraformResourceType}.${OWN_RECORDS}`];
    }
    const applied = new DataResource(this, APPLIED_TRAFFIC, { dependsOn: records });
    applied.overrideLogicalId(APPLIED_TRAFFIC);
    // CDKTF takes maps only.
    applied.addOverride("input", JSON.stringify(traffic));
    if (refusal === undefined) return;
    // Terraform takes no condition that refers to nothing.
    const allowed = new TerraformLocal(this, "traffic_allowed", false);
    allowed.overrideLogicalId("traffic_allowed");
    applied.lifecycle = { precondition: [{ condition: allowed.fqn, errorMessage: refusal.message }] };
  }

  private output(name: string, value: string, description: string): void {
    new TerraformOutput(this, name, { value, description, staticId: true });
  }
}
