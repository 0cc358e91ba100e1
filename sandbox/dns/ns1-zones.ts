import { z } from "zod";
import type { Metadata } from "./filter-chain";
import type { RecordSource } from "./record-source";
import {
  ancestors,
  canonical,
  isWithin,
  SERVED_TYPES,
  type FilteredSet,
  type RecordSet,
  type ServedType,
  type Zone,
} from "./zone";

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

/** The zones that the simulated NS1 holds at this moment. Records of other types than the served ones are left out. */
export function readNs1Zones(source: RecordSource): Zone[] {
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

function recordSet(type: ServedType, record: RecordAttributes, zoneTtl: number): FilteredSet {
  const regions = new Map(record.regions?.map(({ name, meta }) => [name, meta]));
  return {
    type,
    ttl: record.ttl ?? zoneTtl,
    answers: (record.answers ?? []).map(({ answer, answer_parts: parts, region, meta }) => ({
      data: parts !== null && parts !== undefined && parts.length > 0 ? parts.join(" ") : (answer ?? ""),
      // NS1's precedence: what an answer says counts more than its region, and that more than the record.
      meta: { ...record.meta, ...regions.get(region ?? ""), ...meta } satisfies Metadata,
      ...(region === null || region === undefined || region === "" ? {} : { group: region }),
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
