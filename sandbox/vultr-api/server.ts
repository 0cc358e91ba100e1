import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { randomBytes, randomUUID } from "node:crypto";
import { z } from "zod";
import type { CloudObject, CloudObjects } from "../../constructs/fleet/simulation";
import { serveOnLoopback } from "../loopback-server";
import { isSameSecret } from "../same-secret";
import type { Clock } from "../world/clock";

/** Objects lie where the plugin's simulation puts its own. */
const PROVIDER = "vultr/vultr";
const INSTANCE = "vultr_instance";
const SNAPSHOT = "vultr_snapshot";

/** World seconds until a snapshot is complete. */
const SNAPSHOT_TAKES = 180;
/** What the disk of the smallest plan takes, in bytes. */
const SIZE_BYTES = 25 * 2 ** 30;

/** In bytes. */
const MOST_BODY = 64 * 1024;
/** How many results a page has at most. */
const PAGE = 500;

const instanceRequest = z.object({
  region: z.string().min(1),
  plan: z.string().min(1),
  os_id: z.number(),
  label: z.string(),
});
const snapshotRequest = z.object({ instance_id: z.string(), description: z.string().default("") });
/** Of those that this API has made; those of Terraform are complete. */
const takenSchema = z.object({ ready: z.number() });
const shownSnapshot = z.object({ description: z.string(), size: z.number() });
const shownInstance = z.object({ label: z.string().nullable(), region: z.string(), os_id: z.number() });

export interface VultrApiOptions {
  /** The clouds' objects, to change. */
  readonly objects: CloudObjects & {
    put(object: CloudObject): void;
    remove(type: string, id: string): void;
  };
  readonly clock: Pick<Clock, "now">;
}

/**
 * The part of Vultr's API with which snapshots are found, taken and removed, and the instances that they are taken of.
 * https://www.vultr.com/api/
 */
function vultrApi({ objects, clock }: VultrApiOptions, key: string) {
  const existing = (type: string, id: string): CloudObject => {
    const found = objects.list(type).find((each) => each.id === id);
    if (found === undefined) throw refusal(404, `Invalid ${type === SNAPSHOT ? "snapshot" : "instance"}.`);
    return found;
  };
  const snapshotJson = ({ id, attributes }: CloudObject): object => {
    const { data: taken } = takenSchema.safeParse(attributes);
    const { description, size } = shownSnapshot.parse(attributes);
    const isComplete = taken === undefined || taken.ready <= clock.now();
    return { id, description, size, status: isComplete ? "complete" : "pending" };
  };
  const instanceJson = ({ id, attributes }: CloudObject): object => {
    const { label, ...rest } = shownInstance.parse(attributes);
    return { id, label: label ?? "", ...rest, status: "active", power_status: "running" };
  };

  return new Hono()
    .onError((error, c) => {
      if (error instanceof HTTPException) return problem(c, error.status, error.message);
      if (error instanceof z.ZodError) return problem(c, 400, z.prettifyError(error));
      return problem(c, 500, "internal error");
    })
    .notFound((c) => problem(c, 404, "not found"))
    .use(bodyLimit({ maxSize: MOST_BODY, onError: (c) => problem(c, 413, "too large") }))
    .use(async (c, next) => {
      const [, given = ""] = /^Bearer (.+)$/.exec(c.req.header("Authorization") ?? "") ?? [];
      if (!isSameSecret(given, key)) throw refusal(401, "Invalid API token.");
      await next();
    })
    .get("/v2/snapshots", (c) => page(c, "snapshots", objects.list(SNAPSHOT).map(snapshotJson)))
    .post("/v2/snapshots", async (c) => {
      const { instance_id: instance, description } = snapshotRequest.parse(await jsonOf(c));
      existing(INSTANCE, instance);
      const ready = clock.now() + SNAPSHOT_TAKES * 1000;
      const snapshot = put(SNAPSHOT, { description, size: SIZE_BYTES, ready });
      return c.json({ snapshot: snapshotJson(snapshot) }, 201);
    })
    .delete("/v2/snapshots/:id", (c) => {
      objects.remove(SNAPSHOT, existing(SNAPSHOT, c.req.param("id")).id);
      return c.body(null, 204);
    })
    .get("/v2/instances", (c) => page(c, "instances", objects.list(INSTANCE).map(instanceJson)))
    .post("/v2/instances", async (c) => {
      const instance = put(INSTANCE, instanceRequest.parse(await jsonOf(c)));
      return c.json({ instance: instanceJson(instance) }, 202);
    })
    .delete("/v2/instances/:id", (c) => {
      objects.remove(INSTANCE, existing(INSTANCE, c.req.param("id")).id);
      return c.body(null, 204);
    });

  function put(type: string, attributes: CloudObject["attributes"]): CloudObject {
    const id = randomUUID();
    const object = { provider: PROVIDER, type, id, attributes: { id, ...attributes } };
    objects.put(object);
    return object;
  }
}

/** One page of a list, as `per_page` and `cursor` ask for it. */
function page(c: Context, name: string, all: readonly object[]): Response {
  const size = Math.min(Number(c.req.query("per_page") ?? PAGE), PAGE);
  const start = Number(c.req.query("cursor") ?? "") || 0;
  const end = start + size;
  const links = { next: end < all.length ? String(end) : "", prev: "" };
  return c.json({ [name]: all.slice(start, end), meta: { total: all.length, links } });
}

async function jsonOf(c: Context): Promise<unknown> {
  try {
    return JSON.parse(await c.req.text());
  } catch {
    throw refusal(400, "the body is not JSON");
  }
}

function refusal(status: 400 | 401 | 404, message: string): HTTPException {
  return new HTTPException(status, { message });
}

function problem(c: Context, status: number, error: string): Response {
  return c.json({ error, status }, status as 400);
}

export interface ServedVultrApi {
  /** Environment variables by which a client finds it. */
  readonly variables: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Serves it on a free port of loopback, for those who know the key. */
export async function serveVultrApi(options: VultrApiOptions): Promise<ServedVultrApi> {
  const key = randomBytes(32).toString("hex");
  const { url, close } = await serveOnLoopback(vultrApi(options, key).fetch);
  return { variables: { VULTR_API_ENDPOINT: `${url}/v2`, VULTR_API_KEY: key }, close };
}
