import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { ControlPlane } from "../../../sandbox/control-plane/control-plane";
import { serveControlPlane } from "../../../sandbox/control-plane/http";
import type { Enrolment, NodeList } from "../../../sandbox/control-plane/protocol";
import type { ProblemDocument } from "../../../sandbox/control-plane/refused-request";
import { manualClock, type ManualClock } from "../../../sandbox/world/clock";
import { AUDIENCE, registrationIn, SomeNode } from "./some-node";

const ROOT = path.join(__dirname, "..", "..", "..");

let directory: string;
let clock: ManualClock;
let controlPlane: ControlPlane;
let server: Awaited<ReturnType<typeof serveControlPlane>>;
let join: string;
let operator: string;

beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "polycast-control-"));
  clock = manualClock(Date.parse("2030-01-01T00:00:00Z"));
  controlPlane = new ControlPlane({ directory, clock, audiences: () => [AUDIENCE] });
  server = await serveControlPlane(controlPlane, clock);
  join = controlPlane.issueJoinToken({ environment: "test", fleet: "a" });
  operator = controlPlane.issueOperatorToken();
});
afterEach(async () => {
  await server.close();
  controlPlane.close();
  rmSync(directory, { recursive: true });
});

const send = (method: string, address: string, token?: string, body?: unknown): Promise<Response> =>
  fetch(`${server.url}${address}`, {
    method,
    headers: {
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
const problemOf = async (response: Promise<Response>): Promise<ProblemDocument> => {
  const answer = await response;
  expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
  const problem = (await answer.json()) as ProblemDocument;
  expect(problem.status).toBe(answer.status);
  return problem;
};
const enrolled = (name: string): SomeNode => new SomeNode(name, clock).enrol(controlPlane, join);
const list = async (query: string): Promise<NodeList> =>
  (await (await send("GET", `/v1/nodes?environment=test${query}`, operator)).json()) as NodeList;

describe("a node's life by HTTP", () => {
  test("is to enrol, register, learn and leave", async () => {
    const node = new SomeNode("n1", clock);
    const enrolment = await send("POST", "/v1/enrolments", join, { name: "n1", publicKey: node.publicKey });
    expect(enrolment.status).toBe(201);
    expect((await enrolment.json()) as Enrolment).toMatchObject({ environment: "test", fleet: "a" });

    const renewal = await send("PUT", "/v1/nodes/n1", node.token(), registrationIn("a"));
    expect(renewal.status).toBe(200);
    expect(await renewal.json()).toMatchObject({ leaseSeconds: 15, renewSeconds: 5 });

    const nodes = await send("GET", "/v1/nodes?environment=test", node.token());
    expect(await nodes.json()).toMatchObject({ complete: true, nodes: [{ name: "n1", fleet: "a" }] });

    expect((await send("DELETE", "/v1/nodes/n1", node.token())).status).toBe(204);
    expect((await list("")).nodes).toEqual([]);
  });

  test("can be led by the program of the docs, with a JWT library", async () => {
    const docs = readFileSync(path.join(ROOT, "docs", "control-plane.md"), "utf8");
    const [, program = ""] = /```js\n([^]*?)```/.exec(docs) ?? [];
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", program],
      {
        cwd: ROOT,
        env: { ...process.env, URL: server.url, AUDIENCE, JOIN_TOKEN: join, NAME: "n1" },
      },
    );
    const renewal = await send("PUT", "/v1/nodes/n1", stdout.trim(), registrationIn("a"));
    expect(renewal.status).toBe(200);
  });
});

test("every answer says what time it is in the world", async () => {
  clock.advance(61);
  for (const token of [operator, undefined]) {
    const { headers } = await send("GET", "/v1/nodes?environment=test", token);
    expect(headers.get("Date")).toBe("Tue, 01 Jan 2030 00:01:01 GMT");
  }
});

describe("a reader who waits", () => {
  /** Requests are in the server's hands after a round trip that began later. */
  async function untilWaiting(): Promise<void> {
    await list("");
  }

  test("is told of a change when it comes", async () => {
    const { revision } = await list("");
    const answer = list(`&after=${revision}&wait=60`);
    await untilWaiting();
    enrolled("n1").renew(controlPlane, registrationIn("a"));
    expect(await answer).toMatchObject({ complete: false, nodes: [{ name: "n1" }] });
  });

  test("is not told of what happens in another environment, and is answered in the end", async () => {
    const { revision } = await list("");
    const answer = list(`&after=${revision}&wait=10`);
    await untilWaiting();
    let isAnswered = false;
    void answer.then(() => (isAnswered = true));
    const elsewhere = controlPlane.issueJoinToken({ environment: "other", fleet: "a" });
    new SomeNode("n1", clock).enrol(controlPlane, elsewhere).renew(controlPlane, registrationIn("a"));
    clock.advance(9);
    await list("");
    expect(isAnswered).toBe(false);
    clock.advance(1);
    expect(await answer).toMatchObject({ complete: false, nodes: [], gone: [] });
  });

  test("does not wait with an unknown revision or without one", async () => {
    expect(await list("&wait=60")).toMatchObject({ complete: true });
    expect(await list("&wait=60&after=gone-1")).toMatchObject({ complete: true });
  });

  test("does not keep the server from closing", async () => {
    const { revision } = await list("");
    const answer = list(`&after=${revision}&wait=60`).catch(() => "cut off");
    await untilWaiting();
    await server.close();
    expect(await answer).toBe("cut off");
  });
});

describe("a bad request", () => {
  test("without a token is told how to send one", async () => {
    const answer = await send("GET", "/v1/nodes?environment=test");
    expect(answer.status).toBe(401);
    expect(answer.headers.get("WWW-Authenticate")).toBe("Bearer");
    const problem = await problemOf(send("GET", "/v1/nodes?environment=test"));
    expect(problem).toMatchObject({ type: "urn:polycast:problem:no-token" });
    expect(problem.remedy).toContain("Authorization: Bearer");
  });

  test("is told all that is wrong with it, and changes nothing", async () => {
    const node = enrolled("n1");
    const body = {
      ...registrationIn("a"),
      health: "fine",
      addresses: ["::1", "nowhere"],
      secret: "x",
      site: "",
    };
    const problem = await problemOf(send("PUT", "/v1/nodes/n1", node.token(), body));
    expect(problem).toMatchObject({ status: 400, type: "urn:polycast:problem:invalid-request" });
    expect(problem.problems?.map(({ where }) => where).sort()).toEqual([
      "body",
      "body.addresses.1",
      "body.health",
      "body.site",
    ]);
    expect((await list("")).nodes).toEqual([]);
  });

  test("with a private key is refused without repeating it", async () => {
    const node = new SomeNode("n1", clock);
    const { d } = node.privateKey.export({ format: "jwk" });
    const publicKey = { ...node.publicKey, d };
    const problem = await problemOf(send("POST", "/v1/enrolments", join, { name: "n1", publicKey }));
    expect(problem.status).toBe(400);
    expect(JSON.stringify(problem)).not.toContain(d);
  });

  test.each([
    ["no JSON", "{", 400],
    ["another type of value", "[]", 400],
    ["too much", JSON.stringify({ name: "x".repeat(17_000) }), 413],
  ])("with %s in its body is refused", async (_, body, status) => {
    expect(await problemOf(send("POST", "/v1/enrolments", join, body))).toMatchObject({ status });
  });

  test.each([
    ["a name with a space", "PUT", "/v1/nodes/n%201"],
    ["no environment", "GET", "/v1/nodes"],
    ["too long a wait", "GET", "/v1/nodes?environment=test&wait=61"],
    ["a wait that is no number", "GET", "/v1/nodes?environment=test&wait=soon"],
  ])("with %s is refused", async (_, method, address) => {
    const body = method === "PUT" ? registrationIn("a") : undefined;
    expect(await problemOf(send(method, address, operator, body))).toMatchObject({ status: 400 });
  });

  test("for an address that is none, or an environment that is none, is told so", async () => {
    expect(await problemOf(send("GET", "/v2", operator))).toMatchObject({ status: 404 });
    const problem = await problemOf(send("GET", "/v1/nodes?environment=tset", operator));
    expect(problem).toMatchObject({ status: 404, type: "urn:polycast:problem:unknown-environment" });
    expect(problem.detail).toContain('nearest: "test"');
  });
});

test("operators make join tokens, and nobody else", async () => {
  const of = { environment: "test", fleet: "b" };
  const answer = await send("POST", "/v1/join-tokens", operator, of);
  expect(answer.status).toBe(201);
  const { joinToken } = (await answer.json()) as { joinToken: string };
  expect(controlPlane.identify(joinToken)).toEqual({ kind: "joining", of });
  expect(await problemOf(send("POST", "/v1/join-tokens", join, of))).toMatchObject({ status: 403 });
  const node = enrolled("n1");
  expect(await problemOf(send("POST", "/v1/join-tokens", node.token(), of))).toMatchObject({ status: 403 });
});

test("an error of the control plane's own tells the outside nothing of itself", async () => {
  jest.spyOn(controlPlane, "nodes").mockImplementation(() => {
    throw new Error("/some/path");
  });
  const problem = await problemOf(send("GET", "/v1/nodes?environment=test", operator));
  expect(problem).toMatchObject({ status: 500, type: "urn:polycast:problem:internal-error" });
  expect(JSON.stringify(problem)).not.toContain("/some/path");
});
