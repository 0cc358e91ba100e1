/** Which release each site of a fleet should run, by what is recorded. */
import type { ExpectedRelease } from "./look";
import type { RolloutPlan } from "./rollout-plan";
import { wavesOf, type RolloutState, type Wave } from "./rollout-state";

/** While no wave of the fleet is in transition. */
export function standingRelease(rollout: RolloutState, fleet: string): ExpectedRelease {
  const last = wavesOf(rollout).findLast(
    ({ plan, state }) => plan.fleet === fleet && state.phase === "done" && state.direction === "forward",
  );
  return last === undefined ? previousRelease(rollout.plan, fleet) : releaseOf(rollout.plan, last);
}

/** Before the nodes are replaced. */
export function beforeWave(rollout: RolloutState, wave: Wave): ExpectedRelease {
  return wave.state.direction === "forward" || !wave.state.touched
    ? standingRelease(rollout, wave.plan.fleet)
    : releaseOf(rollout.plan, wave);
}

/** Once they are. */
export function afterWave({ plan }: RolloutState, wave: Wave): ExpectedRelease {
  return wave.state.direction === "forward" ? releaseOf(plan, wave) : previousRelease(plan, wave.plan.fleet);
}

function releaseOf(plan: RolloutPlan, { plan: { fleet, sites } }: Wave): ExpectedRelease {
  const previous = previousRelease(plan, fleet);
  return (site) => (sites?.includes(site) === false ? previous(site) : (plan.fleets[fleet]?.next.id ?? ""));
}

function previousRelease({ fleets }: RolloutPlan, fleet: string): ExpectedRelease {
  return () => fleets[fleet]?.previous.id ?? "";
}
