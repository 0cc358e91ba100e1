import type { LeafChange } from "../../fleet/simulation";

/** What the plugin makes of texts that are JSON: policies, dashboards. */

/** `Version` and `Id` first, the rest in order: how one of the plugin's two normalisers writes a policy. */
export const POLICY_FIRST = ["Version", "Id"];

/** A text with every key in order, without spaces, escaped as Go does it; what is no JSON stays as it is. */
export function sortedJson(given: string, first: readonly string[] = []): string {
  try {
    const value = sortKeys(JSON.parse(given));
    const head = first.filter((key) => isRecord(value) && key in value);
    const ordered = isRecord(value)
      ? { ...Object.fromEntries(head.map((key) => [key, value[key]])), ...value }
      : value;
    return JSON.stringify(ordered)
      .replaceAll("<", "\\u003c")
      .replaceAll(">", "\\u003e")
      .replaceAll("&", "\\u0026");
  } catch {
    return given;
  }
}

export function isJson(given: string): boolean {
  try {
    JSON.parse(given);
    return true;
  } catch {
    return false;
  }
}

/** Whether two texts are the same JSON; the order of keys does not count. What is no JSON is like nothing but itself. */
export function sameJson({ old, new: given }: LeafChange): boolean {
  if (old === given) return true;
  return isJson(old) && isJson(given) && sortedJson(old) === sortedJson(given);
}

/** Whether two policies say the same: the order of keys and of lists does not count, nor a list around one value. */
export function samePolicy({ old, new: given }: LeafChange): boolean {
  return meaningOf(old) === meaningOf(given);
}

/** A text that policies which say the same have in common. */
export function meaningOf(policy: string): string {
  try {
    return policy.trim() === "" ? "{}" : JSON.stringify(unordered(JSON.parse(policy)));
  } catch {
    return policy;
  }
}

function unordered(value: unknown): unknown {
  if (isRecord(value))
    return sortKeys(Object.fromEntries(Object.entries(value).map(([key, each]) => [key, unordered(each)])));
  if (!Array.isArray(value)) return value;
  const elements = value.map(unordered).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  return elements.length === 1 ? elements[0] : elements;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sortKeys(value[key])]),
  );
}
