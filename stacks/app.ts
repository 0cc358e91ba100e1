import { App, type AppConfig } from "cdktf";
import type { Environment } from "../constructs/fleet/environment";
import type { FleetDeployment } from "../live/deployment";
import { EdgeDnsStack } from "./edge-dns-stack";
import { FleetStack } from "./fleet-stack";

/** The stacks of an environment; nothing is written until `synth()`. */
export function buildApp(
  environment: Environment,
  deployments: readonly FleetDeployment[],
  config: AppConfig = {},
): App {
  const app = new App(config);
  const stacks = deployments.map((deployment) => new FleetStack(app, environment, deployment));
  new EdgeDnsStack(
    app,
    environment,
    stacks,
    Object.fromEntries(deployments.map(({ fleet, share }) => [fleet.name, share])),
  );
  return app;
}
