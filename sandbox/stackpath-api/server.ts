import { Hono, type Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { CloudObject } from "../../constructs/fleet/simulation";
import { strike, type FaultEffect, type FaultSource, type Operation } from "../engine/fault";
import { serveOnLoopback } from "../loopback-server";
import type { Clock } from "../world/clock";
import { CAPTURED_IMAGE, CapturedImages, idOf, imageJson, STACK, type Objects } from "./captured-images";

const WORKLOAD = "stackpath_compute_workload";
const POLICY = "stackpath_compute_network_policy";

/** In bytes. */
const MOST_BODY = 64 * 1024;
/** How many results a page has. */
const PAGE = 50;
/** In seconds; the service's own. */
const TOKEN_LASTS = 3600;

const tokenRequest = z.object({
  grant_type: z.literal("client_credentials"),
  client_id: z.string(),
  client_secret: z.string(),
});
const captureRequest = z.object({
  image: z.object({ description: z.string().max(1000).default("") }).prefault({}),
  instanceVolumeSource: z.object({
    workloadId: z.string(),
    instanceName: z.string(),
    volumeClaimSlug: z.literal("").default(""),
  }),
});
const workloadAttributes = z.object({
  name: z.string(),
  slug: z.string(),
  instances: z
    .array(z.object({ name: z.string(), phase: z.string(), external_ip_address: z.string() }))
    .nullish()
    .transform((instances) => instances ?? []),
});
const policyAttributes = z.object({ name: z.string(), slug: z.string() });

interface StackPathApiOptions {
  readonly objects: Objects;
  readonly clock: Pick<Clock, "now" | "after">;
  readonly faults: FaultSource;
  /** What a fault of kind `crash` does; by default this process kills itself. */
  readonly crash?: () => void;
}

interface Client {
  readonly id: string;
  readonly secret: string;
}

/**
 * The part of StackPath's gateway that is used beside Terraform: tokens, images, and finding what a state has lost.
 * Captured images lie with the clouds' objects, so they outlive this process. Faults strike them as the type
 * `stackpath_image`; `failAfter` takes a capture on and lets it end as FAILED.
 */
function stackpathApi(options: StackPathApiOptions, images: CapturedImages, client: Client) {
  const { objects, faults, crash = killSelf } = options;
  const tokens = new Set<string>();

  const struck = async (operation: Operation, type: string, names: readonly string[]) => {
    const effects = strike(faults, { type, operation, names });
    for (const effect of effects) {
      if (effect.kind === "delay") await sleep(effect.milliseconds);
      if (effect.kind === "refuse") throw refusal(400, effect.message);
    }
    return effects;
  };
  const afterwards = (effects: readonly FaultEffect[]): void => {
    if (effects.some(({ kind }) => kind === "crash")) crash();
  };
  const workloadWith = (idOrSlug: string): CloudObject => {
    const found = objects
      .list(WORKLOAD)
      .find(({ id, attributes }) => id === idOrSlug || attributes["slug"] === idOrSlug);
    if (found === undefined) throw refusal(404, "workload not found");
    return found;
  };
  const imageWith = ({ family, tag }: { family: string; tag: string }) => {
    const found = images.find(family, tag);
    if (found === undefined) throw refusal(404, "image not found");
    return found;
  };
  const remove = async (type: string, id: string, names: readonly string[]): Promise<void> => {
    const effects = await struck("delete", type, names);
    objects.remove(type, id);
    afterwards(effects);
  };

  const gateway = new Hono()
    .onError((error, c) => {
      if (error instanceof HTTPException) return problem(c, error.status, error.message);
      if (error instanceof z.ZodError) return problem(c, 400, z.prettifyError(error));
      return problem(c, 500, "internal error");
    })
    .notFound((c) => problem(c, 404, "not found"))
    .use(bodyLimit({ maxSize: MOST_BODY, onError: (c) => problem(c, 413, "too large") }))
    .post("/identity/v1/oauth2/token", async (c) => {
      const isForm = c.req.header("Content-Type")?.startsWith("application/x-www-form-urlencoded") === true;
      const given = tokenRequest.parse(isForm ? await c.req.parseBody() : await jsonOf(c));
      if (given.client_id !== client.id) throw refusal(404, "unknown client ID");
      if (given.client_secret !== client.secret) throw refusal(401, "invalid client secret");
      const token = randomBytes(32).toString("hex");
      tokens.add(token);
      return c.json({ access_token: token, token_type: "bearer", expires_in: TOKEN_LASTS });
    })
    .use(async (c, next) => {
      const [, token = ""] = /^Bearer (.+)$/.exec(c.req.header("Authorization") ?? "") ?? [];
      if (!tokens.has(token)) throw refusal(401, "unauthorized");
      await next();
    });

  gateway.get("/stack/v1/stacks/:stack", (c) => {
    checkStack(c.req.param("stack"));
    return c.json({ id: STACK, slug: STACK, name: STACK, status: "ACTIVE" });
  });

  const workloads = new Hono()
    .get("/images/:family/:tag", async (c) => {
      const image = imageWith(c.req.param());
      const effects = await struck("read", CAPTURED_IMAGE, [idOf(image.family, image.tag)]);
      if (effects.some(({ kind }) => kind === "vanish")) {
        images.remove(image);
        throw refusal(404, "image not found");
      }
      return c.json({ image: imageJson(image) });
    })
    .post("/images/:family/:tag", async (c) => {
      const { family, tag } = c.req.param();
      const { image, instanceVolumeSource: source } = captureRequest.parse(await jsonOf(c));
      const { instances } = workloadAttributes.parse(workloadWith(source.workloadId).attributes);
      const instance = instances.find(({ name }) => name === source.instanceName);
      if (instance === undefined) throw refusal(404, "instance not found");
      if (instance.phase !== "RUNNING") throw refusal(400, `instance is ${instance.phase}`);
      if (images.find(family, tag) !== undefined) throw refusal(409, "image already exists");
      const effects = await struck("create", CAPTURED_IMAGE, [idOf(family, tag)]);
      const failure =
        effects.flatMap((effect) => (effect.kind === "failAfter" ? effect.message : []))[0] ?? "";
      const captured = images.capture(family, tag, image.description, failure);
      afterwards(effects);
      return c.json({ image: imageJson(captured) });
    })
    .delete("/images/:family/:tag", async (c) => {
      const { family, tag } = imageWith(c.req.param());
      await remove(CAPTURED_IMAGE, idOf(family, tag), [idOf(family, tag)]);
      return c.body(null, 204);
    })
    .get("/workloads", (c) =>
      page(c, objects.list(WORKLOAD), ({ id, attributes }) => {
        const { name, slug } = workloadAttributes.parse(attributes);
        return { id, name, slug };
      }),
    )
    .get("/workloads/:workload/instances", (c) => {
      const { instances } = workloadAttributes.parse(workloadWith(c.req.param("workload")).attributes);
      return page(c, instances, ({ name, phase, external_ip_address: externalIpAddress }) => ({
        ...{ name, phase, externalIpAddress },
      }));
    })
    .delete("/workloads/:workload", async (c) => {
      const { id, attributes } = workloadWith(c.req.param("workload"));
      await remove(WORKLOAD, id, [id, workloadAttributes.parse(attributes).name]);
      return c.body(null, 204);
    });

  const networks = new Hono()
    .get("/network_policies", (c) =>
      page(c, objects.list(POLICY), ({ id, attributes }) => {
        const { name, slug } = policyAttributes.parse(attributes);
        return { id, name, slug };
      }),
    )
    .delete("/network_policies/:policy", async (c) => {
      const { policy } = c.req.param();
      const found = objects.list(POLICY).find(({ id }) => id === policy);
      if (found === undefined) throw refusal(404, "network policy not found");
      await remove(POLICY, policy, [policy, policyAttributes.parse(found.attributes).name]);
      return c.body(null, 204);
    });

  for (const [service, routes] of Object.entries({ workload: workloads, ipam: networks })) {
    gateway.use(`/${service}/v1/stacks/:stack/*`, async (c, next) => {
      checkStack(c.req.param("stack"));
      await next();
    });
    gateway.route(`/${service}/v1/stacks/:stack`, routes);
  }
  return gateway;
}

function checkStack(stack: string): void {
  if (stack !== STACK) throw refusal(404, "stack not found");
}

/** One page of a list, as `page_request.first` and `.after` ask for it. */
function page<T>(c: Context, all: readonly T[], json: (item: T) => object): Response {
  const first = Math.min(Number(c.req.query("page_request.first") ?? PAGE), PAGE);
  const start = Number(c.req.query("page_request.after") ?? 0);
  const end = start + first;
  const pageInfo = { hasNextPage: end < all.length, endCursor: String(end), totalCount: String(all.length) };
  return c.json({ pageInfo, results: all.slice(start, end).map(json) });
}

async function jsonOf(c: Context): Promise<unknown> {
  try {
    return JSON.parse(await c.req.text());
  } catch {
    throw refusal(400, "the body is not JSON");
  }
}

function refusal(status: 400 | 401 | 404 | 409, message: string): HTTPException {
  return new HTTPException(status, { message });
}

/** The service's errors carry a code of gRPC: https://grpc.io/docs/guides/status-codes/ */
const CODES: Readonly<Record<number, number>> = { 400: 3, 401: 16, 404: 5, 409: 6 };

function problem(c: Context, status: number, message: string): Response {
  return c.json({ code: CODES[status] ?? 13, message, details: [] }, status as 400);
}

function killSelf(): void {
  process.kill(process.pid, "SIGKILL");
}

export interface ServedStackPathApi {
  /** Environment variables by which a client finds it. */
  readonly variables: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** Serves it on a free port of loopback, for those who know the client's secret. */
export async function serveStackPathApi(options: StackPathApiOptions): Promise<ServedStackPathApi> {
  const client = { id: "sandbox", secret: randomBytes(32).toString("hex") };
  const images = new CapturedImages(options.objects, options.clock);
  const { url, close } = await serveOnLoopback(stackpathApi(options, images, client).fetch);
  return {
    variables: {
      STACKPATH_BASE_URL: url,
      STACKPATH_STACK_ID: STACK,
      STACKPATH_CLIENT_ID: client.id,
      STACKPATH_CLIENT_SECRET: client.secret,
    },
    close: () => {
      images.close();
      return close();
    },
  };
}
