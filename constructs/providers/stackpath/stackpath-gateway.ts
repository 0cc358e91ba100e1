import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { apiEndpoint } from "../../fleet/api-endpoint";
import { PolycastError, show } from "../../fleet/problem";
import { stackpathCredential } from "./stackpath-credential";

const REFUSAL = "StackPath's API cannot be asked";
const ENDPOINT = {
  variable: "STACKPATH_BASE_URL",
  standard: "https://gateway.stackpath.com",
  refusal: REFUSAL,
} as const;

/** In milliseconds. */
const ANSWER_WITHIN = 30_000;
/** Between the tries of a request that may be repeated, in milliseconds. */
const PAUSES = [1_000, 4_000] as const;
/** A token is renewed so long before its end, in milliseconds. */
const TOKEN_MARGIN = 60_000;

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().optional() });

export interface GatewayOptions {
  /** STACKPATH_STACK_ID, STACKPATH_CLIENT_ID, STACKPATH_CLIENT_SECRET; STACKPATH_BASE_URL where it is not the public one. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof globalThis.fetch;
  /** Ends what is going on. */
  readonly signal?: AbortSignal;
  /** Waits so many milliseconds; default: as long. */
  readonly pause?: (milliseconds: number) => Promise<unknown>;
}

/** Parts of a path below the service's API, each unescaped. */
type Path = readonly string[];

/**
 * StackPath's gateway, asked as one client about one stack. Tokens are fetched and renewed; what may be repeated is
 * repeated when the service is at fault. All of it rejects with a PolycastError where the service cannot be reached or
 * refuses, and no error holds a secret.
 */
export interface StackPathGateway {
  /** The stack itself. */
  stack<T>(schema: z.ZodType<T>): Promise<T>;
  /**
   * @param service `workload` or `ipam`.
   * @returns undefined where there is no such thing.
   */
  get<T>(service: string, path: Path, schema: z.ZodType<T>): Promise<T | undefined>;
  /** All pages of a list. */
  list<T>(service: string, path: Path, item: z.ZodType<T>): Promise<readonly T[]>;
  post<T>(service: string, path: Path, body: unknown, schema: z.ZodType<T>): Promise<T>;
  /** What is gone already is no error. */
  remove(service: string, path: Path): Promise<void>;
}

interface Request {
  readonly method: "GET" | "POST" | "DELETE";
  readonly url: URL;
  readonly body?: unknown;
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** @throws PolycastError where the variables cannot be used. */
export async function stackpathGateway(options: GatewayOptions): Promise<StackPathGateway> {
  const { variables, fetch, signal } = options;
  const pause =
    options.pause ?? ((milliseconds) => sleep(milliseconds, undefined, { ...(signal && { signal }) }));
  const endpoint = apiEndpoint(ENDPOINT, variables["STACKPATH_BASE_URL"]);
  const problems = await stackpathCredential.check(variables);
  if (problems.length > 0) throw new PolycastError(REFUSAL, problems);
  const stack = encodeURIComponent(variables["STACKPATH_STACK_ID"] ?? "");
  let token: { readonly text: string; readonly until: number } | undefined;

  async function send(request: Request, init: RequestInit): Promise<Response> {
    const timeout = AbortSignal.timeout(ANSWER_WITHIN);
    return fetch(request.url, {
      method: request.method,
      ...init,
      // Credentials are for this host only.
      redirect: "error",
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    }).catch((error: unknown) => {
      signal?.throwIfAborted();
      throw unreachable(request, error as Error);
    });
  }

  /** RFC 6749, 4.4, the client's id and secret in the body: as the plugin does. */
  async function renewedToken(): Promise<string> {
    const request: Request = { method: "POST", url: new URL("/identity/v1/oauth2/token", endpoint) };
    const response = await send(request, {
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: variables["STACKPATH_CLIENT_ID"] ?? "",
        client_secret: variables["STACKPATH_CLIENT_SECRET"] ?? "",
      }),
    });
    // What it answers could repeat what it was asked: not shown.
    if (!response.ok) throw noToken(request, response.status);
    const said = parsed(request, await response.text(), tokenSchema);
    token = { text: said.access_token, until: Date.now() + (said.expires_in ?? 0) * 1000 - TOKEN_MARGIN };
    return token.text;
  }

  async function once(request: Request): Promise<Answer> {
    const attempt = async (bearer: string): Promise<Response> =>
      send(request, {
        headers: { Authorization: `Bearer ${bearer}`, "Content-Type": "application/json" },
        body: request.body === undefined ? null : JSON.stringify(request.body),
      });
    const known = token !== undefined && token.until > Date.now() ? token.text : undefined;
    let response = await attempt(known ?? (await renewedToken()));
    // A token may be revoked before its time.
    if (response.status === 401 && known !== undefined) response = await attempt(await renewedToken());
    return { status: response.status, text: await response.text() };
  }

  /** A request that may be repeated is, when the service is at fault. */
  async function ask(request: Request): Promise<Answer> {
    const pauses = request.method === "POST" ? [] : [...PAUSES];
    for (;;) {
      const wait = pauses.shift();
      try {
        const answer = await once(request);
        if (answer.status < 500 && answer.status !== 429) return answer;
        if (wait === undefined) return answer;
      } catch (error) {
        signal?.throwIfAborted();
        if (wait === undefined || !(error instanceof Unreachable)) throw error;
      }
      await pause(wait);
    }
  }

  function request(method: Request["method"], service: string, path: Path, body?: unknown): Request {
    const below = [stack, ...path.map(encodeURIComponent)].join("/");
    const url = new URL(`/${service}/v1/stacks/${below}`, endpoint);
    return { method, url, ...(body !== undefined && { body }) };
  }

  async function get<T>(from: Request, schema: z.ZodType<T>): Promise<T | undefined> {
    const { status, text } = await ask(from);
    if (status === 404) return undefined;
    if (status !== 200) throw refused(from, status, text);
    return parsed(from, text, schema);
  }

  return {
    async stack(schema) {
      const from = request("GET", "stack", []);
      const found = await get(from, schema);
      if (found === undefined) throw refused(from, 404, "there is no such stack");
      return found;
    },
    get: (service, path, schema) => get(request("GET", service, path), schema),
    async list<T>(service: string, path: Path, item: z.ZodType<T>) {
      const all: T[] = [];
      for (let after: string | undefined; ;) {
        const from = request("GET", service, path);
        from.url.searchParams.set("page_request.first", "50");
        if (after !== undefined) from.url.searchParams.set("page_request.after", after);
        const page = await get(from, pageOf(item));
        // A list of nothing is a list: what is not found is what holds it.
        if (page === undefined) throw refused(from, 404, "not found");
        all.push(...(page.results ?? []));
        const next = page.pageInfo?.hasNextPage === true ? (page.pageInfo.endCursor ?? undefined) : undefined;
        if (next === undefined || next === after) return all;
        after = next;
      }
    },
    async post(service, path, body, schema) {
      const from = request("POST", service, path, body);
      const { status, text } = await ask(from);
      if (status !== 200) throw refused(from, status, text);
      return parsed(from, text, schema);
    },
    async remove(service, path) {
      const from = request("DELETE", service, path);
      const { status, text } = await ask(from);
      if (status !== 204 && status !== 200 && status !== 404) throw refused(from, status, text);
    },
  };
}

function pageOf<T>(item: z.ZodType<T>) {
  return z.object({
    results: z.array(item).nullish(),
    pageInfo: z.object({ hasNextPage: z.boolean().nullish(), endCursor: z.string().nullish() }).nullish(),
  });
}

function parsed<T>(request: Request, text: string, schema: z.ZodType<T>): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const what = error instanceof z.ZodError ? z.prettifyError(error) : "it is not JSON";
    throw new PolycastError("StackPath's API says what is not understood", [
      { where: nameOf(request), what },
    ]);
  }
}

function refused(request: Request, status: number, text: string): PolycastError {
  const remedy = REMEDIES[status];
  return new PolycastError("StackPath's API refuses", [
    {
      where: nameOf(request),
      what: `status ${status}: ${messageOf(text)}`,
      ...(remedy !== undefined && { remedy }),
    },
  ]);
}

const ALLOWED = "Check what the client in STACKPATH_CLIENT_ID is allowed to do in the stack.";
const REMEDIES: Readonly<Record<number, string>> = {
  401: ALLOWED,
  403: ALLOWED,
  404: "Check STACKPATH_STACK_ID.",
  429: "StackPath limits how much may be asked, or be had; try again later, or ask for a higher quota.",
};

function noToken(request: Request, status: number): PolycastError {
  return new PolycastError("StackPath gives no token", [
    {
      where: nameOf(request),
      what: `status ${status}${status === 401 ? ": the client's secret is wrong" : status === 404 ? ": there is no such client" : ""}`,
      ...(status < 500 && { remedy: "Check STACKPATH_CLIENT_ID and STACKPATH_CLIENT_SECRET." }),
    },
  ]);
}

/** Its errors are `{ "code": 5, "message": "...", "details": [] }`. */
function messageOf(text: string): string {
  try {
    return show(z.object({ message: z.string() }).parse(JSON.parse(text)).message);
  } catch {
    return show(text);
  }
}

class Unreachable extends PolycastError {}

function unreachable(request: Request, { message, cause }: Error & { cause?: unknown }): PolycastError {
  // fetch says why only in the cause.
  return new Unreachable("StackPath's API cannot be reached", [
    {
      where: nameOf(request),
      what: cause instanceof Error ? `${message} (${cause.message})` : message,
      remedy: "Check the network, and STACKPATH_BASE_URL if it is set.",
    },
  ]);
}

function nameOf({ method, url }: Request): string {
  return `${method} ${url.origin}${url.pathname}`;
}
