/** Objects of the simulated NS1 as its API writes them; see https://ns1.com/api. */
import { z } from "zod";
import type { CloudObject, Values } from "../../constructs/fleet/simulation";

// Attributes as Terraform holds them, as far as the API shows them.
const texts = z.record(z.string(), z.string()).nullish();
const zoneAttributes = z.object({
  ...{ zone: z.string(), hostmaster: z.string(), dns_servers: z.string() },
  ...{ ttl: z.number(), refresh: z.number(), retry: z.number(), expiry: z.number(), nx_ttl: z.number() },
});
const recordAttributes = z.object({
  ...{ zone: z.string(), domain: z.string(), type: z.string(), ttl: z.number(), meta: texts },
  answers: z.array(z.object({ answer: z.string(), region: z.string().nullish(), meta: texts })).nullish(),
  filters: z
    .array(z.object({ filter: z.string(), disabled: z.boolean().nullish(), config: texts }))
    .nullish(),
  regions: z.array(z.object({ name: z.string(), meta: texts })).nullish(),
});
const sourceAttributes = z.object({ name: z.string(), sourcetype: z.string() });
const feedAttributes = z.object({ name: z.string(), source_id: z.string(), config: texts });

/** What somebody may change of a record by hand; what is left out stays. */
export const recordChange = z.strictObject({
  ttl: z.int().min(0).optional(),
  answers: z
    .array(
      z.strictObject({
        answer: z.array(z.string()).min(1),
        meta: z.record(z.string(), z.unknown()).optional(),
        region: z.string().optional(),
      }),
    )
    .optional(),
  filters: z
    .array(
      z.strictObject({
        filter: z.string(),
        disabled: z.boolean().optional(),
        config: z.record(z.string(), z.unknown()).optional(),
      }),
    )
    .optional(),
});

export function zoneJson({ id, attributes }: CloudObject, records: readonly CloudObject[]): object {
  const { dns_servers: servers, ...zone } = zoneAttributes.parse(attributes);
  return {
    id,
    ...zone,
    dns_servers: servers.split(","),
    records: records.map((record) => {
      const { domain, type, ttl, answers } = recordAttributes.parse(record.attributes);
      return { id: record.id, domain, type, ttl, short_answers: answers?.map(({ answer }) => answer) ?? [] };
    }),
  };
}

export function recordJson({ id, attributes }: CloudObject): object {
  const { meta, answers, filters, regions, ...record } = recordAttributes.parse(attributes);
  return {
    id,
    ...record,
    meta: metaJson(meta),
    // An answer is a list of its parts: of an SRV record its three numbers and its target.
    answers: (answers ?? []).map(({ answer, region, meta: own }) => ({
      answer: answer.split(" "),
      meta: metaJson(own),
      ...(region ? { region } : {}),
    })),
    filters: (filters ?? []).map(({ filter, disabled, config }) => ({
      filter,
      ...(disabled === true ? { disabled } : {}),
      config: config ?? {},
    })),
    regions: Object.fromEntries(
      (regions ?? []).map(({ name, meta: own }) => [name, { meta: metaJson(own) }]),
    ),
    // Which filter chains the account's plan would have to include.
    tier: filters?.length ? 3 : 1,
  };
}

/** The record's attributes after a change by hand. */
export function changedRecord(attributes: Values, change: z.infer<typeof recordChange>): Values {
  const { ttl, answers, filters } = change;
  return {
    ...attributes,
    ...(ttl === undefined ? {} : { ttl }),
    ...(answers === undefined
      ? {}
      : {
          answers: answers.map(({ answer, meta, region }) => ({
            answer: answer.join(" "),
            answer_parts: null,
            meta: metaTexts(meta),
            region: region ?? null,
          })),
        }),
    ...(filters === undefined
      ? {}
      : {
          filters: filters.map(({ filter, disabled, config }) => ({
            filter,
            disabled: disabled ?? false,
            config: metaTexts(config),
          })),
        }),
  };
}

export function sourceJson(
  { id, attributes }: CloudObject,
  feeds: readonly CloudObject[],
  data: (feed: string) => object | undefined,
): object {
  const { name, sourcetype } = sourceAttributes.parse(attributes);
  return {
    id,
    name,
    sourcetype,
    config: {},
    feeds: feeds
      .map((feed) => ({ feed, ...feedAttributes.parse(feed.attributes) }))
      .filter(({ source_id: source }) => source === id)
      .map(({ feed, name: own, config }) => ({ id: feed.id, name: own, config, data: data(feed.id) ?? {} })),
  };
}

/** Ids of a source's feeds with this label. */
export function feedsLabelled(
  feeds: readonly CloudObject[],
  source: string,
  label: string,
): readonly string[] {
  return feeds
    .filter(({ attributes }) => {
      const { source_id: of, config } = feedAttributes.parse(attributes);
      return of === source && config?.["label"] === label;
    })
    .map(({ id }) => id);
}

/** Metadata with the types that NS1 gives its fields. */
function metaJson(meta: Readonly<Record<string, string>> | null | undefined): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(meta ?? {}).map(([field, text]) => {
      if (text.startsWith("{")) return [field, JSON.parse(text) as unknown];
      if (field === "up") return [field, text === "1" || text === "true"];
      if (["georegion", "country"].includes(field)) return [field, text.split(",")];
      return [field, text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : text];
    }),
  );
}

/** The inverse. */
function metaTexts(meta: Readonly<Record<string, unknown>> = {}): Record<string, string> {
  const text = (value: unknown): string => {
    if (typeof value === "boolean") return value ? "1" : "0";
    if (Array.isArray(value)) return value.map(String).join(",");
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  return Object.fromEntries(Object.entries(meta).map(([field, value]) => [field, text(value)]));
}
