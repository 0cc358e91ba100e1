import { appliedShares, wantedTraffic } from "../constructs/dns/applied-traffic";
import type { Environment } from "../constructs/fleet/environment";
import { capacityOf } from "../constructs/fleet/fleet-inputs";
import type { FleetProvider } from "../constructs/fleet/fleet-provider";
import { refuseIfAny, show } from "../constructs/fleet/problem";
import type { ReleaseManifest } from "../constructs/image/release-manifest";
import type { LiveRecord } from "../live/live-record";
import { normalRelease } from "../live/live-release";
import { holdTraffic } from "../live/traffic-valve";
import { checkNotify, checkPeak, checkReleases, checkShares, checkWish } from "./check-rollout";
import { describeShortfall, shortfallsOf, type Shortfall } from "./peak-load";
import { EVIDENCE, type PlannedFleet, type PlannedWave, type RolloutPlan } from "./rollout-plan";
import type { RolloutWish } from "./rollout-wish";
import { shareLadder } from "./share-ladder";

/** Points of the first step after a full drain, however much the environment allows. */
const FIRST_LIMIT = 10;

/**
 * Plans a rollout from what runs now.
 * @returns the plan, and what it does not protect against, to be shown before the start.
 * @throws PolycastError that names, with the numbers, every reason why it would not be safe.
 */
export function planRollout(
  environment: Environment,
  manifest: ReleaseManifest,
  record: LiveRecord,
  wish: RolloutWish,
): { readonly plan: RolloutPlan; readonly shortfalls: readonly Shortfall[] } {
  const percents = Object.fromEntries(
    environment.fleets.map(({ name }) => [name, record.fleets[name]?.share ?? 0]),
  );
  // The limit that holds every deploy of DNS, without what a person may tell one of them.
  const { limit: trafficLimit } = holdTraffic(
    environment,
    undefined,
    wantedTraffic(environment, percents),
    {},
  );
  const limits = { first: Math.min(FIRST_LIMIT, trafficLimit), further: trafficLimit };
  const shortfalls = shortfallsOf(environment, percents, wish.peak);
  refuseIfAny(
    () => `The rollout of ${show(wish.release)} in "${environment.name}" was not started:`,
    [
      ...checkReleases(environment, manifest, record, wish),
      ...checkShares(record, environment, percents, limits.first),
      ...checkWish(environment, wish),
      ...checkNotify(environment),
      ...checkPeak(environment, percents, wish),
      ...(wish.spare === 2 ? shortfalls.map(describeShortfall) : []),
    ],
  );
  const fleets = environment.fleets.map((fleet) => [
    fleet.name,
    plannedFleet(fleet, manifest, record, wish.release),
  ]);
  return {
    plan: {
      environment: environment.name,
      release: wish.release,
      fleets: Object.fromEntries(fleets) as Record<string, PlannedFleet>,
      waves: orderOf(environment, percents, wish).flatMap((name) =>
        wavesOf(
          name,
          wish,
          environment.fleets.length === 1
            ? [percents[name] ?? 0]
            : [...shareLadder(environment, percents, name, limits)],
        ),
      ),
      bakeSeconds: wish.bakeSeconds ?? 4 * 3600,
      settleSeconds: wish.settleSeconds ?? 3600,
      lookSeconds: wish.lookSeconds ?? 900,
      trafficLimit,
      firstLimit: limits.first,
      peak: wish.peak,
      spare: wish.spare ?? 1,
      approve: wish.approve ?? "once",
      evidence: EVIDENCE.filter(
        (kind) =>
          (kind !== "command" || wish.command === true) &&
          (kind !== "alarms" || environment.management !== undefined),
      ),
    },
    shortfalls,
  };
}

/** One wave of a fleet; where some sites go first, they have one before. */
function wavesOf(fleet: string, { firstSites }: RolloutWish, ladder: number[]): readonly PlannedWave[] {
  const sites = firstSites?.[fleet];
  return [...(sites === undefined ? [] : [{ fleet, sites: [...sites], ladder }]), { fleet, ladder }];
}

/** Whoever has the least traffic goes first: what is bad meets the fewest users. */
function orderOf(
  environment: Environment,
  percents: Readonly<Record<string, number>>,
  { order }: RolloutWish,
): readonly string[] {
  const shares = appliedShares(wantedTraffic(environment, percents), "A") ?? {};
  const names = environment.fleets.map(({ name }) => name);
  return order ?? names.toSorted((one, other) => (shares[one] ?? 0) - (shares[other] ?? 0));
}

function plannedFleet(
  { name, provider, wish }: FleetProvider,
  manifest: ReleaseManifest,
  record: LiveRecord,
  release: string,
): PlannedFleet {
  const entry = (id: string): PlannedFleet["next"] => ({
    id,
    image: manifest.releases[id]?.images[provider] as PlannedFleet["next"]["image"],
  });
  const live = record.fleets[name] ?? { release: "", share: 0 };
  const { sites } = normalRelease(live, wish.sites);
  const others = Object.entries(sites ?? {}).map(([site, id]) => [site, entry(id)] as const);
  return {
    provider,
    capacity: capacityOf(wish).connections,
    share: live.share,
    previous: { ...entry(live.release), ...(sites !== undefined && { sites: Object.fromEntries(others) }) },
    next: entry(release),
  };
}
