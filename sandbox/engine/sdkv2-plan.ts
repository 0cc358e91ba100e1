/**
 * Planning as terraform-plugin-sdk v2 does it. The SDK compares a flat text form of the prior state with one of the
 * configuration and applies the differences to the prior state; the many surprises of its plans follow from that:
 *
 * - Inside a block, what is null in the prior state counts as its zero value (`""`, `0`, `false`, empty), and an
 *   update plans it so; at the top level null stays null.
 * - No difference at all plans the prior state, byte for byte; so does a plan that differs from it only in null
 *   against zero.
 * - One unknown element makes a whole list, set or map attribute unknown.
 * - Sets match elements by the value of what a user can write; every attribute of a changed set's elements is written
 *   anew, null strings as `""`.
 * - What is optional and computed keeps its prior value when it is left out.
 * - Blocks of a list are first compared as wholes, where an unknown number or truth value is zero: `false` that becomes
 *   unknown stays `false` if nothing else in the blocks differs.
 * - An element that leaves a set stays as a shell while one of its attributes' differences is suppressed.
 */
import {
  UNKNOWN,
  type AttributeFacts,
  type AttributePath,
  type BlockSchema,
  type CtyType,
  type Value,
  type Values,
} from "../../constructs/fleet/simulation";
import { restoreLost, sdkEquivalent, withZerosInside } from "./sdkv2-values";
import {
  asText,
  blockType,
  equal,
  fillZeros,
  isList,
  isOfObjects,
  isUnknown,
  isValues,
  isZero,
  noBlock,
  zero,
} from "./values";

/** What planning asks about one resource type. Keys are dotted paths without indices. */
export interface Rules {
  facts(key: string): AttributeFacts;
  /** Rewrites a given text as the plugin stores it. */
  normalise(key: string, given: string): string;
  /** Of a difference that does not count: the attribute or block, on the way to it, that says so. */
  suppressor(key: string, path: AttributePath, old: string, given: string): string | undefined;
}

/** A difference that counts. */
export interface Difference {
  /** The attribute, dotted, without indices. */
  readonly key: string;
  /** Where Terraform is told that it replaces the object; undefined where it does not. */
  readonly replaces?: AttributePath;
}

/** What the rules of an SDK make of a configuration. */
export interface Draft {
  /** The object with the differences applied. */
  readonly planned: Values;
  readonly differences: readonly Difference[];
  /** Whether what is planned in the end is the prior object after all. */
  isPrior(planned: Values): boolean;
}

/**
 * Plans one object. `prior` is null on create; `proposed` is Terraform's proposed new state: the configuration, with
 * prior values for what is computed and left out.
 */
export function planSdkv2(block: BlockSchema, rules: Rules, prior: Values | null, proposed: Values): Draft {
  const differ = new Differ(rules, prior === null);
  const type = blockType(block);
  const old = prior === null ? undefined : withZerosInside(prior, type);
  const root: Place = { key: "", path: [] };
  const applied = differ.block(root, block, old, proposed, false);
  const id: Values = "id" in applied ? { id: prior?.["id"] ?? UNKNOWN } : {};
  const timeouts: Values = "timeouts" in applied ? { timeouts: proposed["timeouts"] ?? null } : {};
  const restored = { ...(restoreLost(applied, proposed, type, "plan") as Values), ...id, ...timeouts };
  return {
    planned: prior === null ? computedUnknown(block, restored) : restored,
    differences: differ.differences,
    isPrior: (planned) => prior !== null && sdkEquivalent(prior, planned, type),
  };
}

/** Where planning is: `path` has list indices, and within a set it ends at the set. */
interface Place {
  readonly key: string;
  readonly path: AttributePath;
  /** The outermost set on the way. */
  readonly inSet?: string;
}

function below({ key, path, inSet }: Place, name: string): Place {
  const inner = key === "" ? name : `${key}.${name}`;
  return inSet !== undefined ? { key: inner, path, inSet } : { key: inner, path: [...path, name] };
}

function element({ key, path, inSet }: Place, index: number): Place {
  return inSet !== undefined ? { key, path, inSet } : { key, path: [...path, index] };
}

/** What the SDK knows of a scalar's schema. */
interface ScalarSchema {
  readonly type: CtyType;
  readonly computed: boolean;
  readonly required: boolean;
  readonly forceNew: boolean;
}

/** Undefined where the SDK says that the value does not exist. */
type Maybe<T = Value> = T | undefined;

/** Plans an element of a collection; `all` is set inside sets, where every attribute is written. */
type PlanElement = (place: Place, old: Maybe, given: Maybe, all: boolean) => Value;

class Differ {
  public readonly differences: Difference[] = [];
  /**
   * Differences of attributes that stay. The SDK takes an element of a set to go only when all of its attributes do;
   * one whose removal does not count keeps it, as a shell of what it was.
   */
  private kept = 0;

  public constructor(
    private readonly rules: Rules,
    private readonly creates: boolean,
  ) {}

  /** Plans a block's content. */
  public block(
    place: Place,
    schema: BlockSchema,
    old: Maybe<Values>,
    given: Maybe<Values>,
    all: boolean,
  ): Values {
    const planned: Values = {};
    const goes = given === undefined && all; // an element that leaves a set: there is nothing to default
    for (const [name, attribute] of Object.entries(schema.attributes ?? {})) {
      const at = below(place, name);
      planned[name] = this.attribute(
        at,
        attribute.type,
        { computed: attribute.computed === true, required: attribute.required === true },
        present(old?.[name]),
        goes ? undefined : this.withDefault(at.key, attribute.type, present(given?.[name])),
        all,
      );
    }
    for (const [name, nested] of Object.entries(schema.block_types ?? {})) {
      const at = below(place, name);
      if (nested.nesting_mode !== "list" && nested.nesting_mode !== "set") {
        planned[name] = given?.[name] ?? noBlock(nested); // `timeouts`: the SDK copies it from the configuration
        continue;
      }
      const planElement: PlanElement = (where, oldElement, givenElement, inSet) =>
        this.block(where, nested.block, object(oldElement), object(givenElement), inSet);
      const { computed_on_create: computed = false } = this.rules.facts(at.key);
      const written = given?.[name];
      const wanted = isList(written) && written.length === 0 ? undefined : present(written);
      const isSame = (some: Maybe, other: Maybe): boolean =>
        this.looksSame(nested.block, at.key, object(some) ?? {}, object(other) ?? {});
      planned[name] =
        nested.nesting_mode === "list"
          ? (this.list(at, computed, present(old?.[name]), wanted, all, planElement, isSame) ?? [])
          : (this.set(
              at,
              computed,
              present(old?.[name]),
              wanted,
              all,
              planElement,
              blockCode(nested.block, this, at),
            ) ?? []);
    }
    return planned;
  }

  /** The default, where the configuration leaves a scalar out; the SDK has none for collections. */
  public withDefault(key: string, type: CtyType, given: Maybe): Maybe {
    return given ?? (Array.isArray(type) ? undefined : present(this.rules.facts(key).default));
  }

  private attribute(
    place: Place,
    type: CtyType,
    { computed, required }: Pick<ScalarSchema, "computed" | "required">,
    old: Maybe,
    given: Maybe,
    all: boolean,
  ): Value {
    const forceNew = this.rules.facts(place.key).force_new === true;
    if (!Array.isArray(type) || type[0] === "object") {
      return this.scalar(place, { type, computed, required, forceNew }, old, given, all);
    }
    if (type[0] === "map") return this.map(place, type[1], computed, old, given, all);
    const planElement = this.elementOf(type[1], forceNew);
    if (type[0] === "list") return this.list(place, computed, old, given, all, planElement) ?? null;
    return this.set(place, computed, old, given, all, planElement, elementCode(type[1])) ?? null;
  }

  /** How an attribute's elements are planned: objects as blocks all of whose attributes are optional. */
  private elementOf(type: CtyType, forceNew: boolean): PlanElement {
    if (isOfObjects(["list", type])) {
      const attributes = Object.entries((type as ["object", { [name: string]: CtyType }])[1]);
      return (place, old, given, all) =>
        Object.fromEntries(
          attributes.map(([name, attribute]) => [
            name,
            this.attribute(
              below(place, name),
              attribute,
              { computed: false, required: false },
              present(object(old)?.[name]),
              // An attribute of an object cannot be left out, only null; the SDK reads that as the zero value.
              given === undefined ? undefined : (object(given)?.[name] ?? zero(attribute)),
              all,
            ),
          ]),
        );
    }
    const scalar: ScalarSchema = { type, computed: false, required: false, forceNew };
    if (!Array.isArray(type)) return (place, old, given, all) => this.scalar(place, scalar, old, given, all);
    return (place, old, given, all) =>
      this.attribute(place, type, { computed: false, required: false }, old, given, all);
  }

  private scalar(place: Place, schema: ScalarSchema, old: Maybe, given: Maybe, all: boolean): Value {
    const { type, computed, forceNew } = schema;
    const kept = old ?? (schema.required && type === "string" ? "" : null);
    const unknown = isUnknown(given);
    const wanted = typeof given === "string" ? this.rules.normalise(place.key, given) : given;
    const oldText = asText(old);
    const newText = textOf(wanted, old, type);

    if (oldText === newText && !all && !unknown) {
      // On create the plugin decides what is computed and empty.
      const isOpen = this.creates && computed && wanted === "";
      return isOpen && this.suppressed(place, place.path, "", "") === "no" ? UNKNOWN : kept;
    }
    const removed = old !== undefined && wanted === undefined;
    if (computed && removed) return kept;
    if (computed && oldText !== "" && newText === "" && !unknown) return kept;

    const suppressed = this.suppressed(place, place.path, oldText, unknown ? UNKNOWN_TEXT : newText);
    if (suppressed !== "no") {
      if (!all || suppressed === "with its set") return kept;
      this.differences.push({ key: place.key });
      this.kept += 1;
      return oldText === "" ? nothing(type) : (old ?? null);
    }
    const becomesUnknown = unknown || (computed && newText === "");
    this.record(place, forceNew && (oldText !== newText || becomesUnknown));
    if (removed && !becomesUnknown) return null;
    this.kept += 1;
    if (becomesUnknown) return UNKNOWN;
    return oldText === "" && newText === "" ? nothing(type) : (wanted ?? null);
  }

  /** Undefined where the SDK has no list at all: null for an attribute, none for a block. */
  private list(
    place: Place,
    computed: boolean,
    old: Maybe,
    given: Maybe,
    all: boolean,
    planElement: PlanElement,
    isSame?: (old: Maybe, given: Maybe) => boolean,
  ): Maybe {
    const unknown = isUnknown(given) || (isList(given) && given.some(isUnknown));
    if (old !== undefined && given === undefined && computed) return old;
    const olds = isList(old) ? old : [];
    if (unknown) {
      if (!this.count(place, false, String(olds.length), UNKNOWN_TEXT)) return old;
      return UNKNOWN;
    }
    const wanted = isList(given) ? given : [];
    const looksSame = olds.length === wanted.length && wanted.every((each, i) => isSame?.(olds[i], each));
    if (!all && given !== undefined && (looksSame || (olds.length === 0 && wanted.length === 0))) return old;

    const undecided = computed && olds.length === 0 && wanted.length === 0;
    let { length } = wanted;
    if (undecided || all || olds.length !== wanted.length) {
      const counts = this.count(place, undecided, undecided ? "" : String(olds.length), String(length));
      if (counts && undecided) return UNKNOWN;
      if (!counts) ({ length } = olds);
    }
    const planned = range(Math.max(olds.length, wanted.length)).map((i) =>
      planElement(element(place, i), olds[i], wanted[i], all),
    );
    return old === undefined && given === undefined && !all ? undefined : planned.slice(0, length);
  }

  /**
   * Whether the SDK sees no difference in blocks of a list: it compares them as wholes first, and there what is unknown
   * is zero, but for texts. Sets never are the same to it.
   */
  private looksSame(schema: BlockSchema, key: string, old: Values, given: Values): boolean {
    const prefix = key === "" ? "" : `${key}.`;
    const attributes = Object.entries(schema.attributes ?? {}).every(([name, { type }]) => {
      if (Array.isArray(type) && type[0] === "set") return false;
      const wanted = this.withDefault(prefix + name, type, present(given[name]));
      if (isUnknown(wanted)) return type !== "string" && isZero(old[name]);
      return equal(fillZeros(old[name], type), fillZeros(wanted, type));
    });
    if (!attributes) return false;
    return Object.entries(schema.block_types ?? {}).every(([name, { nesting_mode: nesting, block }]) => {
      const [some, others] = [old[name] ?? [], given[name] ?? []];
      if (nesting !== "list" || !isList(some) || !isList(others) || some.length !== others.length)
        return false;
      return others.every((each, i) =>
        this.looksSame(block, prefix + name, object(some[i]) ?? {}, object(each) ?? {}),
      );
    });
  }

  /** As `list`. `code` gives elements with the same code the same identity. */
  private set(
    place: Place,
    computed: boolean,
    old: Maybe,
    given: Maybe,
    all: boolean,
    planElement: PlanElement,
    code: (value: Value) => string,
  ): Maybe {
    const unknown = isUnknown(given) || (isList(given) && given.some(isUnknown));
    if (!unknown && old !== undefined && given === undefined && computed) return old;
    const olds = byCode(isList(old) ? old : [], code);
    if (isUnknown(given) && computed && olds.size > 0) return old;
    if (unknown || (computed && given === undefined)) {
      return this.count(place, true, olds.size === 0 ? "" : String(olds.size), "") ? UNKNOWN : old;
    }
    const wanted = byCode(isList(given) ? given : [], code);
    const same = olds.size === wanted.size && [...wanted.keys()].every((key) => olds.has(key));
    if (same && !all && given !== undefined) return old;

    const before = this.differences.length;
    if (all || olds.size !== wanted.size) this.count(place, false, String(olds.size), String(wanted.size));
    const inside: Place = { ...place, inSet: place.inSet ?? place.key };
    const left = [...olds].flatMap(([key, value]) => {
      if (wanted.has(key)) return [];
      const kept = this.kept;
      const shell = planElement(inside, value, undefined, true);
      return this.kept > kept ? [shell] : [];
    });
    const planned = [...wanted].map(([key, value]) => planElement(inside, olds.get(key), value, true));
    if (!all && this.differences.length === before) return old;
    return old === undefined && given === undefined && !all ? undefined : [...planned, ...left];
  }

  private map(place: Place, type: CtyType, computed: boolean, old: Maybe, given: Maybe, all: boolean): Value {
    const olds = isValues(old) ? old : {};
    const unknown = isUnknown(given) || (isValues(given) && Object.values(given).some(isUnknown));
    const wanted = isValues(given) && !unknown ? withoutNulls(given) : {};
    const [oldSize, newSize] = [Object.keys(olds).length, Object.keys(wanted).length];
    const undecided = computed && old === undefined && newSize === 0;
    const resized = oldSize !== newSize && !(computed && oldSize !== 0 && newSize === 0);
    if (unknown || undecided) return this.count(place, true, "", "") ? UNKNOWN : (old ?? null);
    const counts = resized && this.count(place, false, String(oldSize), String(newSize));
    if (given === undefined && computed) return old ?? null;

    const planned: Values = {};
    const schema: ScalarSchema = {
      type,
      computed,
      required: false,
      forceNew: this.rules.facts(place.key).force_new === true,
    };
    for (const [key, value] of Object.entries(wanted)) {
      const isSame = asText(olds[key]) === asText(value) && key in olds && !all;
      const element = isSame ? value : this.mapElement(place, key, schema, olds[key], value, all);
      if (element !== undefined) planned[key] = element;
    }
    for (const [key, value] of Object.entries(olds)) {
      if (key in wanted) continue;
      const kept = this.mapElement(place, key, schema, value, undefined, all);
      if (kept !== undefined) planned[key] = kept;
    }
    if (counts && newSize === 0) return {};
    return old === undefined && Object.keys(planned).length === 0 ? null : planned;
  }

  /** The element as planned; undefined where it goes. */
  private mapElement(
    place: Place,
    name: string,
    { forceNew }: ScalarSchema,
    old: Maybe,
    given: Maybe,
    all: boolean,
  ): Maybe {
    const path = place.inSet !== undefined ? place.path : [...place.path, name];
    const suppressed = this.suppressed(place, path, asText(old), asText(given));
    if (suppressed !== "no") {
      if (suppressed === "with its set") return old;
      if (all) this.differences.push({ key: place.key });
      return old ?? (all ? "" : undefined);
    }
    this.record(place, forceNew && asText(old) !== asText(given));
    return given;
  }

  /** Records that a collection's size differs or is unknown; false where that does not count. */
  private count(place: Place, becomesUnknown: boolean, old: string, given: string): boolean {
    const path = place.inSet !== undefined ? place.path : [...place.path, "#"];
    if (this.suppressed(place, path, old, given) !== "no") return false;
    this.record(place, this.rules.facts(place.key).force_new === true && (becomesUnknown || old !== given));
    return true;
  }

  /** Inside a set a difference that does not count is shown all the same, unless it is the whole set that does not. */
  private suppressed(
    { key, inSet }: Place,
    path: AttributePath,
    old: string,
    given: string,
  ): "no" | "alone" | "with its set" {
    const by = this.rules.suppressor(key, path, old, given);
    if (by === undefined) return "no";
    return inSet !== undefined && covers(by, inSet) ? "with its set" : "alone";
  }

  private record(place: Place, replaces: boolean): void {
    this.differences.push(
      replaces ? { key: place.key, replaces: attributeOf(place.path) } : { key: place.key },
    );
  }
}

/** Whether a path is another one or leads to it. */
export function covers(path: string, key: string): boolean {
  return key === path || key.startsWith(`${path}.`);
}

/** What an unknown value's text is to a suppress function. */
export const UNKNOWN_TEXT = "(known after apply)";

/** A given scalar as text. Where it is left out and was there before, the SDK compares with the type's zero value. */
function textOf(given: Maybe, old: Maybe, type: CtyType): string {
  if (given !== undefined && !isUnknown(given)) return asText(given);
  return old === undefined ? "" : asText(zero(type));
}

/** Only an attribute can force a replacement: the path without trailing list indices. */
function attributeOf(path: AttributePath): AttributePath {
  const last = path.findLastIndex((step) => typeof step === "string");
  return path.slice(0, last + 1);
}

/** The SDK's value for a text that is empty before and after: only a string can hold it. */
function nothing(type: CtyType): Value {
  return type === "string" ? "" : null;
}

function present(value: Maybe): Maybe {
  return value === null ? undefined : value;
}

function object(value: Maybe): Maybe<Values> {
  return isValues(value) ? value : undefined;
}

function withoutNulls(map: Values): Values {
  return Object.fromEntries(Object.entries(map).filter(([, value]) => value !== null));
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

/** A set's elements by code; elements with an unknown part equal no other. */
function byCode(values: readonly Value[], code: (value: Value) => string): Map<string, Value> {
  const elements = new Map<string, Value>();
  values.forEach((value, i) => {
    const key = code(value);
    elements.set(key.includes(UNKNOWN_TEXT) ? `${key}~${i}` : key, value);
  });
  return elements;
}

/** The identity of a set block's element: what a user can write, with null as zero. */
function blockCode(block: BlockSchema, differ: Differ, place: Place): (value: Value) => string {
  const attributes = Object.entries(block.attributes ?? {});
  const writable = attributes.filter(([, { optional, required }]) => optional === true || required === true);
  const counted = writable.length === 0 ? attributes : writable;
  const { block_types: blocks = {} } = block;
  return (value) => {
    const values = object(value) ?? {};
    const own = counted.map(([name, { type }]) => {
      const given = differ.withDefault(below(place, name).key, type, present(values[name]));
      return [name, canonical(fillZeros(given, type))];
    });
    const nested = Object.entries(blocks).map(([name, { block: inner }]) => {
      const code = blockCode(inner, differ, below(place, name));
      const elements = values[name];
      return [name, isList(elements) ? elements.map(code) : UNKNOWN_TEXT];
    });
    return JSON.stringify([own, nested]);
  };
}

function elementCode(type: CtyType): (value: Value) => string {
  return (value) => JSON.stringify(canonical(fillZeros(value, type)));
}

/** A form of which equal values have the same JSON text. */
function canonical(value: Value): unknown {
  if (typeof value === "bigint") return String(value);
  if (isList(value)) return value.map(canonical);
  if (!isValues(value)) return value;
  return Object.keys(value)
    .sort()
    .map((key) => [key, canonical(value[key] ?? null)]);
}

/** On create, whatever is computed and still null is decided by the plugin. */
function computedUnknown(block: BlockSchema, values: Values): Values {
  const result: Values = { ...values };
  for (const [name, attribute] of Object.entries(block.attributes ?? {})) {
    if (attribute.computed === true && values[name] === null) result[name] = UNKNOWN;
  }
  for (const [name, { block: inner }] of Object.entries(block.block_types ?? {})) {
    const elements = values[name];
    if (isList(elements)) {
      result[name] = elements.map((each) => (isValues(each) ? computedUnknown(inner, each) : each));
    }
  }
  return result;
}
