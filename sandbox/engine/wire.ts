import { decode, Encoder, ExtensionCodec } from "@msgpack/msgpack";
import { UNKNOWN, type CtyType, type Value, type Values } from "../../constructs/fleet/simulation";
import { isList, isUnknown, isValues } from "./values";

/** A value on the wire: the protocol's DynamicValue. Terraform reads either form; we write MessagePack. */
export interface DynamicValue {
  readonly msgpack?: Uint8Array;
  readonly json?: Uint8Array;
}

/** Extension types of Terraform's MessagePack: an unknown value, and one with refinements (not null, a prefix, ...). */
const UNKNOWN_EXTENSION = 0;
const REFINED_UNKNOWN_EXTENSION = 12;

const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: UNKNOWN_EXTENSION,
  encode: (value) => (isUnknown(value as Value) ? new Uint8Array([0]) : null),
  decode: () => UNKNOWN,
});
extensionCodec.register({ type: REFINED_UNKNOWN_EXTENSION, encode: () => null, decode: () => UNKNOWN });

const encoder = new Encoder({ extensionCodec, useBigInt64: true });

/** Reads a value of the given type; null where there is none. */
export function decodeValue(value: DynamicValue | null | undefined, type: CtyType): Value {
  if (value?.msgpack !== undefined && value.msgpack.length > 0) {
    return shape(decode(value.msgpack, { extensionCodec, useBigInt64: true }) as Value, type);
  }
  if (value?.json !== undefined && value.json.length > 0) return decodeJson(value.json, type);
  return null;
}

/** Reads a value that Terraform keeps as JSON: a resource's state. */
export function decodeJson(json: Uint8Array, type: CtyType): Value {
  return shape(JSON.parse(Buffer.from(json).toString("utf8")) as Value, type);
}

/** Writes a value of the given type. Attributes that an object lacks are written as null. */
export function encodeValue(value: Value, type: CtyType): DynamicValue {
  return { msgpack: encoder.encode(complete(value, type)) };
}

/** Numbers come as integers, floats or, where those are too small, as text; attributes of older states may be missing. */
function shape(value: Value, type: CtyType): Value {
  if (value === null || isUnknown(value)) return value;
  if (type === "number") return numberOf(value);
  if (!Array.isArray(type)) return value;
  if (type[0] === "object") {
    const values = value as Values;
    return Object.fromEntries(
      Object.entries(type[1]).map(([name, attribute]) => [name, shape(values[name] ?? null, attribute)]),
    );
  }
  const [, element] = type;
  if (isList(value)) return value.map((each) => shape(each, element));
  return Object.fromEntries(
    Object.entries(value as Values).map(([key, each]) => [key, shape(each, element)]),
  );
}

function numberOf(value: Value): Value {
  if (typeof value === "bigint") return isSafe(value) ? Number(value) : value;
  if (typeof value !== "string") return value;
  return /^-?\d+$/.test(value) ? numberOf(BigInt(value)) : Number(value);
}

function isSafe(value: bigint): boolean {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER);
}

function complete(value: Value | undefined, type: CtyType): Value {
  if (value === undefined || value === null) return null;
  if (isUnknown(value) || !Array.isArray(type)) return typeof value === "bigint" ? bigOf(value) : value;
  if (type[0] === "object") {
    if (!isValues(value)) throw new TypeError(`expected an object, got ${JSON.stringify(value)}`);
    const foreign = Object.keys(value).filter((name) => !(name in type[1]));
    if (foreign.length > 0) throw new TypeError(`no such attribute: ${foreign.join(", ")}`);
    return Object.fromEntries(
      Object.entries(type[1]).map(([name, attribute]) => [name, complete(value[name], attribute)]),
    );
  }
  const [, element] = type;
  if (isList(value)) return value.map((each) => complete(each, element));
  return Object.fromEntries(
    Object.entries(value as Values).map(([key, each]) => [key, complete(each, element)]),
  );
}

function bigOf(value: bigint): Value {
  return BigInt.asIntN(64, value) === value ? value : String(value);
}
