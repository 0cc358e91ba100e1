import type { BlockSchema, CtyType, Value, Values } from "../../constructs/fleet/simulation";
import { blockType, equal, isList, isUnknown, isValues } from "../../sandbox/engine/values";
import { distinct } from "./distinct";

/** What a plugin plans for one object, in the form that both the real one and the simulation give. */
export interface PlanToCompare {
  /** Null where the plugin refuses. */
  readonly planned: Values | null;
  /** What it says where it refuses. */
  readonly refusal?: string | undefined;
  /** Attributes whose change replaces the object, dotted. */
  readonly replaces: readonly string[];
}

/** One leaf, or one property of the plan, in which two plans differ. */
export interface PlanDifference {
  /** The leaf, dotted, set elements numbered in order of their value; `(replaces)` and `(refused)` for the others. */
  readonly path: string;
  readonly real: string;
  readonly simulated: string;
}

export interface Comparison {
  /** How many leaves the real plan has. */
  readonly leaves: number;
  readonly differences: readonly PlanDifference[];
}

/** What a leaf shows that one of the plans does not have. */
const ABSENT = "(absent)";

/** The end of a name that the AWS plugin makes up: time and counter, other ones in each run. */
const MADE_UP = /20\d{16}[0-9a-f]{8}/g;

/**
 * Compares two plans leaf by leaf: values, what is unknown, what replaces, and whether the plugin refuses.
 * @param prior the object that both change; null where they create it
 */
export function comparePlans(
  block: BlockSchema,
  prior: Values | null,
  real: PlanToCompare,
  simulated: PlanToCompare,
): Comparison {
  if (real.planned === null || simulated.planned === null) {
    const refused = (plan: PlanToCompare): string =>
      plan.planned === null ? (plan.refusal ?? "refused").replaceAll(MADE_UP, "(made up)") : "planned";
    const same = refused(real) === refused(simulated);
    const difference = { path: "(refused)", real: refused(real), simulated: refused(simulated) };
    return { leaves: 1, differences: same ? [] : [difference] };
  }
  const type = blockType(block);
  const [expected, got] = [leavesOf(real.planned, type), leavesOf(simulated.planned, type)];
  expected.set("(replaces)", effective(real, prior));
  got.set("(replaces)", effective(simulated, prior));
  const paths = new Set([...expected.keys(), ...got.keys()]);
  const differences = [...paths].flatMap((path) => {
    const difference = { path, real: expected.get(path) ?? ABSENT, simulated: got.get(path) ?? ABSENT };
    return difference.real === difference.simulated ? [] : [difference];
  });
  return { leaves: expected.size, differences };
}

/**
 * Terraform disregards a replacement's cause that does not change, and every one of an object that it creates. SDKv2 names `id` with every cause, and the `id`
 * changes only once the object is planned anew.
 */
function effective({ planned, replaces }: PlanToCompare, prior: Values | null): string {
  if (prior === null) return "";
  const at = (values: Values | null, path: string): Value | undefined =>
    path.split(".").reduce<Value | undefined>((value, step) => {
      if (isList(value)) return value[Number(step)];
      return isValues(value) ? value[step] : undefined;
    }, values);
  const causes = replaces.filter((path) => !equal(at(prior, path), at(planned, path)));
  return [...new Set(causes)].sort().join(", ");
}

/** A value's leaves by path, as text. The elements of a set stand in the order of their text. */
export function leavesOf(value: Value, type: CtyType): Map<string, string> {
  const leaves = new Map<string, string>();
  const visit = (here: Value | undefined, at: CtyType | undefined, path: string): void => {
    const below = (step: string | number): string => (path === "" ? String(step) : `${path}.${String(step)}`);
    if (isUnknown(here)) leaves.set(path, "(known after apply)");
    else if (isList(here) && here.length > 0) {
      const elements = Array.isArray(at) && at[0] === "set" ? inOrder(distinct(here)) : here;
      elements.forEach((element, index) => {
        visit(element, Array.isArray(at) && at[0] !== "object" ? at[1] : undefined, below(index));
      });
    } else if (isValues(here) && Object.keys(here).length > 0) {
      for (const [name, element] of Object.entries(here)) {
        const inner = !Array.isArray(at) ? undefined : at[0] === "object" ? at[1][name] : at[1];
        visit(element, inner, below(name));
      }
    } else leaves.set(path, JSON.stringify(here));
  };
  visit(value, type, "");
  return leaves;
}

function inOrder(elements: readonly Value[]): Value[] {
  const text = (value: Value): string => JSON.stringify(value, sortKeys);
  return elements.toSorted((a, b) => (text(a) < text(b) ? -1 : 1));
}

function sortKeys(_: string, value: unknown): unknown {
  if (typeof value === "bigint") return String(value);
  if (typeof value !== "object" || value === null || Array.isArray(value) || isUnknown(value as Value))
    return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
