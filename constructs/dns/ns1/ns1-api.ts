import { z } from "zod";
import { PolycastError, show, showUrl } from "../../fleet/problem";
import type { DnsApi, HeldDns } from "../dns-api";
import { loadSourceName } from "./fleet-load";

/** Where the plugin looks too: https://github.com/ns1-terraform/terraform-provider-ns1/blob/v2.9.0/ns1/provider.go */
const ENDPOINT = "https://api.nsone.net/v1/";

/** In milliseconds. */
const ANSWER_WITHIN = 10_000;

const scalar = z.union([z.boolean(), z.number(), z.string()]);
const meta = z.record(z.string(), z.unknown()).nullish();
const zoneSchema = z.looseObject({
  ...{ zone: z.string(), ttl: z.number(), refresh: z.number(), retry: z.number() },
  ...{ expiry: z.number(), nx_ttl: z.number(), hostmaster: z.string() },
  dns_servers: z.array(z.string()),
  records: z.array(z.object({ domain: z.string(), type: z.string() })).nullish(),
});
const recordSchema = z.object({
  ...{ zone: z.string(), domain: z.string(), type: z.string(), ttl: z.number().nullish(), meta },
  answers: z.array(z.object({ answer: z.array(scalar), meta, region: z.string().nullish() })).nullish(),
  filters: z.array(z.object({ filter: z.string(), disabled: z.boolean().nullish(), config: meta })).nullish(),
  regions: z.record(z.string(), z.object({ meta })).nullish(),
});
/** https://github.com/ns1/ns1-go/blob/v2.9.0/rest/model/data/source.go */
const sourcesSchema = z.array(
  z.object({
    id: z.string(),
    name: z.string(),
    sourcetype: z.string(),
    feeds: z
      .array(
        z.object({
          id: z.string(),
          config: z.record(z.string(), z.unknown()).nullish(),
          data: z.record(z.string(), z.unknown()).nullish(),
        }),
      )
      .nullish(),
  }),
);
type Source = z.infer<typeof sourcesSchema>[number];

/**
 * NS1's API (https://ns1.com/api), with the key in NS1_APIKEY, at NS1_ENDPOINT where that is set.
 * @throws PolycastError where they cannot be used.
 */
export function ns1Api(variables: Readonly<Record<string, string | undefined>>): DnsApi {
  const endpoint = endpointOf(variables["NS1_ENDPOINT"] ?? "");
  const key = keyOf(variables["NS1_APIKEY"] ?? "");

  /** @returns undefined where there is no such thing. */
  async function ask<T>(path: string, schema: z.ZodType<T>, push?: unknown): Promise<T | undefined> {
    const url = new URL(path, endpoint);
    const response = await fetch(url, {
      method: push === undefined ? "GET" : "POST",
      headers: { "X-NSONE-Key": key },
      body: push === undefined ? null : JSON.stringify(push),
      signal: AbortSignal.timeout(ANSWER_WITHIN),
    }).catch((error: unknown) => {
      throw unreachable(url, error as Error);
    });
    const text = await response.text();
    if (response.status === 404) return undefined;
    if (!response.ok) throw refused(url, response.status, text.replaceAll(key, "(NS1_APIKEY)"));
    try {
      return schema.parse(JSON.parse(text));
    } catch (error) {
      const what = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
      throw refused(url, response.status, `what it says is not what NS1 says: ${what}`);
    }
  }

  return {
    endpoint,
    async held(zone) {
      const found = await ask(`zones/${encodeURIComponent(zone)}`, zoneSchema);
      if (found === undefined) return undefined;
      const records: z.infer<typeof recordSchema>[] = [];
      for (const { domain, type } of found.records ?? []) {
        const path = ["zones", zone, domain, type].map(encodeURIComponent).join("/");
        const record = await ask(path, recordSchema);
        if (record !== undefined) records.push(record); // it may have been deleted meanwhile
      }
      const sources = (await ask("data/sources", sourcesSchema)) ?? [];
      return heldDns(found, records, sources);
    },
    async pushLoad(zone, connections) {
      const sources = (await ask("data/sources", sourcesSchema)) ?? [];
      const source = loadSource(sources, zone, Object.keys(connections));
      const push = Object.fromEntries(
        Object.entries(connections).map(([fleet, count]) => [fleet, { connections: count }]),
      );
      await ask(`feed/${encodeURIComponent(source)}`, z.unknown(), push);
    },
  };
}

function heldDns(
  { dns_servers: servers, ...zone }: z.infer<typeof zoneSchema>,
  records: readonly z.infer<typeof recordSchema>[],
  sources: readonly Source[],
): HeldDns {
  const feeds = sources.flatMap((source) => source.feeds ?? []);
  return {
    nameServers: servers,
    objects: {
      ns1_zone: [{ ...zone, dns_servers: servers.join(",") }],
      ns1_record: records.map((record) => ({
        ...record,
        meta: texts(record.meta),
        answers: record.answers?.map(({ answer, ...rest }) => ({
          ...rest,
          answer: answer.join(" "),
          meta: texts(rest.meta),
        })),
        filters: record.filters?.map((filter) => ({ ...filter, config: texts(filter.config, "1", "0") })),
        regions: Object.entries(record.regions ?? {}).map(([name, region]) => ({
          name,
          meta: texts(region.meta),
        })),
      })),
    },
    feeds: Object.fromEntries(feeds.map(({ id, data }) => [id, scalars(data ?? {})])),
  };
}

/** Metadata as a configuration writes it: every value a text. */
function texts(
  values: Readonly<Record<string, unknown>> | null | undefined,
  yes = "true",
  no = "false",
): Record<string, string> {
  const text = (value: unknown): string => {
    if (typeof value === "boolean") return value ? yes : no;
    if (Array.isArray(value)) return value.map(String).join(",");
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, text(value)]));
}

function scalars(values: Readonly<Record<string, unknown>>): HeldDns["feeds"][string] {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => {
      const parsed = scalar.safeParse(value);
      return parsed.success ? [[name, parsed.data]] : [];
    }),
  );
}

/** Id of the data source that the fleets' load is pushed to. */
function loadSource(sources: readonly Source[], zone: string, fleets: readonly string[]): string {
  const named = sources.filter(({ name }) => name === loadSourceName(zone));
  const [source] = named;
  if (source === undefined || named.length > 1) {
    throw new PolycastError("NS1 has no place for the fleets' load", [
      {
        where: "data sources",
        what: `${named.length} are named ${show(loadSourceName(zone))}; needed: one`,
        remedy: "Deploy the DNS stack first: npx polycast dns apply",
      },
    ]);
  }
  const labels = (source.feeds ?? []).map(({ config }) => config?.["label"]);
  const missing = fleets.filter((fleet) => !labels.includes(fleet));
  if (missing.length === 0) return source.id;
  throw new PolycastError("NS1 has no feed for the load of a fleet; nothing was pushed", [
    {
      where: source.name,
      what: `has no feed with the label ${missing.map(show).join(", ")}; there are: ${labels.map(String).join(", ")}`,
      remedy: "Deploy the DNS stack first: npx polycast dns apply",
    },
  ]);
}

function endpointOf(given: string): string {
  const endpoint = given === "" ? ENDPOINT : given;
  const url = URL.canParse(endpoint) && /^https?:/.test(endpoint) ? new URL(endpoint) : undefined;
  const credentials = url !== undefined && (url.username !== "" || url.password !== "");
  if (url !== undefined && !credentials) return endpoint.replace(/\/?$/, "/");
  throw new PolycastError("NS1's API cannot be asked", [
    {
      where: "NS1_ENDPOINT",
      ...(credentials
        ? { what: "carries credentials", remedy: "Take them out; the key belongs into NS1_APIKEY." }
        : { what: `${showUrl(endpoint)} is no URL such as ${ENDPOINT}` }),
    },
  ]);
}

/** A key goes into a header, where it must not become another one. */
function keyOf(key: string): string {
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new PolycastError("NS1's API cannot be asked", [
    {
      where: "NS1_APIKEY",
      what: key === "" ? "is not set" : "is not a key: it has spaces or other characters that no key has",
      remedy:
        "Set it to an API key that may read zones and data sources, and push to feeds for dns load push.",
    },
  ]);
}

function unreachable(
  { origin, pathname }: URL,
  { message, cause }: Error & { cause?: unknown },
): PolycastError {
  // fetch says why only in the cause.
  const why = cause instanceof Error ? `${message} (${cause.message})` : message;
  return new PolycastError("NS1's API cannot be reached", [
    {
      where: `${origin}${pathname}`,
      what: why,
      remedy: "Check the network, and NS1_ENDPOINT if it is set.",
    },
  ]);
}

function refused({ origin, pathname }: URL, status: number, text: string): PolycastError {
  return new PolycastError("NS1's API refuses", [
    {
      where: `${origin}${pathname}`,
      what: `status ${status}: ${show(text)}`,
      ...(status === 401 || status === 403
        ? { remedy: "Check the key in NS1_APIKEY and what it is allowed to do." }
        : {}),
    },
  ]);
}
