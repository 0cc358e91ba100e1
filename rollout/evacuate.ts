import { wantedTraffic } from "../constructs/dns/applied-traffic";
import { checkPercents } from "../constructs/dns/check-traffic";
import type { Environment } from "../constructs/fleet/environment";
import { refuseIfAny, show, suggest, type Problem } from "../constructs/fleet/problem";
import { describeLoad, mostPercent, overloads } from "./peak-load";

/** What is known of the fleets that are to carry on. */
export interface Remaining {
  /** Fleet -> percent of what the policy gives it, of the live record. */
  readonly percents: Readonly<Record<string, number>>;
  /** The fleets that are known not to be well, and why. */
  readonly unwell: Readonly<Record<string, string>>;
  /** The fleets with a release that has not finished a bake, and which, as `unprovenFleets` tells; undefined: nobody knows. */
  readonly unproven: Readonly<Record<string, string>> | undefined;
  /** The declared peak in connections; undefined: nobody has said. */
  readonly peak?: number;
}

/** What is left of the traffic, and what nobody knows to be safe about it. */
export interface Evacuation {
  /** Fleet -> percent, for the live record. */
  readonly percents: Readonly<Record<string, number>>;
  /** Why it takes a reason; none where the others are known to carry it. */
  readonly risks: readonly Problem[];
}

/** In percent of all users: a release that has not proved itself must not get more without a person's reason. */
const MOST = 50;

/**
 * The shares after a fleet is taken out of traffic at once, whatever it moves.
 * @param reason why, where the others are not known to carry it.
 * @throws PolycastError with the numbers, where there is a risk and no reason is given; and always where nobody would be
 *   left.
 */
export function evacuate(
  environment: Environment,
  fleet: string,
  remaining: Remaining,
  reason?: string,
): Evacuation {
  const title = (): string => `${show(fleet)} was not taken out of traffic:`;
  const names = environment.fleets.map(({ name }) => name);
  if (!names.includes(fleet))
    refuseIfAny(title, [{ where: fleet, what: `no such fleet; ${suggest(fleet, names)}` }]);
  const percents = { ...remaining.percents, [fleet]: 0 };
  refuseIfAny(title, checkPercents(environment.dns.traffic, percents));
  const risks = [
    ...checkOthers(environment, fleet, remaining),
    ...checkBaked(environment, percents, remaining),
  ];
  if ((reason ?? "").trim() === "") refuseIfAny(title, withRemedy(risks));
  return { percents, risks };
}

function checkOthers(
  environment: Environment,
  fleet: string,
  { percents, unwell, peak }: Remaining,
): readonly Problem[] {
  const others = environment.fleets.map(({ name }) => name).filter((name) => name !== fleet);
  const lost = [fleet, ...others.filter((name) => percents[name] === 0 || Object.hasOwn(unwell, name))];
  const known = others
    .filter((name) => Object.hasOwn(unwell, name))
    .map((name) => ({ where: `fleets.${name}`, what: `is not well: ${unwell[name] ?? ""}` }));
  if (peak === undefined) {
    return [
      ...known,
      { where: "peak", what: "is not declared, so nobody can say whether the others carry it" },
    ];
  }
  const loads = overloads(environment, percents, lost, peak);
  return loads.length === 0
    ? []
    : [...known, ...loads.map((load) => ({ where: fleet, what: `without it, ${describeLoad(load)}` }))];
}

/** Whether most users would meet a release that nobody has seen last. */
function checkBaked(
  environment: Environment,
  percents: Readonly<Record<string, number>>,
  { unproven }: Remaining,
): readonly Problem[] {
  if (unproven === undefined) {
    return [
      { where: "rollout", what: "cannot be read, so nobody can say whether the others' releases have baked" },
    ];
  }
  const traffic = wantedTraffic(environment, percents);
  return Object.entries(unproven).flatMap(([name, release]) => {
    const percent = Math.round(mostPercent(traffic, name, environment.audience));
    const what = `would serve ${percent} % of all users with ${show(release)}, which has not finished a bake`;
    return percent > MOST ? [{ where: `fleets.${name}`, what }] : [];
  });
}

function withRemedy(problems: readonly Problem[]): readonly Problem[] {
  const remedy = "To do it all the same, say why: --reason TEXT";
  return problems.map((problem, index) => (index === problems.length - 1 ? { ...problem, remedy } : problem));
}
