import { App, type AppConfig } from "cdktf";
import type { Environment } from "../constructs/fleet/environment";
import type { FleetDeployment } from "../live/deployment";
import { wantedOf, type TrafficPlan } from "../live/traffic-valve";
import { EdgeDnsStack } from "./edge-dns-stack";
import { FleetStack } from "./fleet-stack";
import { ImageStack } from "./image-stack";
import { ManagementStack } from "./management-stack";
import { guardPolicies } from "./policy-guard";

/**
 * The stacks of an environment, all policies met; nothing is written until `synth()`.
 * @param traffic what DNS is to do; by default all that is wanted, unheld.
 * @throws PolycastError where a policy is broken.
 */
export function buildApp(
  environment: Environment,
  deployments: readonly FleetDeployment[],
  config: AppConfig = {},
  traffic: Pick<TrafficPlan, "next" | "refusal"> = { next: wantedOf(environment, deployments) },
): App {
  const app = new App(config);
  const stacks = deployments.map((deployment) => new FleetStack(app, environment, deployment));
  new EdgeDnsStack(app, environment, stacks, traffic);
  const { management } = environment;
  if (management !== undefined) new ManagementStack(app, environment, management, stacks);
  const built = environment.fleets.filter(({ image }) => image !== undefined);
  for (const provider of new Set(built.map((fleet) => fleet.provider))) {
    new ImageStack(app, environment, provider);
  }
  guardPolicies(app, environment);
  return app;
}
