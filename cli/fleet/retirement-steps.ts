import { setTimeout as sleep } from "node:timers/promises";
import { describeApplied } from "../../constructs/dns/applied-traffic";
import type { Environment } from "../../constructs/fleet/environment";
import { PolycastError } from "../../constructs/fleet/problem";
import { forgetFleet } from "../../live/forget-fleet";
import { leaveFleetOut } from "../../live/leave-fleet-out";
import { openLiveStore } from "../../live/open-live-store";
import { readDeployment } from "../../live/read-deployment";
import { forgetRotation } from "../../live/rotation-record";
import { EDGE_DNS, fleetStackName, MANAGEMENT } from "../../live/stack-names";
import { planTraffic, TRAFFIC_LIMIT, TRAFFIC_STEPS, type TrafficPlan } from "../../live/traffic-valve";
import { walkTraffic } from "../../live/traffic-walk";
import { buildApp } from "../../stacks/app";
import { TerraformRefusal } from "../adopt/stack-terraform";
import { commandEnvironment } from "../cdktf";
import { Stopped } from "../exit-code";
import { openClock } from "../rollout/rollout-clock";
import { withPlan } from "../rollout/rollout-stacks";
import type { RolloutScene } from "../rollout/scene";

/** How often a wait looks at the clock, in milliseconds. */
const LOOK_EVERY = 250;

/** What one call is about. */
interface RetirementWish {
  readonly fleet: string;
  /** Points of traffic that a step may move, where a person says so. */
  readonly allow?: number;
  /** Set once somebody wants us to stop. */
  readonly signal: () => NodeJS.Signals | undefined;
  readonly tell: (line: string) => void;
}

/** What a retirement is carried out with. */
export interface RetirementScene extends RolloutScene, RetirementWish {
  /** The environment as its file has it, with the fleet. */
  readonly listed: Environment;
}

/** @throws PolycastError where the environment is a sandbox's, and none runs. */
export async function openRetirement(wish: RetirementWish): Promise<RetirementScene> {
  const env = commandEnvironment(process.env);
  const { chosenEnvironment, loadEnvironment } = await import("../../environments/load-environment");
  const listed = await loadEnvironment(chosenEnvironment());
  const live = await openLiveStore(listed);
  const clock = await openClock(listed, process.env);
  return { ...wish, environment: listed, listed, live, clock, workspace: "retirement-stacks", env };
}

/** How many objects the state of a fleet's stack holds. */
export async function objectsOf({ live }: Pick<RetirementScene, "live">, fleet: string): Promise<number> {
  return resourcesOf(await live.readState(fleetStackName(fleet)));
}

function resourcesOf(state: unknown): number {
  const { resources = [] } = (state ?? {}) as { resources?: readonly { readonly mode?: string }[] };
  return resources.filter(({ mode }) => mode !== "data").length;
}

/** @throws PolycastError with all that would be wrong with the environment without the fleet. */
export async function checkRemaining({ listed, fleet, live }: RetirementScene): Promise<void> {
  const left = leaveFleetOut(listed, fleet);
  buildApp(left, await readDeployment(left, live));
}

/**
 * Takes DNS to what an environment and the live record want, within the traffic limit. Where it is there already, this does
 * nothing.
 */
export async function walkDns(scene: RetirementScene, environment: Environment): Promise<void> {
  const { live, allow, tell } = scene;
  const variables = {
    ...scene.env,
    [TRAFFIC_STEPS]: "1",
    ...(allow !== undefined && { [TRAFFIC_LIMIT]: String(allow) }),
  };
  const plan = async (): Promise<TrafficPlan> =>
    planTraffic(environment, await readDeployment(environment, live), live, variables);
  await walkTraffic({
    plan,
    apply: async () => {
      await change(scene, EDGE_DNS, environment, await plan());
    },
    wait: (seconds) => rest(scene, seconds),
    tell: (progress) => {
      tell(
        progress.kind === "waiting"
          ? `  waiting ${progress.seconds} s, until all resolvers have asked again`
          : `  step ${progress.number} of ${progress.of}: ${describeApplied(progress.next, "A")}`,
      );
    },
  });
}

/** Lets only these fleets be watched, where anybody watches. */
export async function watchThese(scene: RetirementScene, environment: Environment): Promise<void> {
  if (environment.management === undefined) return;
  if (resourcesOf(await scene.live.readState(MANAGEMENT)) === 0) return;
  await change(scene, MANAGEMENT, environment);
}

/** Destroys the fleet's stack. Its guards are lifted here and nowhere else: it was proven that nobody is sent there. */
export async function destroyFleet(scene: RetirementScene): Promise<void> {
  const { listed, fleet } = scene;
  await change(scene, fleetStackName(fleet), { ...listed, protect: false }, undefined, {
    purpose: "destroy",
    remedy: "Where the provider is gone for good, take what was its out of the state: docs/retiring.md.",
  });
}

/** Takes a destroyed fleet out of all that is recorded. */
export async function forgetTraces({ live, fleet }: RetirementScene): Promise<void> {
  await forgetRotation(live, fleet);
  const { record } = await live.read();
  if (record.fleets[fleet] !== undefined) await forgetFleet(live, fleet);
}

/** Plans a stack and applies the plan. */
async function change(
  scene: RetirementScene,
  stack: string,
  environment: Environment,
  traffic?: TrafficPlan,
  { purpose = "deploy", remedy }: { purpose?: "deploy" | "destroy"; remedy?: string } = {},
): Promise<void> {
  const deployments = await readDeployment(environment, scene.live);
  try {
    await withPlan({ ...scene, environment }, stack, deployments, traffic, ({ apply }) => apply(), purpose);
  } catch (error) {
    if (!(error instanceof TerraformRefusal)) throw error;
    throw new PolycastError(
      "The step did not come to its end. The same command goes on from here.",
      error.said.map((what, index) => {
        const isLast = index === error.said.length - 1;
        return { where: stack, what, ...(isLast && remedy !== undefined && { remedy }) };
      }),
    );
  }
}

/** Lets seconds of the world's clock pass. @throws Stopped on Ctrl-C. */
export async function rest({ clock, signal }: RetirementScene, seconds: number): Promise<void> {
  await clock.read();
  const end = clock.now() + seconds;
  while (clock.now() <= end) {
    const stop = signal();
    if (stop !== undefined) throw new Stopped(stop);
    await sleep(LOOK_EVERY);
    await clock.read();
  }
}
