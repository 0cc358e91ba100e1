import { checkPercents } from "../constructs/dns/check-traffic";
import type { Environment } from "../constructs/fleet/environment";
import { refuseIfAny, show, suggest, type Problem } from "../constructs/fleet/problem";
import { describeLoad, overloads } from "./peak-load";

/** What is known of the fleets that are to carry on. */
export interface Remaining {
  /** Fleet -> percent of what the policy gives it, of the live record. */
  readonly percents: Readonly<Record<string, number>>;
  /** The fleets that are known not to be well, and why. */
  readonly unwell: Readonly<Record<string, string>>;
  /** The declared peak in connections; undefined: nobody has said. */
  readonly peak?: number;
}

/**
 * The shares after a fleet is taken out of traffic at once, whatever it moves. A rollout that goes on notices and pauses.
 * @param reason why, where the others are not known to carry it.
 * @returns fleet -> percent, for the live record.
 * @throws PolycastError with the numbers, where the others cannot carry it and no reason is given; and always where
 *   nobody would be left.
 */
export function evacuate(
  environment: Environment,
  fleet: string,
  { percents, unwell, peak }: Remaining,
  reason?: string,
): Readonly<Record<string, number>> {
  const title = (): string => `${show(fleet)} was not taken out of traffic:`;
  const names = environment.fleets.map(({ name }) => name);
  if (!names.includes(fleet))
    refuseIfAny(title, [{ where: fleet, what: `no such fleet; ${suggest(fleet, names)}` }]);
  const after = { ...percents, [fleet]: 0 };
  refuseIfAny(title, checkPercents(environment.dns.traffic, after));
  if ((reason ?? "").trim() !== "") return after;
  refuseIfAny(
    title,
    withRemedy(checkOthers(environment, fleet, { percents, unwell, ...(peak !== undefined && { peak }) })),
  );
  return after;
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

function withRemedy(problems: readonly Problem[]): readonly Problem[] {
  const remedy = "To do it all the same, say why: --reason TEXT";
  return problems.map((problem, index) => (index === problems.length - 1 ? { ...problem, remedy } : problem));
}
