import type { BlockSchema, CtyType, Value, Values } from "../../constructs/fleet/simulation";
import { equal, isList, isUnknown, isValues } from "../../sandbox/engine/values";

/**
 * What Terraform proposes to a plugin: the configuration, with the prior value for whatever is computed and left out.
 * Blocks of a list are matched by position, those of a set by what a user can write.
 * https://github.com/hashicorp/terraform/blob/v1.11.4/internal/plans/objchange/objchange.go
 */
export function proposedState(block: BlockSchema, prior: Values | null, config: Values): Values {
  const proposed: Values = { ...config };
  for (const [name, { computed }] of Object.entries(block.attributes ?? {})) {
    if (computed === true && config[name] === null) proposed[name] = prior?.[name] ?? null;
  }
  for (const [name, { nesting_mode: nesting, block: inner }] of Object.entries(block.block_types ?? {})) {
    const given = config[name];
    const before = prior?.[name];
    const olds = isList(before) ? before.filter(isValues) : [];
    if (!isList(given)) continue;
    proposed[name] = given.map((element, index) => {
      if (!isValues(element)) return element;
      const old = nesting === "set" ? olds.find((other) => matches(inner, element, other)) : olds[index];
      return proposedState(inner, old ?? null, element);
    });
  }
  return proposed;
}

/** Whether a prior element can be the one that is written: what is computed may differ where it is left out. */
function matches(block: BlockSchema, given: Values, prior: Values): boolean {
  const attributes = Object.entries(block.attributes ?? {}).every(
    ([name, { computed }]) => (computed === true && given[name] === null) || equal(given[name], prior[name]),
  );
  return (
    attributes &&
    Object.entries(block.block_types ?? {}).every(([name, { block: inner }]) => {
      const [some, others] = [given[name], prior[name]];
      if (!isList(some) || !isList(others) || some.length !== others.length) return equal(some, others);
      return some.every((each, i) => {
        const other = others[i];
        return isValues(each) && isValues(other) && matches(inner, each, other);
      });
    })
  );
}

/**
 * A planned object as it may be once it exists: every unknown value gets one of its type.
 * @param answers values by attribute name, where the plugin's own functions read them
 * @param index the element's, in a collection of blocks: what is made up tells elements apart
 */
export function existing(block: BlockSchema, planned: Values, answers: Values, index = 0): Values {
  const object: Values = {};
  for (const [name, { type }] of Object.entries(block.attributes ?? {})) {
    const stem = index === 0 ? name : `${name}-${String(index)}`;
    object[name] = known(planned[name] ?? null, type, stem, answers);
  }
  for (const [name, { block: inner }] of Object.entries(block.block_types ?? {})) {
    const value = planned[name] ?? null;
    if (isUnknown(value)) object[name] = answers[name] ?? [];
    else
      object[name] = isList(value)
        ? value.map((each, i) => (isValues(each) ? existing(inner, each, answers, i) : each))
        : value;
  }
  return object;
}

function known(value: Value, type: CtyType, name: string, answers: Values): Value {
  if (isUnknown(value)) {
    const answer = answers[name];
    if (answer !== undefined) return answer;
    if (type === "string") return `known-${name}`;
    if (type === "number") return 7;
    if (type === "bool") return false;
    if (type[0] === "map") return {};
    return type[1] === "string" ? [`known-${name}`] : [];
  }
  if (isList(value)) {
    const element = Array.isArray(type) ? (type[1] as CtyType) : "string";
    // An answer is for the whole collection; elements are numbered so that a set keeps them apart.
    return value.map((each, i) =>
      known(each, element, `${name}-${i}`, Array.isArray(element) ? answers : {}),
    );
  }
  if (!isValues(value) || !Array.isArray(type)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [
      key,
      known(each, type[0] === "object" ? (type[1][key] ?? "string") : type[1], key, answers),
    ]),
  );
}
