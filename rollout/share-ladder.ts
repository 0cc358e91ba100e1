import { wantedTraffic } from "../constructs/dns/applied-traffic";
import { trafficChange } from "../constructs/dns/traffic-change";
import { givesParts } from "../constructs/dns/traffic-policy";
import { SLACK } from "../constructs/dns/traffic-steps";
import type { Environment } from "../constructs/fleet/environment";

type Steered = Pick<Environment, "dns" | "fleets" | "zone" | "audience">;

/** Halvings after which a rung is as high as two decimals tell. */
const PRECISION = 24;

/**
 * The shares that lead a fleet from nothing to the share that it has, in percent of the live record: each as high as the
 * limit lets it be. Where the policy knows no parts of a share there is none in between, and DNS goes there in steps of
 * its own.
 * @param percents fleet -> percent of what the policy gives it.
 * @param limits in points of traffic: of the first rung, and of those above it.
 */
export function shareLadder(
  environment: Steered,
  percents: Readonly<Record<string, number>>,
  fleet: string,
  limits: { readonly first: number; readonly further: number },
): readonly number[] {
  const top = percents[fleet] ?? 0;
  const ladder = [0];
  if (!policiesOf(environment).every(givesParts)) return [0, top];
  for (let last = 0; last < top;) {
    const limit = last === 0 ? limits.first : limits.further;
    const from = last;
    const fits = (percent: number): boolean =>
      pointsBetween(environment, percents, fleet, from, percent) <= limit + SLACK;
    last = highest(from, top, fits);
    ladder.push(last);
  }
  return ladder;
}

/** Points of traffic that move when a fleet's percent of the live record changes. */
export function pointsBetween(
  environment: Steered,
  percents: Readonly<Record<string, number>>,
  fleet: string,
  from: number,
  to: number,
): number {
  const [before, after] = [from, to].map((percent) =>
    wantedTraffic(environment, { ...percents, [fleet]: percent }),
  );
  return before === undefined || after === undefined
    ? 0
    : trafficChange(before, after, environment.audience).points;
}

/** The highest percent of two decimals that fits; at least a hundredth above `from`, so that a ladder ends. */
function highest(from: number, top: number, fits: (percent: number) => boolean): number {
  if (fits(top)) return top;
  let [near, far] = [from, top];
  for (let halving = 0; halving < PRECISION; halving++) {
    const middle = (near + far) / 2;
    if (fits(middle)) near = middle;
    else far = middle;
  }
  return Math.max(Math.floor(near * 100) / 100, Number((from + 0.01).toFixed(2)));
}

function policiesOf({ dns: { traffic } }: Steered): Parameters<typeof givesParts>[0][] {
  return [traffic.policy, ...traffic.within.map(({ policy }) => policy)];
}
