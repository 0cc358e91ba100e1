import { Hono, type HonoRequest } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { CloudObject, CloudObjects } from "../../constructs/fleet/simulation";
import { serveOnLoopback } from "../loopback-server";
import { isSameSecret } from "../same-secret";
import type { World } from "../world/world";
import { changedRecord, feedsLabelled, recordChange, recordJson, sourceJson, zoneJson } from "./wire";

/** In bytes; the longest request is a record. */
const MOST_BODY = 64 * 1024;

/** What is pushed: by label of a feed, the fields that it says from now on. */
const pushed = z.record(
  z.string(),
  z.strictObject({
    up: z.boolean().exactOptional(),
    connections: z.int().min(0).exactOptional(),
    requests: z.int().min(0).exactOptional(),
    loadavg: z.number().min(0).exactOptional(),
  }),
);

interface Ns1ApiOptions {
  readonly objects: CloudObjects & { put(object: CloudObject): void };
  readonly world: Pick<World, "feed" | "pushFeed">;
  /** What a request must carry. */
  readonly key: string;
}

/**
 * The part of NS1's API that is used beside Terraform: reading zones, records and data sources, pushing to feeds, and
 * changing a record by hand. https://ns1.com/api
 */
function ns1Api({ objects, world, key }: Ns1ApiOptions) {
  const zoneNamed = (name: string): CloudObject => {
    const zone = objects.list("ns1_zone").find(({ attributes }) => attributes["zone"] === name);
    if (zone === undefined) throw refusal(404, "zone not found");
    return zone;
  };
  const recordAt = (zone: string, domain: string, type: string): CloudObject => {
    zoneNamed(zone);
    const record = objects
      .list("ns1_record")
      .find(
        ({ attributes: held }) => held["zone"] === zone && held["domain"] === domain && held["type"] === type,
      );
    if (record === undefined) throw refusal(404, "record not found");
    return record;
  };

  return new Hono()
    .onError((error, c) => {
      if (error instanceof HTTPException) return c.json({ message: error.message }, error.status);
      if (error instanceof z.ZodError) return c.json({ message: z.prettifyError(error) }, 400);
      return c.json({ message: "internal error" }, 500);
    })
    .notFound((c) => c.json({ message: "not found" }, 404))
    .use(async (c, next) => {
      if (!isSameSecret(c.req.header("X-NSONE-Key") ?? "", key)) throw refusal(401, "Unauthorized");
      await next();
    })
    .use(bodyLimit({ maxSize: MOST_BODY, onError: (c) => c.json({ message: "too large" }, 413) }))
    .get("/v1/zones/:zone", (c) => {
      const { zone } = c.req.param();
      const found = zoneNamed(zone);
      const records = objects.list("ns1_record").filter(({ attributes }) => attributes["zone"] === zone);
      return c.json(zoneJson(found, records));
    })
    .get("/v1/zones/:zone/:domain/:type", (c) => {
      const { zone, domain, type } = c.req.param();
      return c.json(recordJson(recordAt(zone, domain, type)));
    })
    .post("/v1/zones/:zone/:domain/:type", async (c) => {
      const { zone, domain, type } = c.req.param();
      const change = await bodyOf(c.req, recordChange);
      const record = recordAt(zone, domain, type);
      const changed = { ...record, attributes: changedRecord(record.attributes, change) };
      objects.put(changed);
      return c.json(recordJson(changed));
    })
    .get("/v1/data/sources", (c) => {
      const feeds = objects.list("ns1_datafeed");
      return c.json(
        objects.list("ns1_datasource").map((source) => sourceJson(source, feeds, (id) => world.feed(id))),
      );
    })
    .post("/v1/feed/:source", async (c) => {
      const { source } = c.req.param();
      const push = await bodyOf(c.req, pushed);
      if (!objects.list("ns1_datasource").some(({ id }) => id === source)) {
        throw refusal(404, "source not found");
      }
      const feeds = objects.list("ns1_datafeed");
      // A label that no feed has is for nobody, which is no error.
      for (const [label, values] of Object.entries(push)) {
        for (const feed of feedsLabelled(feeds, source, label)) world.pushFeed(feed, values);
      }
      return c.json({});
    });
}

/** Whatever type it claims to have: NS1 does not look, and what curl sends by default is not called JSON. */
async function bodyOf<T>(request: HonoRequest, schema: z.ZodType<T>): Promise<T> {
  const text = await request.text();
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw error instanceof SyntaxError ? refusal(400, "the body is not JSON") : error;
  }
}

function refusal(status: 400 | 401 | 404, message: string): HTTPException {
  return new HTTPException(status, { message });
}

export interface ServedNs1Api {
  /** As NS1_ENDPOINT and NS1_APIKEY have it. */
  readonly endpoint: string;
  readonly key: string;
  close(): Promise<void>;
}

/** Serves it on a free port of loopback, for those who know the key. */
export async function serveNs1Api(options: Omit<Ns1ApiOptions, "key">): Promise<ServedNs1Api> {
  const key = randomBytes(32).toString("hex");
  const { fetch } = ns1Api({ ...options, key });
  const { url, close } = await serveOnLoopback(fetch);
  return { endpoint: `${url}/v1/`, key, close };
}
