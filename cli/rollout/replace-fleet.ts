import { isDeepStrictEqual } from "node:util";
import { show } from "../../constructs/fleet/problem";
import { readDeployment } from "../../live/read-deployment";
import { readManifest } from "../../live/read-manifest";
import { setRelease } from "../../live/set-release";
import { fleetStackName } from "../../live/stack-names";
import type { Outcome, Replace } from "../../rollout/rollout-world";
import { TerraformRefusal } from "../adopt/stack-terraform";
import { beyondShape, type PlanShape } from "./plan-shape";
import { withPlan } from "./rollout-stacks";
import type { RolloutScene } from "./scene";

/**
 * Writes the release to the live record, which is what is wanted from then on, and deploys the fleet, by a saved plan that does nothing beyond what was approved.
 * @param approved the shape that the start has shown.
 */
export async function replaceFleet(
  scene: RolloutScene,
  { fleet, release, sites }: Replace,
  approved: PlanShape | undefined,
): Promise<Outcome> {
  const { environment, live } = scene;
  const refused = (why: string): Outcome => ({ kind: "refused", why });
  if (sites !== undefined) return refused("the live record knows one release per fleet, not one per site");
  if (approved === undefined) return refused("no plan of this fleet was approved at the start");
  const provider = environment.fleets.find(({ name }) => name === fleet)?.provider ?? "";
  const image = readManifest(environment).releases[release.id]?.images[provider];
  if (!isDeepStrictEqual(image, release.image)) {
    return refused(
      `the manifest has ${show(image)} for ${release.id} at ${provider}, and ${show(release.image)} was approved`,
    );
  }
  await setRelease(live, fleet, release.id);
  const deployments = await readDeployment(environment, live);
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
