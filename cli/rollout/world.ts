import type { RolloutState } from "../../rollout/rollout-state";
import type { Outcome, RolloutWorld } from "../../rollout/rollout-world";
import { readShapes } from "./approved-shapes";
import { lookAtWorld } from "./look-at-world";
import { replaceFleet } from "./replace-fleet";
import type { RolloutScene } from "./scene";
import { steerFleet } from "./steer-fleet";

/**
 * The real world of a rollout: Terraform, the live record, and all that can be seen from outside.
 * @param rollout as it was last recorded.
 */
export function rolloutWorld(
  scene: RolloutScene,
  rollout: RolloutState,
  tell: (line: string) => void,
): RolloutWorld {
  const act = async (what: string, take: () => Promise<Outcome>): Promise<Outcome> => {
    tell(what);
    const outcome = await take();
    await scene.clock.read();
    return outcome;
  };
  const { id, plan } = rollout;
  return {
    now: () => scene.clock.now(),
    look: () => lookAtWorld(scene, rollout),
    steer: (action) =>
      act(`${action.fleet}: a step of DNS towards ${action.percent} % of its share`, () =>
        steerFleet(scene, plan, action),
      ),
    replace: (action) =>
      act(`${action.fleet}: Terraform deploys it with ${action.release.id}`, async () => {
        const shapes = await readShapes(scene.live.objects, id);
        return replaceFleet(scene, action, shapes[action.fleet]);
      }),
  };
}
