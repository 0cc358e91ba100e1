import {
  UNKNOWN,
  type BlockSchema,
  type CtyType,
  type Value,
  type Values,
} from "../../constructs/fleet/simulation";
import { emptyBlock } from "../../sandbox/engine/values";
import { distinct } from "./distinct";

/** A source of numbers from 0 to below 1 that a seed repeats (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Values that a plugin accepts where an arbitrary text or number would not do, by `type.path`, or by an attribute's
 * name alone.
 */
export interface Samples {
  readonly [key: string]: readonly (string | number | boolean)[];
}

export interface RandomConfigurationOptions {
  readonly samples: Samples;
  /** Optional attributes that are always given, as `type.path`, because the plugin refuses too much without them. */
  readonly always: ReadonlySet<string>;
  readonly random: () => number;
}

/** Chances of what a random configuration holds. */
const GIVEN = 0.3;
const UNKNOWN_VALUE = 0.12;
const EMPTY_COLLECTION = 0.15;
const UNKNOWN_ELEMENT = 0.2;
const SECOND_ELEMENT = 0.15;
const SECOND_BLOCK = 0.15;
const ODD_VALUE = 0.02;
const ALWAYS_GIVEN = 0.97;

/** What validators and text forms treat in a way of their own. */
const ODD_TEXTS = [
  "",
  " ",
  "0",
  "-1",
  "1.5",
  "off",
  "True",
  "a b!",
  "192.0.2.1",
  "192.0.2.1/24",
  "2001:db8::1",
  "z".repeat(300),
];
const ODD_NUMBERS = [0, -1, 61, 1_000_000];

/** A configuration of a resource that Terraform would pass to its plugin: some of everything, some of it unknown. */
export function randomConfiguration(
  type: string,
  schema: BlockSchema,
  options: RandomConfigurationOptions,
): Values {
  const { random, samples, always } = options;
  const chance = (probability: number): boolean => random() < probability;
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;

  const scalar = (cty: CtyType, key: string): Value => {
    const sample = samples[`${type}.${key}`] ?? samples[key.split(".").at(-1) ?? ""];
    if (cty === "number" && chance(ODD_VALUE)) return pick(ODD_NUMBERS);
    if (cty === "string" && chance(ODD_VALUE)) return pick(ODD_TEXTS);
    if (cty === "number") return Number(pick(sample ?? [1, 2]));
    if (cty === "bool") return [true, "true"].includes(pick(sample ?? [true, false]) as string | boolean);
    return String(pick(sample ?? ["x", "y"]));
  };
  const value = (cty: CtyType, key: string): Value => {
    if (!Array.isArray(cty)) return scalar(cty, key);
    if (cty[0] === "object") {
      return Object.fromEntries(
        Object.entries(cty[1]).map(([name, inner]) => [name, value(inner, `${key}.${name}`)]),
      );
    }
    const element = value(cty[1], key);
    if (cty[0] === "map")
      return chance(0.1) ? {} : { k: element, ...(chance(UNKNOWN_ELEMENT) ? { u: UNKNOWN } : {}) };
    if (Array.isArray(cty[1])) return [element];
    if (chance(EMPTY_COLLECTION)) return [];
    if (chance(UNKNOWN_ELEMENT)) return [element, UNKNOWN];
    return chance(SECOND_ELEMENT) ? distinct([element, value(cty[1], key)]) : [element];
  };
  const block = (inner: BlockSchema, prefix: string): Values => {
    const config = emptyBlock(inner);
    for (const [name, { type: cty, required, optional }] of Object.entries(inner.attributes ?? {})) {
      const key = prefix + name;
      if ((required !== true && optional !== true) || key === "id" || key === "tags_all") continue;
      const likelihood = always.has(`${type}.${key}`) ? ALWAYS_GIVEN : GIVEN;
      if (required !== true && !chance(likelihood)) continue;
      config[name] = chance(UNKNOWN_VALUE) ? UNKNOWN : value(cty, key);
    }
    for (const [name, blockType] of Object.entries(inner.block_types ?? {})) {
      const { block: nested, nesting_mode: nesting, min_items: min, max_items: max } = blockType;
      if (name === "timeouts" || ((min ?? 0) === 0 && !chance(GIVEN))) continue;
      const element = block(nested, `${prefix}${name}.`);
      const elements =
        max !== 1 && chance(SECOND_BLOCK) ? [element, block(nested, `${prefix}${name}.`)] : [element];
      config[name] = nesting === "list" ? elements : nesting === "set" ? distinct(elements) : element;
    }
    const [first] =
      Object.entries(inner.attributes ?? {}).find(([, { optional }]) => optional === true) ?? [];
    const isEmpty = Object.values(config).every(
      (given) => given === null || (Array.isArray(given) && given.length === 0),
    );
    // No API takes a block with nothing in it.
    if (prefix !== "" && isEmpty && first !== undefined) {
      config[first] = value(inner.attributes?.[first]?.type ?? "string", prefix + first);
    }
    return config;
  };
  return block(schema, "");
}

/** Another configuration of the same resource: some of what the first says, some of what the second says. */
export function mixed(first: Values, second: Values, random: () => number): Values {
  return Object.fromEntries(
    Object.entries(first).map(([name, value]) => [name, random() < CHANGED ? (second[name] ?? null) : value]),
  );
}

/** Chance that a change of a configuration touches an attribute or block. */
const CHANGED = 0.25;
