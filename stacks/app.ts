import { App, type AppConfig } from "cdktf";
import type { Environment } from "../constructs/fleet/environment";
import type { FleetDeployment } from "../live/deployment";
import { wantedOf, type TrafficPlan } from "../live/traffic-valve";
import { EdgeDnsStack } from "./edge-dns-stack";
import { FleetStack } from "./fleet-stack";

/**
 * The stacks of an environment; nothing is written until `synth()`.
 * @param traffic what DNS is to do; by default all that is wanted, unheld.
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
  return app;
}
