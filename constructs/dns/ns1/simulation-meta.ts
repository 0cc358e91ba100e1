/**
 * The metadata of records, answers and regions as NS1's client library treats it: texts become typed values, are
 * checked, and come back as texts in one spelling. A key that it does not know is dropped without a word.
 */
import type { Values } from "../../fleet/simulation";
import { GEOREGIONS } from "./georegions";

/** Go's kinds, as the client names them. */
type Kind = "bool" | "int" | "float64" | "string" | "slice" | "map";
type Typed = boolean | number | string | string[] | { feed: string } | object[] | object;

interface Field {
  /** The client's name for it. */
  readonly name: string;
  readonly kinds: readonly Kind[];
  readonly check?: (value: Typed, name: string) => string | undefined;
}

/** By key, in the order in which the client checks. */
const FIELDS: Record<string, Field> = {
  up: { name: "Up", kinds: ["bool"] },
  connections: { name: "Connections", kinds: ["int"], check: positive },
  requests: { name: "Requests", kinds: ["int"], check: positive },
  loadavg: { name: "LoadAvg", kinds: ["float64", "int"], check: positive },
  pulsar: { name: "Pulsar", kinds: ["string", "slice"] },
  latitude: { name: "Latitude", kinds: ["float64", "int"], check: degrees },
  longitude: { name: "Longitude", kinds: ["float64", "int"], check: degrees },
  georegion: { name: "Georegion", kinds: ["string", "slice"], check: georegion },
  country: { name: "Country", kinds: ["string", "slice"], check: twoLetters },
  us_state: { name: "USState", kinds: ["string", "slice"], check: twoLetters },
  ca_province: { name: "CAProvince", kinds: ["string", "slice"], check: twoLetters },
  note: { name: "Note", kinds: ["string"], check: shortNote },
  ip_prefixes: { name: "IPPrefixes", kinds: ["string", "slice"] },
  asn: { name: "ASN", kinds: ["string", "slice"] },
  priority: { name: "Priority", kinds: ["int"], check: positive },
  weight: { name: "Weight", kinds: ["float64", "int"], check: positive },
  cost: { name: "Cost", kinds: ["float64", "int"], check: positive },
  low_watermark: { name: "LowWatermark", kinds: ["int"] },
  high_watermark: { name: "HighWatermark", kinds: ["int"] },
  subdivisions: { name: "Subdivisions", kinds: ["string", "map"] },
  additional_metadata: { name: "AdditionalMetadata", kinds: ["string", "slice"] },
};

/** The metadata as the service keeps it, and what is wrong with it, in the client's words. */
export function normaliseMeta(meta: Values): { values: Values; problems: string[] } {
  const given = Object.entries(FIELDS).flatMap(([key, field]) => {
    const text = meta[key];
    return typeof text === "string" && text !== "" ? [{ key, field, typed: parse(key, text) }] : [];
  });
  return {
    values: Object.fromEntries(given.map(({ key, typed }) => [key, format(typed)])),
    problems: given.flatMap(({ field, typed }) => problemsOf(field, typed)),
  };
}

function problemsOf({ name, kinds, check }: Field, value: Typed): string[] {
  if (isFeed(value)) return [];
  const kind = kindOf(value);
  const mismatch = kinds.includes(kind)
    ? []
    : [`found type mismatch for meta field '${name}'. expected [${kinds.join(" ")}], got: ${kind}`];
  const problem = check?.(value, name);
  return problem === undefined ? mismatch : [...mismatch, problem];
}

function parse(key: string, text: string): Typed {
  if (key === "up" && /^(1|true)$/i.test(text)) return true;
  if (key === "up" && /^(0|false)$/i.test(text)) return false;
  if (key === "note") return text;
  if (key === "asn" && !text.includes(",")) return text;
  if (key === "pulsar" || key === "additional_metadata")
    return (parseJson(text) as object[] | undefined) ?? text;
  if (key === "subdivisions") return subdivisions(text);
  if (text.includes(",") && parseJson(text) === undefined) return text.split(",").sort();
  const json = parseJson(text);
  if (typeof json === "object" && json !== null && !Array.isArray(json)) {
    const { feed } = json as { feed?: unknown };
    return { feed: typeof feed === "string" ? feed : "" };
  }
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `US-CA,US-NY` by country. */
function subdivisions(text: string): object {
  const byCountry = new Map<string, string[]>();
  for (const item of text.split(",")) {
    const [country = "", part = ""] = item.replace(/\s/g, "").split("-");
    byCountry.set(country, [...(byCountry.get(country) ?? []), part]);
  }
  return Object.fromEntries(byCountry);
}

function format(value: Typed): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  if (typeof value !== "object") return String(value);
  if (isFeed(value)) return JSON.stringify({ feed: value.feed });
  if (Array.isArray(value))
    return typeof value[0] === "string" ? (value as string[]).join(",") : JSON.stringify(value);
  return Object.entries(value)
    .flatMap(([country, parts]) => (parts as string[]).map((part) => `${country}-${part}`))
    .join(",");
}

function isFeed(value: Typed): value is { feed: string } {
  return typeof value === "object" && "feed" in value;
}

function kindOf(value: Typed): Kind {
  if (typeof value === "boolean") return "bool";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float64";
  if (typeof value === "string") return "string";
  return Array.isArray(value) ? "slice" : "map";
}

function positive(value: Typed, name: string): string | undefined {
  return typeof value === "number" && value <= -1
    ? `${name} must be a positive number, was ${value}`
    : undefined;
}

function degrees(value: Typed): string | undefined {
  if (typeof value !== "number" || Number.isInteger(value) || Math.abs(value) <= 180) return undefined;
  return `latitude/longitude values must be between -180.0 and 180.0, got ${value.toFixed(6)}`;
}

function georegion(value: Typed): string | undefined {
  const wrong = items(value).find((item) => !GEOREGIONS.some((region) => region === item));
  return wrong === undefined
    ? undefined
    : `georegion must be one or more of ${GEOREGIONS.join(",")}, found ${wrong}`;
}

function twoLetters(value: Typed): string | undefined {
  const wrong = items(value).find((item) => item.length !== 2);
  const codes = "country/state/province codes must be 2 digits as specified in ISO3166/ISO3166-2";
  return wrong === undefined ? undefined : `${codes}, got: ${wrong}`;
}

function shortNote(value: Typed): string | undefined {
  const { length } = format(value);
  return length > 256 ? `note length must be less than 256 characters, was ${length}` : undefined;
}

function items(value: Typed): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.map(String) : [];
}
