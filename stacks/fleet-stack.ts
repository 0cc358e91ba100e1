import { NullProvider } from "@cdktf/provider-null/lib/provider";
import { Resource } from "@cdktf/provider-null/lib/resource";
import {
  Annotations,
  TerraformOutput,
  TerraformResource,
  TerraformStack,
  type App,
  type TerraformBackend,
  type TerraformRemoteState,
} from "cdktf";
import path from "node:path";
import { demandOf } from "../constructs/fleet/check-environment";
import type { DataPlaneFleet } from "../constructs/fleet/data-plane-fleet";
import type { Environment } from "../constructs/fleet/environment";
import { FIRST_SLOTS } from "../constructs/fleet/log-access";
import { controlPlaneToken } from "../constructs/fleet/control-plane-token";
import { secretIdOf } from "../constructs/fleet/node-file";
import { joinToken } from "../constructs/fleet/join-token";
import { LIVE_RECORD_RESOURCE, type FleetDeployment } from "../live/deployment";
import { recordedRelease, sitesText, type LiveRelease } from "../live/live-release";
import { LOG_ACCESS, LOG_SECRET_ID } from "../live/applied-identity";
import { fleetStackName } from "../live/stack-names";
import { PROJECT_ROOT } from "../live/state-location";
import { keptLogAccess } from "./kept-log-access";
import { stackDirectory, useState } from "./state-backend";

/** Outputs that hold a fleet's addresses, by DNS record type. */
const ANYCAST_OUTPUT = { A: "anycast_ipv4", AAAA: "anycast_ipv6" } as const;

/** Everything that one fleet needs. It refers to no other stack, so fleets deploy side by side. */
export class FleetStack extends TerraformStack {
  public readonly fleet: DataPlaneFleet;
  private readonly backend: TerraformBackend;

  public constructor(app: App, environment: Environment, deployment: FleetDeployment) {
    const { fleet, release, revoked } = deployment;
    super(app, fleetStackName(fleet.name));
    this.backend = useState(app, this, environment);
    for (const [id, why] of Object.entries(revoked)) {
      // No refusal: whoever takes traffic away from the fleet has to deploy it and its DNS.
      Annotations.of(this).addWarning(
        `The fleet "${fleet.name}" runs the release "${id}", which is revoked: ${why}. Roll another one out.`,
      );
    }
    const sandbox = environment.sandbox ?? false;
    const runs = recordedRelease(release);
    const record = this.agreeWithRecord(app, environment.name, fleet.name, runs);
    const granted = fleet.logs?.grant(this, LOG_ACCESS, {
      environment: environment.name,
      fleet: fleet.name,
      slots: deployment.slots ?? FIRST_SLOTS,
      sandbox,
    });
    const join = controlPlaneToken(environment, fleet.name);
    this.fleet = fleet.fleet(this, "fleet", {
      ...demandOf(environment),
      ...(join !== undefined && { joinToken: joinToken(this, "join-token", join, sandbox) }),
      release,
      logAccess:
        granted !== undefined && deployment.keepsIdentity === true
          ? keptLogAccess(this, fleet.name, granted)
          : granted,
      after: [record],
      protect: environment.protect ?? !sandbox,
      projectRoot: projectRootFrom(app, this),
    });

    const { ipv4, ipv6 } = this.fleet.anycast;
    this.output(ANYCAST_OUTPUT.A, ipv4, "Address that leads to the nearest node of the fleet");
    if (ipv6 !== undefined) this.output(ANYCAST_OUTPUT.AAAA, ipv6, "The same over IPv6");
    const secretId = granted && secretIdOf({ logAccess: granted.settings });
    if (secretId !== undefined) {
      const text = "Id of the secret that nodes are given to write logs, no secret itself";
      this.leaveAfterFleet(this.output(LOG_SECRET_ID, secretId, text));
    }
    this.leaveAfterFleet(this.output("release", runs.release, "Release that the fleet runs"));
    if (runs.sites !== undefined) {
      const text = "Sites that run another release, as `polycast live pin` takes them";
      this.leaveAfterFleet(this.output("site_releases", sitesText(runs), text));
    }
    const { connections } = this.fleet.capacity;
    this.leaveAfterFleet(
      this.output("capacity_connections", connections, "Connections that the fleet carries at once"),
    );
  }

  /**
   * Lets an output say what an apply has done, not what it was about to do, and makes it part of a plan that leaves out the
   * identity: Terraform stores a constant as soon as an apply begins, and in such a plan never.
   */
  private leaveAfterFleet(output: TerraformOutput): void {
    const resources = this.fleet.node.findAll().filter((each) => TerraformResource.isTerraformResource(each));
    // CDKTF writes an output's dependencies in a form that Terraform refuses.
    output.addOverride(
      "depends_on",
      resources.map(
        ({ terraformResourceType, friendlyUniqueId }) => `${terraformResourceType}.${friendlyUniqueId}`,
      ),
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
  private agreeWithRecord(app: App, environment: string, fleet: string, runs: LiveRelease): Resource {
    new NullProvider(this, "null");
    const { release } = runs;
    // Only where there are any: elsewhere nothing is to be pinned anew.
    const sites = runs.sites === undefined ? undefined : sitesText(runs);
    const pin = `node bin/polycast.js live pin --environment ${environment} --fleet ${fleet} --release ${release}`;
    const record = new Resource(this, LIVE_RECORD_RESOURCE, {
      triggers: { release, ...(sites !== undefined && { sites }) },
      provisioners: [
        {
          type: "local-exec",
          command: sites === undefined ? pin : `${pin} --sites ${sites}`,
          workingDir: projectRootFrom(app, this),
        },
      ],
    });
    record.overrideLogicalId(LIVE_RECORD_RESOURCE);
    return record;
  }

  private output(name: string, value: string | number, description: string): TerraformOutput {
    const output = new TerraformOutput(this, `output-${name}`, { value, description, staticId: true });
    output.overrideLogicalId(name);
    return output;
  }
}

/** Relative, so that synthesized output names no path of the machine. */
function projectRootFrom(app: App, stack: TerraformStack): string {
  return path.relative(stackDirectory(app, stack.node.id), PROJECT_ROOT);
}
