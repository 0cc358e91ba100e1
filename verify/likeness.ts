import type { CtyType } from "../constructs/fleet/simulation";
import type { Json } from "./terraform";

/** One leaf in which the real plugin and the simulation differ. */
export interface Difference {
  readonly address: string;
  readonly type: string;
  /** The leaf, dotted, list indices as numbers; `(actions)`, `(replaces)` and `(exists)` for what is no attribute. */
  readonly path: string;
  readonly real: string;
  readonly simulated: string;
}

/** Stands for a value that Terraform will know only after apply. */
export const UNKNOWN = "(known after apply)";

/**
 * What a cloud makes up: times, UUIDs, IAM's unique ids and access keys, and hexadecimal numbers, alone or in an ARN.
 * Everything else has to be the same.
 */
const MADE_UP =
  /\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)?|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(?:AKIA|AROA|AIDA|AIPA)[A-Z0-9]{16,17}\b|(?<![0-9a-z])[0-9a-f]{8,}(?![0-9a-z])/g;

/** A text with what the cloud made up taken out: `vpc-<17>`. */
export function shape(text: string): string {
  return text.replace(MADE_UP, (found) => {
    if (/^\d{4}-\d\d-/.test(found)) return "<time>";
    if (found.includes("-")) return "<uuid>";
    return /^A[A-Z]{3}/.test(found) ? `<${found.slice(0, 4)}>` : `<${found.length}>`;
  });
}

/**
 * Which made-up text of the simulation stands for which of the real cloud. One to one: where two objects refer to one
 * id in one world, they do so in the other.
 */
export class Renaming {
  private readonly toSimulated = new Map<string, string>();
  private readonly toReal = new Map<string, string>();

  /** Whether the two texts are the same thing, as far as is known; it is remembered. */
  public same(real: string, simulated: string): boolean {
    if (real === simulated) return true;
    const form = shape(real);
    if (form !== shape(simulated) || form === real) return false;
    // Nothing refers to a time.
    if (form.includes("<time>")) return true;
    const known = this.toSimulated.get(real);
    const taken = this.toReal.get(simulated);
    if (known === undefined && taken === undefined) {
      this.toSimulated.set(real, simulated);
      this.toReal.set(simulated, real);
      return true;
    }
    return known === simulated && taken === real;
  }

  /** A real value in the simulation's words, where they are known. */
  public translate(value: Json): Json {
    if (typeof value === "string") return this.toSimulated.get(value) ?? value;
    if (Array.isArray(value)) return value.map((element) => this.translate(element));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, this.translate(inner)]));
  }
}

/** The leaves in which two values differ. The elements of a set have no order. */
export function differences(
  real: Json,
  simulated: Json,
  type: CtyType | undefined,
  renaming: Renaming,
): Pick<Difference, "path" | "real" | "simulated">[] {
  const found: Pick<Difference, "path" | "real" | "simulated">[] = [];
  const visit = (one: Json | undefined, other: Json | undefined, at: CtyType | undefined, path: string) => {
    if (typeof one === "string" && typeof other === "string" && renaming.same(one, other)) return;
    const below = (step: string | number): string => (path === "" ? String(step) : `${path}.${step}`);
    if (Array.isArray(one) && Array.isArray(other) && one.length === other.length) {
      const inner = Array.isArray(at) && at[0] !== "object" ? at[1] : undefined;
      const others = Array.isArray(at) && at[0] === "set" ? inOrderOf(one, other, renaming) : other;
      one.forEach((element, index) => {
        visit(element, others[index], inner, below(index));
      });
    } else if (isObject(one) && isObject(other)) {
      for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) {
        const inner = !Array.isArray(at) ? undefined : at[0] === "object" ? at[1][name] : at[1];
        visit(one[name], other[name], inner, below(name));
      }
    } else if (text(one) !== text(other)) {
      found.push({ path, real: text(one), simulated: text(other) });
    }
  };
  visit(real, simulated, type, "");
  return found;
}

/** A set's simulated elements in the order of the real ones: first those that are the same, then by their shape. */
function inOrderOf(real: readonly Json[], simulated: readonly Json[], renaming: Renaming): Json[] {
  const left = [...simulated];
  const take = (fits: (element: Json) => boolean): Json | undefined => {
    const index = left.findIndex(fits);
    return index < 0 ? undefined : left.splice(index, 1)[0];
  };
  const exact = real.map((element) => {
    const wanted = text(renaming.translate(element));
    return take((other) => text(other) === wanted);
  });
  const alike = real.map(
    (element, index) => exact[index] ?? take((other) => shape(text(other)) === shape(text(element))),
  );
  return alike.map((element) => element ?? left.shift() ?? null);
}

/** A plan's `after` with {@link UNKNOWN} where `after_unknown` says so. */
export function withUnknowns(after: Json | undefined, unknown: Json | undefined): Json {
  if (unknown === true) return UNKNOWN;
  if (Array.isArray(unknown)) {
    const elements = Array.isArray(after) ? after : [];
    const length = Math.max(elements.length, unknown.length);
    return Array.from({ length }, (_, index) => withUnknowns(elements[index], unknown[index]));
  }
  if (isObject(unknown)) {
    const values = isObject(after) ? after : {};
    const names = [...new Set([...Object.keys(values), ...Object.keys(unknown)])];
    return Object.fromEntries(names.map((name) => [name, withUnknowns(values[name], unknown[name])]));
  }
  return after ?? null;
}

function isObject(value: Json | undefined): value is { [name: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** JSON with sorted keys; what is left out is null, as Terraform itself shows it. */
function text(value: Json | undefined): string {
  return JSON.stringify(value ?? null, (_, inner: Json) =>
    isObject(inner)
      ? Object.fromEntries(Object.entries(inner).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
