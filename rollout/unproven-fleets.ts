import { waveInTransition, type RolloutState } from "./rollout-state";

/**
 * The fleets whose nodes are, or may be, of a release that has not finished a bake, by what is recorded.
 * @param running fleet -> release, of the live record.
 * @returns fleet -> that release.
 */
export function unprovenFleets(
  rollout: RolloutState,
  running: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const wave = waveInTransition(rollout);
  if (wave === undefined) return {};
  const { fleet } = wave.plan;
  const { touched, direction, phase } = wave.state;
  const { id = "" } = rollout.plan.fleets[fleet]?.next ?? {};
  // Whoever has abandoned it may have given the fleet something else since.
  if (running[fleet] === id) return { [fleet]: id };
  const goesBack = direction === "back" && phase !== "restoring" && phase !== "baking";
  return rollout.ended === undefined && touched && goesBack ? { [fleet]: id } : {};
}
