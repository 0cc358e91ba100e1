import type { Environment } from "../../constructs/fleet/environment";
import { planTraffic, type TrafficPlan } from "../../live/traffic-valve";

/** The traffic of the environment that POLYCAST_ENV names. */
export interface CurrentTraffic {
  readonly environment: Environment;
  /** Compares, at this moment, what is wanted with what was last applied. */
  readonly plan: (variables: NodeJS.ProcessEnv) => Promise<TrafficPlan>;
}

/** An environment brings CDKTF and the providers' bindings with it; the other verbs do without. */
export async function currentTraffic(): Promise<CurrentTraffic> {
  const { chosenEnvironment, loadEnvironment } = await import("../../environments/load-environment");
  const { openLiveStore } = await import("../../live/open-live-store");
  const { readDeployment } = await import("../../live/read-deployment");
  const { withoutRetired } = await import("../../live/retirement-record");
  const listed = await loadEnvironment(chosenEnvironment());
  const store = await openLiveStore(listed);
  const environment = await withoutRetired(listed, store.objects);
  return {
    environment,
    plan: async (variables) =>
      planTraffic(environment, await readDeployment(environment, store), store, variables),
  };
}
