import { once } from "node:events";
import { rmSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import { answerEvidence } from "../../../cli/rollout/answer-evidence";
import { findAt } from "../../../cli/rollout/finding";
import type { Listener } from "../../../constructs/fleet/fleet-inputs";
import { sampleScene } from "./sample-scene";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

async function open(): Promise<number> {
  const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** A port at which nobody listens any more. */
async function closed(): Promise<number> {
  const port = await open();
  const server = servers.pop();
  server?.close();
  if (server !== undefined) await once(server, "close");
  return port;
}

async function look(...listeners: readonly Listener[]) {
  const scene = sampleScene({ sandbox: false, listeners });
  rmSync(scene.directory, { recursive: true });
  return answerEvidence(scene, { fleet: "aws", address: "127.0.0.1" }, findAt(7));
}
const tcp = (port: number): Listener => ({ port, protocol: "TCP" });

test("each TCP port of the edge accepts a connection: good", async () => {
  expect(await look(tcp(await open()), tcp(await open()))).toEqual({
    verdict: "good",
    reason: "127.0.0.1 answers, asked 2 times",
    at: 7,
  });
});

test("one that accepts none is bad, whatever the others do", async () => {
  const port = await closed();
  const { verdict, reason } = await look(tcp(await open()), tcp(port));
  expect([verdict, reason]).toEqual(["bad", expect.stringMatching(`^port ${port}: .*ECONNREFUSED`)]);
});

test("UDP answers nobody, and tunnels have a name of their own: neither is asked", async () => {
  const port = await closed();
  const silent: readonly Listener[] = [
    { port, protocol: "UDP" },
    { port, protocol: "TCP", role: "tunnel" },
  ];
  expect(await look(tcp(await open()), ...silent)).toMatchObject({ verdict: "good" });
  expect(await look(...silent)).toMatchObject({
    verdict: "unclear",
    reason: expect.stringContaining("no TCP port") as string,
  });
});

test("a port that is there twice is asked once", async () => {
  const port = await open();
  expect((await look(tcp(port), tcp(port))).reason).toBe("127.0.0.1 answers, asked 1 times");
});
