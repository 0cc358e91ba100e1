import { show, suggest, type Problem } from "../../constructs/fleet/problem";
import type { Role } from "./roles";

/** A role, and the id of the object that is to play it. */
export interface Candidate {
  readonly role: Role;
  readonly id: string;
}

/**
 * Reads `ROLE=ID` texts.
 * @param problems takes what is wrong with the others.
 * @returns those that can be used.
 */
export function readCandidates(
  texts: readonly string[],
  roles: readonly Role[],
  problems: Problem[],
): readonly Candidate[] {
  const candidates: Candidate[] = [];
  for (const text of texts) {
    const [, name = "", id = ""] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    const role = roles.find((known) => known.name === name);
    const problem =
      name === ""
        ? { what: "is not ROLE=ID", remedy: "Such as: accelerator=arn:aws:globalaccelerator::..." }
        : role === undefined
          ? {
              what: `no such role; ${suggest(
                name,
                roles.map((known) => known.name),
              )}`,
              remedy: LIST,
            }
          : refusedBeside(candidates, { role, id });
    if (problem !== undefined) problems.push({ where: show(name === "" ? text : name), ...problem });
    else if (role !== undefined) candidates.push({ role, id });
  }
  return candidates;
}

const LIST = "List them: npx polycast adopt STACK --list";

function refusedBeside(
  others: readonly Candidate[],
  { role, id }: Candidate,
): Omit<Problem, "where"> | undefined {
  if (others.some((other) => other.role === role)) return { what: "is given twice" };
  const same = others.find((other) => other.role.type === role.type && other.id === id);
  return same && { what: `${JSON.stringify(id)} is given to ${same.role.name} already` };
}
