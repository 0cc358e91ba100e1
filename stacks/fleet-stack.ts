import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource } from "@cdktf/provider-null/lib/resource";
import {
  TerraformOutput,
  TerraformStack,
  type App,
  type TerraformBackend,
  type TerraformRemoteState,
} from "cdktf";
import path from "node:path";
import { demandOf } from "../constructs/fleet/check-environment";
import type { DataPlaneFleet } from "../constructs/fleet/data-plane-fleet";
import type { Environment } from "../constructs/fleet/environment";
import { LIVE_RECORD_RESOURCE, type FleetDeployment } from "../live/deployment";
import { fleetStackName } from "../live/stack-names";
import { PROJECT_ROOT } from "../live/state-location";
import { stackDirectory, useState } from "./state-backend";

/** Outputs that hold a fleet's addresses, by DNS record type. */
const ANYCAST_OUTPUT = { A: "anycast_ipv4", AAAA: "anycast_ipv6" } as const;

/** Everything that one fleet needs. It refers to no other stack, so fleets deploy side by side. */
export class FleetStack extends TerraformStack {
  public readonly fleet: DataPlaneFleet;
  private readonly backend: TerraformBackend;

  public constructor(app: App, environment: Environment, { fleet, release }: FleetDeployment) {
    super(app, fleetStackName(fleet.name));
    this.backend = useState(app, this, environment);
    const sandbox = environment.sandbox ?? false;
    const record = this.agreeWithRecord(app, environment.name, fleet.name, release.id);
    this.fleet = fleet.fleet(this, "fleet", {
      ...demandOf(environment),
      release,
      after: [record],
      sandbox,
      protect: environment.protect ?? !sandbox,
    });

    const { ipv4, ipv6 } = this.fleet.anycast;
    this.output(ANYCAST_OUTPUT.A, ipv4, "Address that leads to the nearest node of the fleet");
    if (ipv6 !== undefined) this.output(ANYCAST_OUTPUT.AAAA, ipv6, "The same over IPv6");
    this.output("release", release.id, "Release that the fleet runs");
    this.output(
      "capacity_connections",
      this.fleet.capacity.connections,
      "Connections that the fleet carries at once",
    );
  }

  /**
   * The fleet's address, as another stack reads it from this one's state. By a named output, since the reference that
   * CDKTF would make is named by construct paths, and hides the address from plans as if it were a secret.
   */
  public addressIn(stack: TerraformStack, type: keyof typeof ANYCAST_OUTPUT): string {
    const id = this.node.id;
    stack.addDependency(this);
    const state =
      (stack.node.tryFindChild(id) as TerraformRemoteState | undefined) ??
      this.backend.getRemoteStateDataSource(stack, id, id);
    return state.getString(ANYCAST_OUTPUT[type]);
  }

  /**
   * Runs before a release reaches a node. The first time it pins the release in the live record, whoever started
   * Terraform; from then on every synth takes the release from there. With another release it asks the record again,
   * and fails where that has moved on since the synth: a stale plan would take the fleet back.
   */
  private agreeWithRecord(app: App, environment: string, fleet: string, release: string): Resource {
    new NullProvider(this, "null");
    const record = new Resource(this, LIVE_RECORD_RESOURCE, {
      triggers: { release },
      provisioners: [
        {
          type: "local-exec",
          command: `node bin/polycast.js live pin --environment ${environment} --fleet ${fleet} --release ${release}`,
          workingDir: path.relative(stackDirectory(app, this.node.id), PROJECT_ROOT),
        },
      ],
    });
    record.overrideLogicalId(LIVE_RECORD_RESOURCE);
    return record;
  }

  private output(name: string, value: string | number, description: string): void {
    new TerraformOutput(this, `output-${name}`, { value, description, staticId: true }).overrideLogicalId(
      name,
    );
  }
}
