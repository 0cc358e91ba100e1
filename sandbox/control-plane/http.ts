import { OpenAPIHono } from "@hono/zod-openapi";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import type { ZodError } from "zod";
import { serveOnLoopback, type LoopbackServer } from "../loopback-server";
import type { Clock } from "../world/clock";
import type { ControlPlane } from "./control-plane";
import type { Caller } from "./identity";
import { MAX_BODY_BYTES } from "./protocol";
import { RefusedRequest } from "./refused-request";
import { enrol, issueJoinToken, leave, list, renew } from "./routes";

interface Env {
  Variables: { caller: Caller };
}

/** The control plane's requests as HTTP, described by the schemas that check them. */
export function controlPlaneApi(controlPlane: ControlPlane, clock: Clock): OpenAPIHono<Env> {
  const api = new OpenAPIHono<Env>({
    defaultHook: (result) => {
      if (!result.success) throw invalid(result.target, result.error);
    },
  });

  // Tokens are measured by the control plane's time, so it says what time it is.
  api.use(async (context, next) => {
    await next();
    context.header("Date", new Date(clock.now()).toUTCString());
  });
  api.use("/v1/*", async (context, next) => {
    context.set("caller", controlPlane.identify(bearerOf(context.req.header("Authorization"))));
    await next();
  });
  api.use(bodyLimit({ maxSize: MAX_BODY_BYTES, onError: () => problem(tooLarge()) }));

  api.openapi(enrol, (context) =>
    context.json(controlPlane.enrol(context.var.caller, context.req.valid("json")), 201),
  );
  api.openapi(renew, (context) => {
    const { name } = context.req.valid("param");
    return context.json(controlPlane.renew(context.var.caller, name, context.req.valid("json")), 200);
  });
  api.openapi(leave, (context) => {
    controlPlane.leave(context.var.caller, context.req.valid("param").name);
    return context.body(null, 204);
  });
  api.openapi(list, async (context) => {
    const { environment, after, wait } = context.req.valid("query");
    const { signal } = context.req.raw;
    return context.json(
      await controlPlane.nodesWhenChanged(context.var.caller, environment, after, wait, signal),
      200,
    );
  });
  api.openapi(issueJoinToken, (context) =>
    context.json(
      { joinToken: controlPlane.joinTokenFor(context.var.caller, context.req.valid("json")) },
      201,
    ),
  );

  api.notFound(() => problem(new RefusedRequest(404, "not-found", "There is nothing at this address.")));
  api.onError((error) => problem(error));
  return api;
}

/**
 * Serves the control plane on a free port of loopback.
 *
 * @returns its URL, and what ends it; readers that wait for a change are cut off then.
 */
export async function serveControlPlane(controlPlane: ControlPlane, clock: Clock): Promise<LoopbackServer> {
  return serveOnLoopback(controlPlaneApi(controlPlane, clock).fetch);
}

function bearerOf(header: string | undefined): string | undefined {
  return /^Bearer +(\S+)$/i.exec(header ?? "")?.[1];
}

function invalid(target: string, { issues }: ZodError): RefusedRequest {
  return new RefusedRequest(400, "invalid-request", "The request is not what this address takes.", {
    problems: issues.map(({ path, message }) => ({
      where: [target === "json" ? "body" : target, ...path].join("."),
      what: message,
    })),
  });
}

function tooLarge(): RefusedRequest {
  return new RefusedRequest(413, "too-large", "The request's body is too large.", {
    detail: `It may have ${MAX_BODY_BYTES} bytes.`,
  });
}

/** An error of ours says nothing of itself to the outside. */
function problem(error: Error): Response {
  const refused = error instanceof HTTPException ? malformed() : error;
  const { status, document } =
    refused instanceof RefusedRequest
      ? refused
      : {
          status: 500,
          document: { type: "urn:polycast:problem:internal-error", title: "Not done.", status: 500 },
        };
  return Response.json(document, {
    status,
    headers: {
      "Content-Type": "application/problem+json",
      ...(status === 401 ? { "WWW-Authenticate": "Bearer" } : {}),
    },
  });
}

function malformed(): RefusedRequest {
  return new RefusedRequest(400, "invalid-request", "The request's body is not JSON.");
}
