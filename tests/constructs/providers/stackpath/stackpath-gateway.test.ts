import { z } from "zod";
import { stackpathGateway } from "../../../../constructs/providers/stackpath/stackpath-gateway";

const VARIABLES = {
  STACKPATH_STACK_ID: "acme",
  STACKPATH_CLIENT_ID: "client-7f3a",
  STACKPATH_CLIENT_SECRET: "secret-91bd",
};
const anything = z.unknown();

interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: unknown;
}

let asked: Asked[];
let pauses: number[];

/** A gateway that answers tokens, and everything else as `answers` say, the last one again and again. */
async function gateway(
  answers: readonly (Response | Error | (() => Response))[],
  {
    token = () => Response.json({ access_token: "t1", expires_in: 3600 }),
    variables = {},
    signal = new AbortController().signal,
  } = {},
) {
  const left = [...answers];
  const fake: typeof fetch = (input, init = {}) => {
    const url = String(input instanceof Request ? input.url : input);
    const body = init.body instanceof URLSearchParams ? init.body.toString() : (init.body ?? "");
    asked.push({ method: init.method ?? "GET", url, headers: new Headers(init.headers), body });
    if (url.includes("/identity/")) return Promise.resolve(token());
    const next = left.length > 1 ? left.shift() : left[0];
    if (next instanceof Error) return Promise.reject(next);
    return Promise.resolve(typeof next === "function" ? next() : (next?.clone() ?? Response.json({})));
  };
  return stackpathGateway({
    variables: { ...VARIABLES, ...variables },
    fetch: fake,
    signal,
    pause: (milliseconds) => Promise.resolve(pauses.push(milliseconds)),
  });
}

const refusal = (status: number, message: string) => () =>
  Response.json({ code: 5, message, details: [] }, { status });
const problemOf = async (work: Promise<unknown>): Promise<string> => {
  const error = await work.then(
    () => new Error("it succeeded"),
    (reason: unknown) => reason as Error,
  );
  for (const secret of [VARIABLES.STACKPATH_CLIENT_SECRET, VARIABLES.STACKPATH_CLIENT_ID, "Bearer"]) {
    expect(error.message).not.toContain(secret);
  }
  return error.message;
};

beforeEach(() => {
  asked = [];
  pauses = [];
});

describe("tokens", () => {
  test("one is fetched with the client's id and secret, in the body, and used for all", async () => {
    const api = await gateway([Response.json({})]);
    await api.get("workload", ["workloads"], anything);
    await api.get("workload", ["images", "a b", "c"], anything);
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "POST https://gateway.stackpath.com/identity/v1/oauth2/token",
      "GET https://gateway.stackpath.com/workload/v1/stacks/acme/workloads",
      "GET https://gateway.stackpath.com/workload/v1/stacks/acme/images/a%20b/c",
    ]);
    expect(asked[0]?.body).toBe(
      "grant_type=client_credentials&client_id=client-7f3a&client_secret=secret-91bd",
    );
    expect(asked.slice(1).map(({ headers }) => headers.get("Authorization"))).toEqual([
      "Bearer t1",
      "Bearer t1",
    ]);
  });

  test("one that ends is renewed before its time", async () => {
    const api = await gateway([Response.json({})], {
      token: () => Response.json({ access_token: "t", expires_in: 30 }),
    });
    await api.get("workload", ["workloads"], anything);
    await api.get("workload", ["workloads"], anything);
    expect(asked.filter(({ url }) => url.includes("/identity/"))).toHaveLength(2);
  });

  test("one that was revoked is renewed once", async () => {
    const api = await gateway([Response.json({}), refusal(401, "unauthorized"), Response.json({ ok: 1 })]);
    await api.get("workload", ["workloads"], anything);
    expect(await api.get("workload", ["workloads"], anything)).toEqual({ ok: 1 });
    expect(asked.filter(({ url }) => url.includes("/identity/"))).toHaveLength(2);
  });

  test.each([
    [401, /gives no token[^]*status 401: the client's secret is wrong[^]*STACKPATH_CLIENT_SECRET/],
    [404, /gives no token[^]*status 404: there is no such client/],
    [500, /gives no token[^]*status 500/],
  ])("a client that is refused with %s is told so, without what it sent", async (status, expected) => {
    const echo = () => new Response(`bad ${VARIABLES.STACKPATH_CLIENT_SECRET}`, { status });
    const api = await gateway([], { token: echo });
    expect(await problemOf(api.get("workload", ["workloads"], anything))).toMatch(expected);
  });
});

describe("refusals", () => {
  test("what is not there is undefined to read", async () => {
    const api = await gateway([refusal(404, "image not found")]);
    expect(await api.get("workload", ["images", "f", "t"], anything)).toBeUndefined();
  });

  test("a stack that is not there is an error", async () => {
    const api = await gateway([refusal(404, "stack not found")]);
    expect(await problemOf(api.stack(anything))).toMatch(/status 404[^]*STACKPATH_STACK_ID/);
    expect(await problemOf(api.list("workload", ["workloads"], anything))).toMatch(/status 404/);
  });

  test.each([
    [400, "malformed"],
    [401, "unauthorized"],
    [403, "forbidden"],
    [409, "image already exists"],
  ])("%s is told with the service's own words", async (status, message) => {
    const api = await gateway([refusal(status, message)]);
    const told = new RegExp(`status ${String(status)}: "${message}"`);
    expect(await problemOf(api.get("workload", ["workloads"], anything))).toMatch(told);
    expect(await problemOf(api.post("workload", ["images", "f", "t"], {}, anything))).toMatch(told);
    expect(await problemOf(api.remove("workload", ["workloads", "w"]))).toMatch(told);
  });

  test("an answer of another form is told, where and what", async () => {
    const api = await gateway([Response.json({ image: 3 })]);
    const image = z.object({ image: z.object({ status: z.string() }) });
    expect(await problemOf(api.get("workload", ["images", "f", "t"], image))).toMatch(
      /images\/f\/t[^]*image/,
    );
    const html = await gateway([new Response("<html>")]);
    expect(await problemOf(html.get("workload", ["workloads"], anything))).toMatch(/not JSON/);
  });

  test("what is gone already is removed", async () => {
    const api = await gateway([refusal(404, "workload not found")]);
    await expect(api.remove("workload", ["workloads", "w"])).resolves.toBeUndefined();
  });
});

describe("a service at fault", () => {
  const lost = new TypeError("fetch failed", { cause: new Error("connect ECONNREFUSED") });

  test.each([
    ["503", refusal(503, "unavailable")],
    ["429", refusal(429, "slow down")],
    ["no connection", lost],
  ])("%s is asked again, twice", async (_, trouble) => {
    const api = await gateway([trouble, trouble, Response.json({ ok: 1 })]);
    expect(await api.get("workload", ["workloads"], anything)).toEqual({ ok: 1 });
    expect(pauses).toEqual([1_000, 4_000]);
    await expect(api.remove("workload", ["workloads", "w"])).resolves.toBeUndefined();
  });

  test("for ever is an error", async () => {
    const api = await gateway([refusal(503, "unavailable")]);
    expect(await problemOf(api.get("workload", ["workloads"], anything))).toMatch(
      /status 503: "unavailable"/,
    );
    expect(asked.filter(({ url }) => url.includes("/workload/"))).toHaveLength(3);
    const gone = await gateway([lost]);
    expect(await problemOf(gone.get("workload", ["workloads"], anything))).toMatch(
      /cannot be reached[^]*ECONNREFUSED/,
    );
  });

  test("nothing that makes something is repeated", async () => {
    const api = await gateway([refusal(503, "unavailable")]);
    expect(await problemOf(api.post("workload", ["images", "f", "t"], {}, anything))).toMatch(/status 503/);
    expect(asked.filter(({ url }) => url.includes("/workload/"))).toHaveLength(1);
  });

  test("whoever is told to stop asks no more", async () => {
    const stop = new AbortController();
    const abort = () => {
      stop.abort(new Error("stopped"));
      return refusal(503, "unavailable")();
    };
    const api = await gateway([abort, lost], { signal: stop.signal });
    await expect(api.get("workload", ["workloads"], anything)).rejects.toThrow("stopped");
  });
});

test("a list has all its pages", async () => {
  const page = (results: number[], next?: string) =>
    Response.json({ results, pageInfo: { hasNextPage: next !== undefined, endCursor: next ?? "" } });
  const api = await gateway([page([1, 2], "2"), page([3])]);
  expect(await api.list("ipam", ["network_policies"], z.number())).toEqual([1, 2, 3]);
  expect(asked.slice(1).map(({ url }) => new URL(url).searchParams.get("page_request.after"))).toEqual([
    null,
    "2",
  ]);
  const empty = await gateway([Response.json({ results: null })]);
  expect(await empty.list("workload", ["workloads"], z.number())).toEqual([]);
});

describe("where the secret goes", () => {
  test.each(["http://gateway.example.net", "https://user:word@gateway.example.net", "gateway"])(
    "not to %s",
    async (url) => {
      const message = await problemOf(gateway([], { variables: { STACKPATH_BASE_URL: url } }));
      expect(message).toMatch(/STACKPATH_BASE_URL/);
      expect(message).not.toContain("word@");
    },
  );

  test.each(["https://gateway.example.net/", "http://127.0.0.1:9001"])("to %s", async (url) => {
    const api = await gateway([Response.json({})], { variables: { STACKPATH_BASE_URL: url } });
    await api.get("workload", ["workloads"], anything);
    expect(asked[0]?.url).toBe(`${new URL(url).origin}/identity/v1/oauth2/token`);
  });

  test("nowhere without credentials", async () => {
    const message = await problemOf(gateway([], { variables: { STACKPATH_CLIENT_SECRET: "" } }));
    expect(message).toMatch(/STACKPATH_CLIENT_SECRET: is empty/);
    expect(asked).toEqual([]);
  });
});
