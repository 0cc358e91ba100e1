import {
  UNKNOWN,
  type BlockSchema,
  type CtyType,
  type Value,
  type Values,
} from "../../constructs/fleet/simulation";
import { emptyBlock } from "../../sandbox/engine/values";

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
    return chance(UNKNOWN_ELEMENT) ? [element, UNKNOWN] : [element];
  };
  const block = (inner: BlockSchema, prefix: string): Values => {
    const config = emptyBlock(inner);
    for (const [name, { type: cty, required, optional }] of Object.entries(inner.attributes ?? {})) {
      const key = prefix + name;
      if ((required !== true && optional !== true) || key === "id" || key === "tags_all") continue;
      if (required !== true && !always.has(`${type}.${key}`) && !chance(GIVEN)) continue;
      config[name] = chance(UNKNOWN_VALUE) ? UNKNOWN : value(cty, key);
    }
    for (const [name, { block: nested, nesting_mode: nesting, min_items: min }] of Object.entries(
      inner.block_types ?? {},
    )) {
      if (name === "timeouts" || ((min ?? 0) === 0 && !chance(GIVEN))) continue;
      const element = block(nested, `${prefix}${name}.`);
      config[name] = nesting === "list" || nesting === "set" ? [element] : element;
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
