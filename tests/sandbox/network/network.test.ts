import { createSocket } from "node:dgram";
import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { openNetwork, type Network } from "../../../sandbox/network/network";
import {
  ADDRESS,
  NEW_YORK,
  sampleNode,
  sampleWorld,
  type SampleNode,
  type SampleWorld,
} from "../sample-world";

/** In milliseconds: long enough for loopback, short enough to wait for nothing. */
const SILENCE = 120;

let node: SampleNode;
let world: SampleWorld;
let network: Network;
const clients: Socket[] = [];

beforeEach(() => {
  node = sampleNode();
  world = sampleWorld(node);
  network = openNetwork(world);
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await network.close();
});

const target = (port: number, protocol: "TCP" | "UDP" = "TCP") => ({ address: ADDRESS, port, protocol });

async function healthz(port: number, path = "/healthz"): Promise<{ status?: number; body: string }> {
  const request = get({ port, path, agent: false });
  const [response] = (await once(request, "response")) as [IncomingMessage];
  const chunks: string[] = [];
  for await (const chunk of response.setEncoding("utf8")) chunks.push(chunk as string);
  return { ...(response.statusCode !== undefined && { status: response.statusCode }), body: chunks.join("") };
}

async function portOf(name: string): Promise<number> {
  return (await network.nodePorts()).get(name) ?? 0;
}

/** A client that sends nothing by itself; what it hears, and how it ends, is noted. */
function client(port: number): { socket: Socket; heard: () => string; ended: () => string | undefined } {
  const socket = connect(port, "127.0.0.1");
  clients.push(socket);
  let heard = "";
  let ended: string | undefined;
  socket.setEncoding("utf8").on("data", (text: string) => (heard += text));
  socket.on("error", (error: NodeJS.ErrnoException) => (ended ??= error.code ?? "error"));
  socket.on("close", () => (ended ??= "closed"));
  return { socket, heard: () => heard, ended: () => ended };
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    if (tries > 400) throw new Error("it did not happen within 2 s");
    await sleep(5);
  }
}

const facts = {
  status: "healthy",
  node: "i-1",
  provider: "aws",
  fleet: "edge",
  site: "east",
  release: "r1",
};

describe("a node's own port", () => {
  test("answers at the health path with what the node says of itself", async () => {
    const { status, body } = await healthz(await portOf("i-1"));
    expect([status, JSON.parse(body)]).toEqual([200, facts]);
    expect((await healthz(await portOf("i-1"), "/other")).status).toBe(404);
  });

  test("takes the status of the node's answer", async () => {
    node.answer = () => ({
      status: 503,
      latency: 0,
      body: { ...facts, status: "unhealthy", reason: "leak" },
    });
    const { status, body } = await healthz(await portOf("i-1"));
    expect([status, JSON.parse(body)]).toMatchObject([503, { status: "unhealthy", reason: "leak" }]);
  });

  test("answers after its latency in world time", async () => {
    node.latency = 2_000;
    world.clock.setScale(10);
    const begun = performance.now();
    await healthz(await portOf("i-1"));
    expect(performance.now() - begun).toBeGreaterThan(190);
    expect(performance.now() - begun).toBeLessThan(1_500);
  });

  test("is another one for each node", async () => {
    world.all.push(sampleNode("i-2"));
    const ports = await network.nodePorts();
    expect([...ports.keys()]).toEqual(["i-1", "i-2"]);
    expect(new Set(ports.values()).size).toBe(2);
  });

  test("is there once the node has come up", async () => {
    node.state = "booting";
    expect((await network.nodePorts()).size).toBe(0);
    node.state = "running";
    expect((await healthz(await portOf("i-1"))).status).toBe(200);
  });

  test("refuses when the node is dead, and is the same when it comes up again", async () => {
    const port = await portOf("i-1");
    node.state = "dead";
    network.look();
    await expect(healthz(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(await portOf("i-1")).toBe(port);
    node.state = "running";
    node.since += 1;
    expect(await portOf("i-1")).toBe(port);
    expect((await healthz(port)).status).toBe(200);
  });

  test("goes with the node", async () => {
    const port = await portOf("i-1");
    world.all.pop();
    expect((await network.nodePorts()).size).toBe(0);
    await expect(healthz(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("accepts and stays silent while the node is frozen, and answers when it is healed", async () => {
    const port = await portOf("i-1");
    node.state = "frozen";
    const { socket, heard, ended } = client(port);
    socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    await sleep(SILENCE);
    expect([heard(), ended(), socket.readyState]).toEqual(["", undefined, "open"]);
    node.state = "running";
    await until(() => heard().includes("HTTP/1.1 200"));
  });

  test("is not beyond a partition", async () => {
    node.partitioned = true;
    expect((await healthz(await portOf("i-1"))).status).toBe(200);
  });
});

describe("an anycast port over TCP", () => {
  test("leads to the node that the world names, and says from where", async () => {
    const { status, body } = await healthz(await network.port(target(443), NEW_YORK), "/any");
    expect([status, JSON.parse(body)]).toEqual([200, { ...facts, from: "lga" }]);
  });

  test("asks the world with the target and the place, for each connection anew", async () => {
    world.all.push(sampleNode("i-2"));
    const asked: unknown[] = [];
    world.to = (...question) => world.all[asked.push(question) - 1];
    const port = await network.port(target(443), NEW_YORK);
    expect((await healthz(port)).body).toContain('"i-1"');
    expect((await healthz(port)).body).toContain("aws");
    expect(asked).toEqual([
      [target(443), NEW_YORK.position],
      [target(443), NEW_YORK.position],
    ]);
  });

  test("has one loopback port for each target and place", async () => {
    const elsewhere = { name: "ams", position: { latitude: 52, longitude: 4 } };
    const ports = await Promise.all([
      network.port(target(443), NEW_YORK),
      network.port(target(443), NEW_YORK),
      network.port(target(443), elsewhere),
      network.port(target(2222), NEW_YORK),
    ]);
    expect(ports[0]).toBe(ports[1]);
    expect(new Set(ports).size).toBe(3);
  });

  test("resets where nobody answers", async () => {
    world.to = () => undefined;
    const { ended } = client(await network.port(target(443), NEW_YORK));
    await until(() => ended() !== undefined);
    expect(ended()).toBe("ECONNRESET");
  });

  test("resets where the node is dead, though its cloud does not know it yet", async () => {
    node.state = "dead";
    const { ended } = client(await network.port(target(443), NEW_YORK));
    await until(() => ended() !== undefined);
    expect(ended()).toBe("ECONNRESET");
  });

  test("goes nowhere through a partition", async () => {
    node.partitioned = true;
    const { socket, heard, ended } = client(await network.port(target(443), NEW_YORK));
    socket.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    await sleep(SILENCE);
    expect([heard(), ended()]).toEqual(["", undefined]);
    node.partitioned = false;
    await until(() => heard().includes('"from":"lga"'));
  });

  test("leads to the tunnel server, which speaks first and then echoes", async () => {
    const { socket, heard } = client(await network.port(target(2222), NEW_YORK));
    await until(() => heard().endsWith("\n"));
    expect(JSON.parse(heard())).toEqual({ ...facts, from: "lga" });
    socket.write("are you there?");
    await until(() => heard().endsWith("are you there?"));
  });

  test("a held connection is reset when its node dies", async () => {
    const { heard, ended } = client(await network.port(target(2222), NEW_YORK));
    await until(() => heard() !== "");
    node.state = "dead";
    await until(() => ended() !== undefined);
    expect(ended()).toBe("ECONNRESET");
  });

  test("a held connection is reset when its node started anew under the same name", async () => {
    const { heard, ended } = client(await network.port(target(2222), NEW_YORK));
    await until(() => heard() !== "");
    node.since += 1;
    await until(() => ended() !== undefined);
    expect(ended()).toBe("ECONNRESET");
  });

  test.each(["frozen", "partitioned"])("a held connection hangs while its node is %s", async (how) => {
    const { socket, heard, ended } = client(await network.port(target(2222), NEW_YORK));
    await until(() => heard() !== "");
    const banner = heard();
    if (how === "frozen") node.state = "frozen";
    else node.partitioned = true;
    socket.write("1");
    socket.write("2");
    await sleep(SILENCE);
    expect([heard(), ended()]).toEqual([banner, undefined]);
    node.state = "running";
    node.partitioned = false;
    await until(() => heard() === `${banner}12`);
  });
});

describe("an anycast port over UDP", () => {
  async function ask(socket: ReturnType<typeof createSocket>, port: number): Promise<string | undefined> {
    socket.send("?", port, "127.0.0.1");
    const answered = once(socket, "message").then(([bytes]) => String(bytes));
    return Promise.race([answered, sleep(SILENCE).then(() => undefined)]);
  }

  test("answers a datagram with the same line; a client keeps its node while that is there", async () => {
    const port = await network.port(target(443, "UDP"), NEW_YORK);
    const [one, other] = [createSocket("udp4"), createSocket("udp4")];
    const first = await ask(one, port);
    expect(JSON.parse(first ?? "")).toEqual({ ...facts, from: "lga" });
    world.to = () => world.all[1];
    const second = sampleNode("i-2");
    second.answer = () => ({ status: 200, latency: 0, body: { ...facts, status: "healthy", node: "i-2" } });
    world.all.push(second);
    expect(await ask(one, port)).toContain('"i-1"');
    expect(await ask(other, port)).toContain('"i-2"');
    node.since += 1;
    expect(await ask(one, port)).toContain('"i-2"');
    one.close();
    other.close();
  });

  test("a client that was idle for 30 s of world time is routed anew", async () => {
    const port = await network.port(target(443, "UDP"), NEW_YORK);
    const socket = createSocket("udp4");
    await ask(socket, port);
    world.to = () => undefined;
    expect(await ask(socket, port)).toContain('"i-1"');
    world.clock.setScale(1_000);
    await sleep(60);
    expect(await ask(socket, port)).toBeUndefined();
    socket.close();
  });

  test.each(["dead", "frozen"] as const)("says nothing for a node that is %s", async (state) => {
    const port = await network.port(target(443, "UDP"), NEW_YORK);
    node.state = state;
    const socket = createSocket("udp4");
    expect(await ask(socket, port)).toBeUndefined();
    socket.close();
  });
});

test("closing leaves no port and no connection", async () => {
  const ports = [await portOf("i-1"), await network.port(target(2222), NEW_YORK)];
  const held = client(ports[1] ?? 0);
  await until(() => held.heard() !== "");
  await network.close();
  await until(() => held.ended() !== undefined);
  for (const port of ports) {
    const { ended } = client(port);
    await until(() => ended() === "ECONNREFUSED");
  }
});
