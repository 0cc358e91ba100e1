import { isDeepStrictEqual } from "node:util";
import { releasesOf } from "../../constructs/fleet/fleet-releases";
import { show } from "../../constructs/fleet/problem";
import { readDeployment } from "../../live/read-deployment";
import { recordedRelease } from "../../live/live-release";
import { readManifest } from "../../live/read-manifest";
import { setRelease } from "../../live/set-release";
import { fleetStackName } from "../../live/stack-names";
import type { Outcome, Replace } from "../../rollout/rollout-world";
import { TerraformRefusal } from "../adopt/stack-terraform";
import { beyondShape, type PlanShape } from "./plan-shape";
import { withPlan } from "./rollout-stacks";
import type { RolloutScene } from "./scene";

/**
 * Writes what the fleet is to run to the live record, which is what is wanted from then on, and deploys the fleet, by a saved
 * plan that does nothing beyond what was approved. The identity by which nodes write logs is left out, as at the start it had
 * no changes of its own: its cloud may be down, and a fleet elsewhere must go back all the same.
 * @param approved the shape that the start has shown: of these sites alone, where it is about some.
 */
export async function replaceFleet(
  scene: RolloutScene,
  { fleet, release }: Replace,
  approved: PlanShape | undefined,
): Promise<Outcome> {
  const { environment, live } = scene;
  const refused = (why: string): Outcome => ({ kind: "refused", why });
  if (approved === undefined) return refused("no plan of this fleet was approved at the start");
  const provider = environment.fleets.find(({ name }) => name === fleet)?.provider ?? "";
  const { releases } = readManifest(environment);
  for (const { id, image: wanted } of releasesOf(release)) {
    const image = releases[id]?.images[provider];
    if (isDeepStrictEqual(image, wanted)) continue;
    return refused(
      `the manifest has ${show(image)} for ${id} at ${provider}, and ${show(wanted)} was approved`,
    );
  }
  const runs = recordedRelease(release);
  await setRelease(live, fleet, runs.release, runs.sites);
  const deployments = await readDeployment(environment, live, (name) => name === fleet);
  try {
    return await withPlan(scene, fleetStackName(fleet), deployments, undefined, async ({ plan, apply }) => {
      const beyond = beyondShape(plan, approved);
      if (beyond.length > 0) {
        return refused(
          `more than was approved: ${beyond.map(({ where, what }) => `${where} ${what}`).join("; ")}`,
        );
      }
      await apply();
      return { kind: "done" };
    });
  } catch (error) {
    if (error instanceof TerraformRefusal) return refused(error.said.join("; "));
    throw error;
  }
}
