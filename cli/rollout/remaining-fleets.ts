import type { Environment } from "../../constructs/fleet/environment";
import { releaseIds } from "../../live/live-release";
import type { Remaining } from "../../rollout/evacuate";
import { unprovenFleets } from "../../rollout/unproven-fleets";
import { knownNodes } from "../known-nodes";
import { findAt } from "./finding";
import { nodeEvidence } from "./node-evidence";
import { readRollout } from "./rollout-store";
import type { RolloutScene } from "./scene";

/** In milliseconds: whoever takes longer to say how the nodes are is not waited for. */
const NODES_WITHIN = 2_000;

/** What is known of an environment's fleets when one of them is to be taken away. */
export async function remainingFleets(
  scene: RolloutScene,
  environment: Environment = scene.environment,
): Promise<Remaining> {
  const { live } = scene;
  const [{ record }, rollout, unwell] = await Promise.all([
    live.read(),
    // Damaged or of a newer version: in an emergency that stops nobody who has a reason.
    readRollout(live.objects, environment.name).then(
      (stored) => stored?.rollout ?? "none",
      () => undefined,
    ),
    unwellFleets(scene),
  ]);
  const percents = environment.fleets.map(({ name }) => [name, record.fleets[name]?.share ?? 0]);
  const running = Object.fromEntries(
    Object.entries(record.fleets).map(([name, runs]) => [name, releaseIds(runs)]),
  );
  const peak = environment.rollout?.peak.connections;
  return {
    percents: Object.fromEntries(percents) as Record<string, number>,
    unwell,
    unproven: rollout === "none" ? {} : rollout && unprovenFleets(rollout, running),
    ...(peak !== undefined && { peak }),
  };
}

/** The fleets whose nodes are known not to be well, and why. Nobody who is not known is blamed. */
async function unwellFleets({
  environment,
  env,
  clock,
}: RolloutScene): Promise<Readonly<Record<string, string>>> {
  const late = new Promise<undefined>((resolve) => {
    setTimeout(() => {
      resolve(undefined);
    }, NODES_WITHIN).unref();
  });
  const known = await Promise.race([knownNodes(environment, env).catch(() => undefined), late]);
  if (known === undefined || known.source === "none") return {};
  const found = environment.fleets.map((fleet) => ({
    name: fleet.name,
    ...nodeEvidence(fleet, known, undefined, findAt(clock.now())).nodes,
  }));
  const unwell = found.filter(({ verdict }) => verdict === "bad");
  return Object.fromEntries(unwell.map(({ name, reason }) => [name, reason]));
}
