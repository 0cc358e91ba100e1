import { Unknown, type Value, type Values } from "../../fleet/simulation";

/** The text of a value; `""` for what is null, unknown or no text. */
export function text(value: Value | undefined): string {
  return typeof value === "string" ? value : "";
}

/** A copy of a map; of null and unknown an empty one. */
export function mapOf(value: Value | undefined): Values {
  return value instanceof Unknown || Array.isArray(value) || typeof value !== "object" ? {} : { ...value };
}

export function listOf(value: Value | undefined, fallback: Value[]): Value[] {
  return Array.isArray(value) ? value : fallback;
}

/** The known texts of a list. */
export function texts(value: Value | undefined): string[] {
  return listOf(value, []).filter((element) => typeof element === "string");
}

/** The nested blocks; none of what is null or unknown. */
export function blocks(value: Value | undefined): Values[] {
  return Array.isArray(value) ? value.map(mapOf) : [];
}
