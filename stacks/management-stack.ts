import { TerraformStack, type App } from "cdktf";
import type { Environment } from "../constructs/fleet/environment";
import type { ManagementPlane } from "../constructs/management/management-plane";
import { watchedIn } from "../constructs/management/watched-fleets";
import { MANAGEMENT } from "../live/stack-names";
import { useState } from "./state-backend";

/**
 * What watches the fleets, and whom it calls. It reads no other state; it comes after the fleets all the same, since
 * nothing can be counted in a log group that is not there yet.
 */
export class ManagementStack extends TerraformStack {
  public constructor(
    app: App,
    environment: Environment,
    management: ManagementPlane,
    fleets: readonly TerraformStack[],
  ) {
    super(app, MANAGEMENT);
    useState(app, this, environment);
    for (const fleet of fleets) this.addDependency(fleet);
    management.watch(this, "watch", watchedIn(environment));
  }
}
