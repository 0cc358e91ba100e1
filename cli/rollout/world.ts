import { recordedRelease, releaseText } from "../../live/live-release";
import { EDGE_DNS } from "../../live/stack-names";
import type { RolloutState } from "../../rollout/rollout-state";
import type { RolloutWorld } from "../../rollout/rollout-world";
import { preflight } from "../preflight";
import { readShapes, shapeFor } from "./approved-shapes";
import { lookAtWorld } from "./look-at-world";
import { replaceFleet } from "./replace-fleet";
import { percentText } from "./rollout-text";
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
  const { id, plan } = rollout;
  const timed = async <T>(action: Promise<T>): Promise<T> => {
    const outcome = await action;
    await scene.clock.read();
    return outcome;
  };
  return {
    now: () => scene.clock.now(),
    look: () => lookAtWorld(scene, rollout),
    steer: async (action) => {
      const { fleet, percent } = action;
      await preflight([EDGE_DNS], process.env);
      const outcome = await timed(steerFleet(scene, plan, action));
      if (outcome.kind === "done") {
        const applied = outcome.dns?.applied[fleet];
        const further = applied === percent ? "" : `, on the way to ${percentText(percent)}`;
        tell(`${fleet}: DNS gives it ${percentText(applied)} of its share${further}`);
      }
      return outcome;
    },
    replace: async (action) => {
      tell(`${action.fleet}: Terraform deploys it with ${releaseText(recordedRelease(action.release))}`);
      const shapes = await readShapes(scene.live.objects, id);
      return timed(replaceFleet(scene, action, shapeFor(shapes, action)));
    },
  };
}
