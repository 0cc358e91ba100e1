import { TerraformOutput, TerraformStack, type App } from "cdktf";
import { describeShares, shares } from "../constructs/dns/shares";
import type { Environment } from "../constructs/fleet/environment";
import { EDGE_DNS } from "../live/stack-names";
import type { FleetStack } from "./fleet-stack";
import { useState } from "./state-backend";

/** The names that lead to the fleets, whose addresses it reads from their states. */
export class EdgeDnsStack extends TerraformStack {
  /** @param live fleet name -> percent of its policy share. */
  public constructor(
    app: App,
    environment: Environment,
    fleets: readonly FleetStack[],
    live: Readonly<Record<string, number>>,
  ) {
    super(app, EDGE_DNS);
    useState(app, this, environment);
    const sandbox = environment.sandbox ?? false;
    const family = shares(environment, live);
    const targets = (type: "A" | "AAAA") =>
      fleets
        .filter(({ fleet }) => fleet.name in family[type])
        .map((stack) => ({ name: stack.fleet.name, address: stack.addressIn(this, type) }));
    environment.dns.records(this, "dns", {
      zone: environment.zone,
      targets: { A: targets("A"), AAAA: targets("AAAA") },
      protect: environment.protect ?? !sandbox,
      sandbox,
    });

    this.output("zone", environment.zone, "Zone of the edge: every name below it leads to a fleet");
    // In every plan, so that a person sees what IPv4 and IPv6 users get where the two differ.
    this.output("shares_ipv4", describeShares(family.A), "Shares of the fleets, IPv4 users");
    this.output("shares_ipv6", describeShares(family.AAAA), "Shares of the fleets, IPv6 users");
  }

  private output(name: string, value: string, description: string): void {
    new TerraformOutput(this, name, { value, description, staticId: true });
  }
}
