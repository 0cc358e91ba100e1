import {
  Unknown,
  type BlockSchema,
  type CtyType,
  type NestedBlockSchema,
  type Value,
  type Values,
} from "../../constructs/fleet/simulation";

export function isUnknown(value: Value | undefined): value is Unknown {
  return value instanceof Unknown;
}

export function isList(value: Value | undefined): value is Value[] {
  return Array.isArray(value);
}

/** Whether the value is an object or a map. */
export function isValues(value: Value | undefined): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isUnknown(value);
}

/** Whether the value is known, at every depth. */
export function isWhollyKnown(value: Value | undefined): boolean {
  if (isList(value)) return value.every(isWhollyKnown);
  return isValues(value) ? Object.values(value).every(isWhollyKnown) : !isUnknown(value);
}

/** The same value, whatever the order of keys. Two unknown values are equal. */
export function equal(a: Value | undefined, b: Value | undefined): boolean {
  if (a === b) return true;
  if (isList(a)) return isList(b) && a.length === b.length && a.every((element, i) => equal(element, b[i]));
  if (!isValues(a) || !isValues(b)) return isUnknown(a) && isUnknown(b);
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]));
}

/** Whether the value is null or what Go calls zero: `""`, `0`, `false`, an empty collection. */
export function isZero(value: Value | undefined): boolean {
  if (value === null || value === undefined || value === "" || value === false) return true;
  if (typeof value === "number" || typeof value === "bigint") return Number(value) === 0;
  if (isList(value)) return value.length === 0;
  return isValues(value) && Object.keys(value).length === 0;
}

/** A copy that may be changed without changing the original. */
export function clone<T extends Value>(value: T): T {
  if (isList(value)) return value.map(clone) as T;
  if (!isValues(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, element]) => [key, clone(element)])) as T;
}

/** The object type of a block: its attributes, and its nested blocks as collections of objects. */
export function blockType(block: BlockSchema): ["object", { [name: string]: CtyType }] {
  const known = blockTypes.get(block);
  if (known !== undefined) return known;
  const attributes = Object.entries(block.attributes ?? {}).map(([name, { type }]) => [name, type] as const);
  const blocks = Object.entries(block.block_types ?? {}).map(
    ([name, nested]) => [name, nestedType(nested)] as const,
  );
  const type: ["object", { [name: string]: CtyType }] = [
    "object",
    Object.fromEntries([...attributes, ...blocks]),
  ];
  blockTypes.set(block, type);
  return type;
}

const blockTypes = new WeakMap<BlockSchema, ["object", { [name: string]: CtyType }]>();

function nestedType({ nesting_mode: nesting, block }: NestedBlockSchema): CtyType {
  const element = blockType(block);
  return nesting === "single" || nesting === "group" ? element : [nesting, element];
}

/** What a block of this nesting is when none is written. */
export function noBlock({ nesting_mode: nesting }: NestedBlockSchema): Value {
  if (nesting === "single" || nesting === "group") return null;
  return nesting === "map" ? {} : [];
}

/** The element type of a collection type; undefined for anything else. */
export function elementType(type: CtyType): CtyType | undefined {
  return Array.isArray(type) && type[0] !== "object" ? type[1] : undefined;
}

/** Whether the type is a list or set of objects: an attribute that SDKv2 treats like a block. */
export function isOfObjects(
  type: CtyType,
): type is ["list" | "set", ["object", { [name: string]: CtyType }]] {
  const element = elementType(type);
  return Array.isArray(type) && type[0] !== "map" && Array.isArray(element) && element[0] === "object";
}

/** A type's zero value in Go: SDKv2 holds it for whatever is null inside a block. */
export function zero(type: CtyType): Value {
  if (type === "string") return "";
  if (type === "number") return 0;
  if (type === "bool") return false;
  if (type[0] === "object") {
    return Object.fromEntries(Object.entries(type[1]).map(([name, element]) => [name, zero(element)]));
  }
  return type[0] === "map" ? {} : [];
}

/** Replaces every null by the type's zero value, at every depth; an attribute that is missing counts as null. */
export function fillZeros(value: Value | undefined, type: CtyType): Value {
  if (value === null || value === undefined) return zero(type);
  if (!Array.isArray(type) || isUnknown(value)) return value;
  if (type[0] === "object") {
    if (!isValues(value)) return value;
    return Object.fromEntries(
      Object.entries(type[1]).map(([name, element]) => [name, fillZeros(value[name], element)]),
    );
  }
  const [, element] = type;
  if (isList(value)) return value.map((each) => fillZeros(each, element));
  if (!isValues(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fillZeros(each, element)]));
}

/** A scalar as SDKv2 writes it in its text form; `""` where there is none. */
export function asText(value: Value | undefined): string {
  return value === null || value === undefined || typeof value === "object" ? "" : String(value);
}

/** The names of a block's attributes and nested blocks, with null and no blocks as values. */
export function emptyBlock(block: BlockSchema): Values {
  return Object.fromEntries([
    ...Object.keys(block.attributes ?? {}).map((name) => [name, null] as const),
    ...Object.entries(block.block_types ?? {}).map(([name, nested]) => [name, noBlock(nested)] as const),
  ]);
}
