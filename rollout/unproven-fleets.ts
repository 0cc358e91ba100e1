import { waveInTransition, wavesOf, type RolloutState } from "./rollout-state";

/**
 * The fleets whose nodes are, or may be, of a release that has not finished a bake, by what is recorded.
 * @param running fleet -> releases that some of its sites run, of the live record.
 * @returns fleet -> that release.
 */
export function unprovenFleets(
  rollout: RolloutState,
  running: Readonly<Record<string, readonly string[]>>,
): Readonly<Record<string, string>> {
  const wave = waveInTransition(rollout);
  if (wave === undefined) return {};
  const { fleet } = wave.plan;
  const { touched, direction, phase } = wave.state;
  const { id = "" } = rollout.plan.fleets[fleet]?.next ?? {};
  // At its first sites it has, until this wave gives it to the others.
  const hasBaked = wavesOf(rollout).some(
    ({ plan, state }) => plan.fleet === fleet && state.phase === "done" && state.direction === "forward",
  );
  if (hasBaked && !touched && direction === "forward") return {};
  // Whoever has abandoned it may have given the fleet something else since.
  if (running[fleet]?.includes(id) === true) return { [fleet]: id };
  const goesBack = direction === "back" && phase !== "restoring" && phase !== "baking";
  return rollout.ended === undefined && touched && goesBack ? { [fleet]: id } : {};
}
