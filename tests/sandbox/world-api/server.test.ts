import { openNetwork, type Network } from "../../../sandbox/network/network";
import { serveWorldApi, type ServedWorldApi } from "../../../sandbox/world-api/server";
import type { WorldReport } from "../../../sandbox/world-api/world-report";
import { ADDRESS, NEW_YORK, sampleNode, sampleWorld, START, type SampleWorld } from "../sample-world";

let world: SampleWorld;
let network: Network;
let api: ServedWorldApi;

beforeEach(async () => {
  world = sampleWorld(sampleNode(), sampleNode("i-2", { state: "booting", reason: "it boots" }));
  network = openNetwork(world);
  api = await serveWorldApi({ world, clock: world.clock, network, zones: () => ["edge.example.net"] });
});

afterEach(async () => {
  await Promise.all([api.close(), network.close()]);
});

async function ask(
  method: string,
  path: string,
  body?: unknown,
  token: string | undefined = api.token,
): Promise<{ status: number; text: string; json: () => unknown }> {
  const response = await fetch(`http://127.0.0.1:${api.port}/v1/${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: body === undefined ? null : typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, text, json: () => JSON.parse(text) as unknown };
}

const to = { address: ADDRESS, port: 443, protocol: "TCP" };
const requests: [string, string, unknown][] = [
  ["GET", "world", undefined],
  ["POST", "disturbances", { effect: "kill", place: { fleet: "edge" } }],
  ["PUT", "clock", { scale: 600 }],
  ["PUT", "loads", { fleet: "edge", connections: 5 }],
  ["POST", "routes", { to, from: NEW_YORK }],
];

describe("the token", () => {
  test("is long, and another one each time", async () => {
    expect(api.token).toMatch(/^[0-9a-f]{64}$/);
    const other = await serveWorldApi({ world, clock: world.clock, network, zones: () => [] });
    expect(other.token).not.toBe(api.token);
    await other.close();
  });

  test.each(requests)("without it, %s %s is refused and changes nothing", async (method, path, body) => {
    for (const wrong of ["", "wrong", `${api.token}0`]) {
      const { status, text } = await ask(method, path, body, wrong);
      expect([401, 400]).toContain(status);
      expect(text).not.toContain(api.token);
    }
    const bare = await fetch(`http://127.0.0.1:${api.port}/v1/${path}`, { method });
    expect(bare.status).toBe(401);
    expect([world.clock.scale, world.all[0]?.state, world.loads.size]).toEqual([1, "running", 0]);
  });
});

test("the world as data, with the nodes' ports", async () => {
  const report = (await ask("GET", "world")).json() as WorldReport;
  expect(report.clock.scale).toBe(1);
  expect(report.clock.now).toBeGreaterThanOrEqual(START);
  expect(report.zones).toEqual(["edge.example.net"]);
  expect(report.anycastPorts).toContainEqual(to);
  expect(report).toMatchObject({ groups: [], monitors: [], alarms: [] });
  const [node, booting] = report.nodes;
  expect(node).toEqual({
    name: "i-1",
    group: "group-1",
    provider: "aws",
    fleet: "edge",
    site: "east",
    location: "us-east-1",
    position: { latitude: 38.9, longitude: -77.4 },
    image: "ami-1",
    release: "r1",
    state: "running",
    health: "healthy",
    partitioned: false,
    since: START,
    port: expect.any(Number) as number,
  });
  expect(booting).toMatchObject({ state: "booting", reason: "it boots" });
  expect(booting).not.toHaveProperty("port");
  expect((await fetch(`http://127.0.0.1:${node?.port}/healthz`)).status).toBe(200);
});

test("a disturbance gives the nodes that it hit, and their ports feel it at once", async () => {
  const port = (await network.nodePorts()).get("i-1");
  const { status, json } = await ask("POST", "disturbances", { effect: "kill", place: { fleet: "edge" } });
  expect(status).toBe(200);
  expect(json()).toMatchObject([{ name: "i-1", state: "dead" }, { name: "i-2" }]);
  await expect(fetch(`http://127.0.0.1:${port}/healthz`)).rejects.toMatchObject({
    cause: { code: "ECONNREFUSED" },
  });
});

test("the clock is set", async () => {
  expect((await ask("PUT", "clock", { scale: 600 })).json()).toMatchObject({ scale: 600 });
  expect(world.clock.scale).toBe(600);
});

test("a measurement reaches the world's alarms", async () => {
  const told = jest.spyOn(world, "report");
  expect((await ask("POST", "measurements", { name: "Polycast/test LoadPushes", value: 1 })).status).toBe(
    200,
  );
  expect(told).toHaveBeenCalledWith("Polycast/test LoadPushes", 1);
  expect((await ask("POST", "measurements", { name: "x" })).status).toBe(400);
});

test("a route is a port of loopback that leads to a node", async () => {
  const port = (await ask("POST", "routes", { to, from: NEW_YORK })).json();
  const answer = await (await fetch(`http://127.0.0.1:${port as number}/`)).json();
  expect(answer).toMatchObject({ node: "i-1", from: "lga" });
});

describe("what the world refuses says why", () => {
  test.each<[string, string, unknown, number, string]>([
    ["POST", "disturbances", { effect: "kill", place: { fleet: "egde" } }, 422, 'no fleet "egde"'],
    ["POST", "disturbances", { effect: "explode", place: { fleet: "edge" } }, 400, "effect"],
    ["POST", "disturbances", { effect: "kill", place: {} }, 400, "place.fleet"],
    ["POST", "disturbances", "{", 400, "JSON"],
    ["POST", "disturbances", { effect: "x".repeat(20_000) }, 413, ""],
    ["PUT", "clock", { scale: 0 }, 422, "allowed are numbers above 0"],
    ["PUT", "clock", { scale: "fast" }, 400, "scale"],
    [
      "POST",
      "routes",
      { to: { ...to, port: 80 }, from: NEW_YORK },
      422,
      "there are: TCP 443, UDP 443, TCP 2222",
    ],
    ["POST", "routes", { to: { ...to, address: "192.0.2.9" }, from: NEW_YORK }, 422, 'nearest: "192.0.2.1"'],
    ["POST", "routes", { to, from: { name: "x" } }, 400, "from.position"],
    ["GET", "wrold", undefined, 404, ""],
  ])("%s %s %j: %d", async (method, path, body, status, text) => {
    const answer = await ask(method, path, body);
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(text)]);
    expect([world.clock.scale, world.all[0]?.state]).toEqual([1, "running"]);
  });
});
