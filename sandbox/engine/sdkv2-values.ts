/**
 * How SDKv2 looks at values: it keeps them as flat text, in which null, zero and empty are hard to tell apart.
 */
import type { CtyType, Value, Values } from "../../constructs/fleet/simulation";
import { equal, fillZeros, isList, isUnknown, isValues, isWhollyKnown, isZero } from "./values";

/** The state as the SDK rebuilds it from what a plugin sets: nulls inside blocks become zero values. */
export function withZerosInside(state: Values, type: CtyType): Values {
  if (!Array.isArray(type) || type[0] !== "object") return state;
  return Object.fromEntries(
    Object.entries(type[1]).map(([name, attribute]) => {
      const value = state[name];
      return [name, value === null || value === undefined ? null : fillZeros(value, attribute)];
    }),
  );
}

/**
 * Text cannot tell null from empty, so the SDK takes back from `source` what its text form lost. After a plan and a
 * read that is an empty string or list or an unknown value where the result has null; after an apply, a collection
 * that is null on one side and empty on the other stays as planned.
 */
export function restoreLost(
  value: Value,
  source: Value | undefined,
  type: CtyType,
  after: "plan" | "apply",
): Value {
  if (isUnknown(source)) return value === null && after === "plan" ? source : value;
  const isCollection = Array.isArray(type) && type[0] !== "object";
  if (isCollection && after === "apply") {
    const [empty, emptySource] = [value !== null && isZero(value), source !== null && isZero(source)];
    if ((source === null && empty) || (emptySource && value === null)) return source ?? null;
  }
  if (source === null || source === undefined || isUnknown(value)) return value;
  if (type === "string") return value === null && source === "" ? source : value;
  if (!Array.isArray(type)) return value;
  if (type[0] === "set") return after === "apply" && isWhollyKnown(source) ? source : value;
  if (type[0] === "list" && isList(source)) return restoreList(value, source, type[1], after);
  if (type[0] === "object" && isValues(value) && isValues(source)) {
    return Object.fromEntries(
      Object.entries(type[1]).map(([name, attribute]) => [
        name,
        restoreLost(value[name] ?? null, source[name], attribute, after),
      ]),
    );
  }
  return value;
}

function restoreList(value: Value, source: Value[], type: CtyType, after: "plan" | "apply"): Value {
  if (value === null) return after === "plan" && source.every(isUnknown) ? source : value;
  if (!isList(value) || value.length !== source.length) return value;
  return value.map((each, i) => restoreLost(each, source[i], type, after));
}

/** Whether the SDK calls two values equal: null and zero are, at every depth. */
export function sdkEquivalent(a: Value | undefined, b: Value | undefined, type: CtyType): boolean {
  if (isUnknown(a) || isUnknown(b)) return isUnknown(a) && isUnknown(b);
  if (isZero(a) || isZero(b)) return isZero(a) && isZero(b);
  if (Array.isArray(type) && isList(a) && isList(b) && type[0] !== "object") {
    if (a.length !== b.length) return false;
    const [nesting, inner] = type;
    if (nesting !== "set") return a.every((each, i) => sdkEquivalent(each, b[i], inner));
    const found = (some: Value[], others: Value[]): boolean =>
      some.every((each) => others.some((other) => sdkEquivalent(each, other, inner)));
    return found(a, b) && found(b, a);
  }
  if (Array.isArray(type) && isValues(a) && isValues(b)) {
    const keys = Object.keys(a);
    if (keys.length !== Object.keys(b).length) return false;
    return keys.every(
      (key) =>
        key in b &&
        sdkEquivalent(a[key], b[key], type[0] === "object" ? (type[1][key] ?? "string") : type[1]),
    );
  }
  return equal(a, b);
}
