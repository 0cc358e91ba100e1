/** Which release each site of a fleet should run, by what is recorded. */
import { releaseAt } from "../constructs/fleet/fleet-releases";
import type { ExpectedRelease } from "./look";
import type { PlannedFleet, PlannedReleases, PlannedWave, RolloutPlan } from "./rollout-plan";
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

/** What a wave is to make of its fleet, going forward. */
export function releasesAfter(
  { previous, next }: PlannedFleet,
  { sites }: Pick<PlannedWave, "sites">,
): PlannedReleases {
  if (sites === undefined) return next;
  const first = sites.map((site) => [site, next] as const);
  return { ...previous, sites: { ...previous.sites, ...Object.fromEntries(first) } };
}

function releaseOf({ fleets }: RolloutPlan, { plan }: Wave): ExpectedRelease {
  const fleet = fleets[plan.fleet];
  return at(fleet && releasesAfter(fleet, plan));
}

function previousRelease({ fleets }: RolloutPlan, fleet: string): ExpectedRelease {
  return at(fleets[fleet]?.previous);
}

function at(releases: PlannedReleases | undefined): ExpectedRelease {
  return (site) => (releases === undefined ? "" : releaseAt(releases, site).id);
}
