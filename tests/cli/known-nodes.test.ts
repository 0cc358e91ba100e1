import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { knownNodes } from "../../cli/known-nodes";

const TOKEN = "secret-of-the-operator";
let server: Server;
let asked: IncomingMessage[];
let reply: { status: number; body: string };

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(reply.status).end(reply.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  server.close();
  server.closeAllConnections();
  await once(server, "close");
});

const node = {
  name: "i-1",
  fleet: "aws",
  site: "us-east-1",
  provider: "aws",
  release: "r1",
  health: "healthy",
};

function ask(env: NodeJS.ProcessEnv) {
  const controlPlaneUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return knownNodes({ name: "production", controlPlaneUrl }, env);
}

test("without a token nobody is asked, and it says how to get them", async () => {
  const known = await ask({});
  expect(known).toMatchObject({ source: "none", nodes: [] });
  expect(known.unknown).toMatch(/set POLYCAST_CONTROL_PLANE_TOKEN to an operator token of http/);
  expect(asked).toEqual([]);
});

test("with a token the control plane is asked", async () => {
  const since = new Date(Date.now() - 60_000).toISOString();
  reply = {
    status: 200,
    body: JSON.stringify({ revision: "7", complete: true, nodes: [{ ...node, since }], gone: [] }),
  };
  const known = await ask({ POLYCAST_CONTROL_PLANE_TOKEN: TOKEN });
  expect(known.source).toBe("control plane");
  expect(known.nodes).toEqual([
    {
      fleet: "aws",
      site: "us-east-1",
      name: "i-1",
      release: "r1",
      health: "healthy",
      ageSeconds: expect.any(Number) as number,
    },
  ]);
  expect(known.nodes[0]?.ageSeconds).toBeGreaterThanOrEqual(60);
  expect(asked[0]?.url).toBe("/v1/nodes?environment=production");
  expect(asked[0]?.headers.authorization).toBe(`Bearer ${TOKEN}`);
});

test.each([
  [401, '{"title":"No."}', "status 401"],
  [200, "{}", "revision"],
  [200, "<html>", "JSON"],
])("an answer that is none: %d %s", async (status, body, message) => {
  reply = { status, body };
  const known = ask({ POLYCAST_CONTROL_PLANE_TOKEN: TOKEN });
  await expect(known).rejects.toThrow(message);
  await expect(known).rejects.toThrow("or unset it to do without nodes");
  await expect(known).rejects.not.toThrow(TOKEN);
});

test("a control plane that is not there", async () => {
  const env = { POLYCAST_CONTROL_PLANE_TOKEN: TOKEN };
  const nowhere = { name: "production", controlPlaneUrl: "http://127.0.0.1:1" };
  await expect(knownNodes(nowhere, env)).rejects.toThrow(
    /The control plane does not say which nodes there are[^]*127\.0\.0\.1:1/,
  );
});
