import { z } from "zod";
import type { Filter, Metadata, SteeredAnswer } from "./filter-chain";

/** Where zones and records come from: the clouds' store has this shape. */
export interface RecordSource {
  list(type: string): readonly { readonly attributes: unknown }[];
}

/** The record types that are served. */
export const SERVED_TYPES = ["A", "AAAA", "CNAME", "TXT", "NS", "SRV"] as const;
export type ServedType = (typeof SERVED_TYPES)[number];

/** All records of one name and type, before steering. */
export interface RecordSet {
  readonly type: ServedType;
  /** In seconds. */
  readonly ttl: number;
  readonly answers: readonly SteeredAnswer[];
  readonly filters: readonly Filter[];
}

/** One zone, ready to be looked up; all names in lower case, without a trailing dot. */
export interface Zone {
  readonly name: string;
  /** In seconds. */
  readonly ttl: number;
  readonly nameservers: readonly string[];
  readonly hostmaster: string;
  /** Times of the SOA record, in seconds. */
  readonly refresh: number;
  readonly retry: number;
  readonly expiry: number;
  readonly nxTtl: number;
  /** Every name that exists: those with records, and those above them (RFC 4592's empty non-terminals). */
  readonly names: ReadonlySet<string>;
  readonly records: ReadonlyMap<string, readonly RecordSet[]>;
}

// The attributes as Terraform holds them: all metadata is text, and absent lists may be null.
const text = z.record(z.string(), z.string()).nullish();
const zoneAttributes = z.object({
  zone: z.string(),
  ttl: z.number(),
  refresh: z.number(),
  retry: z.number(),
  expiry: z.number(),
  nx_ttl: z.number(),
  hostmaster: z.string(),
  dns_servers: z.string(),
});
const recordAttributes = z.object({
  zone: z.string(),
  domain: z.string(),
  type: z.string(),
  ttl: z.number().nullish(),
  meta: text,
  answers: z
    .array(
      z.object({
        answer: z.string().nullish(),
        answer_parts: z.array(z.string()).nullish(),
        region: z.string().nullish(),
        meta: text,
      }),
    )
    .nullish(),
  regions: z.array(z.object({ name: z.string(), meta: text })).nullish(),
  filters: z.array(z.object({ filter: z.string(), disabled: z.boolean().nullish(), config: text })).nullish(),
});
type RecordAttributes = z.infer<typeof recordAttributes>;

/** A name as it is compared: lower case, no trailing dot. */
export function canonical(name: string): string {
  return name.toLowerCase().replace(/\.$/, "");
}

/** Whether `name` is `zone` or lies below it; both canonical. */
export function isWithin(name: string, zone: string): boolean {
  return name === zone || name.endsWith(`.${zone}`);
}

/** The zones that the simulated NS1 holds at this moment. Records of other types than the served ones are left out. */
export function readZones(source: RecordSource): Zone[] {
  const records = source.list("ns1_record").map(({ attributes }) => recordAttributes.parse(attributes));
  return source.list("ns1_zone").map(({ attributes }) => {
    const held = zoneAttributes.parse(attributes);
    return readZone(
      held,
      records.filter(({ zone }) => canonical(zone) === canonical(held.zone)),
    );
  });
}

function readZone(held: z.infer<typeof zoneAttributes>, held_records: readonly RecordAttributes[]): Zone {
  const name = canonical(held.zone);
  const nameservers = held.dns_servers.split(",").filter((server) => server !== "");
  const records = new Map<string, RecordSet[]>();
  for (const record of held_records) {
    const type = SERVED_TYPES.find((served) => served === record.type.toUpperCase());
    if (type === undefined) continue;
    const owner = ownerOf(record, name);
    records.set(owner, [...(records.get(owner) ?? []), recordSet(type, record, held.ttl)]);
  }
  addNameservers(records, name, held.ttl, nameservers);
  return {
    name,
    ttl: held.ttl,
    nameservers,
    hostmaster: held.hostmaster,
    refresh: held.refresh,
    retry: held.retry,
    expiry: held.expiry,
    nxTtl: held.nx_ttl,
    names: new Set([...records.keys()].flatMap((owner) => [...ancestors(owner, name)])),
    records,
  };
}

/** NS1 appends the zone where the domain does not end in it. */
function ownerOf({ domain }: RecordAttributes, zone: string): string {
  return isWithin(canonical(domain), zone) ? canonical(domain) : `${canonical(domain)}.${zone}`;
}

function recordSet(type: ServedType, record: RecordAttributes, zoneTtl: number): RecordSet {
  const regions = new Map(record.regions?.map(({ name, meta }) => [name, meta]));
  return {
    type,
    ttl: record.ttl ?? zoneTtl,
    answers: (record.answers ?? []).map(({ answer, answer_parts: parts, region, meta }) => ({
      data: parts !== null && parts !== undefined && parts.length > 0 ? parts.join(" ") : (answer ?? ""),
      // NS1's precedence: what an answer says counts more than its region, and that more than the record.
      meta: { ...record.meta, ...regions.get(region ?? ""), ...meta } satisfies Metadata,
    })),
    filters: (record.filters ?? []).map(({ filter, disabled, config }) => ({
      filter,
      disabled: disabled ?? false,
      config: config ?? {},
    })),
  };
}

/** The apex has the zone's name servers unless a record of its own says otherwise. */
function addNameservers(
  records: Map<string, RecordSet[]>,
  zone: string,
  ttl: number,
  servers: readonly string[],
): void {
  const apex = records.get(zone) ?? [];
  if (apex.some(({ type }) => type === "NS")) return;
  const answers = servers.map((data) => ({ data, meta: {} }));
  records.set(zone, [...apex, { type: "NS", ttl, answers, filters: [] }]);
}

/** `name` and the names above it, up to and with `zone`. */
export function* ancestors(name: string, zone: string): Generator<string> {
  for (let at = name; isWithin(at, zone); at = at.slice(at.indexOf(".") + 1)) {
    yield at;
    if (at === zone) return;
  }
}
