import { z } from "zod";
import type { Problem } from "../../constructs/fleet/problem";
import type { Plan, PlannedChange } from "../adopt/trial-plan";

const changeShape = z.strictObject({
  /** Terraform's: `update`; `delete` and `create` for a replacement. */
  actions: z.array(z.string()),
  /** Attributes that an update changes, dotted and without indices, sorted. */
  paths: z.array(z.string()),
});

export const planShapeSchema = z.record(z.string(), changeShape);

/** What a plan is about, without any value: address -> what is done to it. */
export type PlanShape = Readonly<z.infer<typeof planShapeSchema>>;

/** The shape of all that a plan changes. */
export function shapeOf({ resource_changes: changes }: Plan): PlanShape {
  const changed = changes.filter(isChange);
  return Object.fromEntries(
    changed.map((each) => [each.address, { actions: each.change.actions, paths: changedPaths(each) }]),
  );
}

/**
 * What a plan would do beyond an approved one. It may do less: a part may be done already.
 * @returns none: it may be applied.
 */
export function beyondShape({ resource_changes: changes }: Plan, approved: PlanShape): readonly Problem[] {
  return changes.filter(isChange).flatMap((each): Problem[] => {
    const { address, deposed } = each;
    const { actions } = each.change;
    const known = approved[address];
    if (known === undefined) return [{ where: address, what: `${actions.join(" and ")} was not approved` }];
    const isReplaced = known.actions.includes("delete") && known.actions.includes("create");
    // The old half of a replacement that was interrupted, or the new half of it, is left to be done.
    const isRest = isReplaced && (actions.join() === "create" || deposed !== undefined);
    if (!isRest && actions.toSorted().join() !== known.actions.toSorted().join()) {
      return [
        { where: address, what: `${actions.join(" and ")}; approved was ${known.actions.join(" and ")}` },
      ];
    }
    const more = actions.includes("update")
      ? changedPaths(each).filter((path) => !known.paths.includes(path))
      : [];
    return more.length === 0 ? [] : [{ where: address, what: `would change ${more.join(", ")} too` }];
  });
}

/** `2 changed, 1 replaced`. */
export function describeShape(shape: PlanShape): string {
  const count = (actions: string) =>
    Object.values(shape).filter((each) => each.actions.toSorted().join() === actions).length;
  const parts = [
    [count("update"), "changed"],
    [count("create,delete"), "replaced"],
    [count("create"), "created"],
    [count("delete"), "destroyed"],
  ] as const;
  const told = parts.filter(([number]) => number > 0).map(([number, what]) => `${number} ${what}`);
  return told.length === 0 ? "nothing" : told.join(", ");
}

function isChange({ change: { actions } }: PlannedChange): boolean {
  return !["no-op", "read"].includes(actions.join());
}

function changedPaths({ change }: PlannedChange): string[] {
  if (change.actions.join() !== "update") return [];
  return [...new Set(pathsBetween(change.before, change.after, change.after_unknown, ""))].sort();
}

/** Where two values differ; what is known only after apply differs. */
function pathsBetween(before: unknown, after: unknown, unknown: unknown, path: string): string[] {
  if (unknown === true) return [path];
  if (isContainer(before) || isContainer(after) || isContainer(unknown)) {
    const parts = [before, after, unknown].map((each) => (isContainer(each) ? each : {}));
    const [one = {}, other = {}, open = {}] = parts as Record<string, unknown>[];
    const keys = [...new Set(parts.flatMap((each) => Object.keys(each)))];
    return keys.flatMap((key) => pathsBetween(one[key], other[key], open[key], step(path, key)));
  }
  return (before ?? null) === (after ?? null) ? [] : [path];
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function step(path: string, key: string): string {
  if (/^\d+$/.test(key)) return path;
  return path === "" ? key : `${path}.${key}`;
}
