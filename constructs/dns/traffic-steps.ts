import { isDeepStrictEqual } from "node:util";
import { appliedShares, type AppliedTraffic } from "./applied-traffic";
import type { TrafficFleet } from "./preference";
import { trafficChange, unanswered, type Audience } from "./traffic-change";
import { shedsLoad, type Traffic, type TrafficPolicy } from "./traffic-policy";

/** Shares of a step are rounded to this part of a percent. It is also what a fleet on standby gets: weights are above 0. */
const ROUNDING = 1e-4;

/** Points that do not count: what rounding leaves of a few fleets. */
export const SLACK = 1e-3;

/** Halvings after which a step is as long as it can be: rounding does not see more. */
const PRECISION = 24;

/** Whether a change needs nobody's word: it stays within the limit, and all who got an answer still do. */
export function isWithin(
  limit: number,
  before: AppliedTraffic,
  after: AppliedTraffic,
  audience?: Audience,
): boolean {
  const change = trafficChange(before, after, audience);
  return change.points <= limit + SLACK && unanswered(change).length === 0;
}

/**
 * The way from what is applied to what is wanted, in steps of at most `limit` points, all shares in proportion. Each is
 * complete in itself, so who stops anywhere can go on from there.
 *
 * Whatever the policies, a step shares by weights: neither round robin nor an order of preference has anything between
 * two states. Where the wanted policy sheds load, so do its steps.
 *
 * @param limit in points, at least 1.
 * @returns the last is what is wanted; undefined where the first change is larger however it is made: a fleet leaves the
 *   environment with its share, or users lose their record.
 */
export function trafficSteps(
  applied: AppliedTraffic,
  wanted: AppliedTraffic,
  limit: number,
  audience?: Audience,
): readonly AppliedTraffic[] | undefined {
  if (isWithin(limit, applied, wanted, audience)) return [wanted];
  // Only what makes round numbers is taken of the slack.
  const most = limit - SLACK + ROUNDING / 2;
  const step = longestStep(applied, wanted, (next) => isWithin(most, applied, next, audience));
  if (step === undefined || isDeepStrictEqual(step, applied)) return undefined;
  const further = trafficSteps(step, wanted, limit, audience);
  return further === undefined ? undefined : [step, ...further];
}

/** The way to go is a straight line, so what is near enough is one piece of it. */
function longestStep(
  applied: AppliedTraffic,
  wanted: AppliedTraffic,
  fits: (step: AppliedTraffic) => boolean,
): AppliedTraffic | undefined {
  let [near, far] = [0, 1];
  for (let halving = 0; halving < PRECISION; halving++) {
    const middle = (near + far) / 2;
    if (fits(between(applied, wanted, middle))) near = middle;
    else far = middle;
  }
  const step = between(applied, wanted, near);
  return fits(step) ? step : undefined;
}

/** @param part of the way: 0 is what is applied, as far as the wanted fleets can have it, 1 is what is wanted. */
function between(applied: AppliedTraffic, wanted: AppliedTraffic, part: number): AppliedTraffic {
  const regions = new Set(
    [applied, wanted].flatMap(({ traffic }) => traffic.within.map(({ region }) => region)),
  );
  const policy = (region?: string): TrafficPolicy => ({
    kind: "weighted",
    weights: mix(appliedShares(applied, "A", region), appliedShares(wanted, "A", region), part),
    ...(shedsLoad(policyIn(wanted.traffic, region)) && { sheds: true }),
  });
  const percentOf = ({ name, percent }: TrafficFleet): number =>
    percent > 0 || applied.fleets.A.some((other) => other.name === name && other.percent > 0) ? 100 : 0;
  const fleets = (family: readonly TrafficFleet[]) =>
    family.map((fleet) => ({ ...fleet, percent: percentOf(fleet) }));
  return {
    ...wanted,
    step: true,
    traffic: {
      ...wanted.traffic,
      policy: policy(),
      within: [...regions].map((region) => ({ region, policy: policy(region) })),
    },
    fleets: { A: fleets(wanted.fleets.A), AAAA: fleets(wanted.fleets.AAAA) },
  };
}

type Shares = Readonly<Record<string, number>>;

function mix(before: Shares = {}, after: Shares = {}, part: number): Shares {
  const mixed = Object.entries(after).map(([name, share]) => {
    const exact = (1 - part) * (before[name] ?? 0) + part * share;
    return [name, Math.max(ROUNDING, Number((Math.round(exact / ROUNDING) * ROUNDING).toFixed(4)))] as const;
  });
  return Object.fromEntries(mixed);
}

function policyIn({ policy, within }: Traffic, region?: string): TrafficPolicy {
  return within.find((regional) => regional.region === region)?.policy ?? policy;
}
