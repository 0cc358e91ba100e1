import { askEdge } from "../../cli/sandbox/ask-edge";
import { serveDns, type DnsServer } from "../../sandbox/dns/server";
import { openNetwork, type Network } from "../../sandbox/network/network";
import type { WorldClient } from "../../sandbox/world-api/client";
import { reportWorld } from "../../sandbox/world-api/world-report";
import { ADDRESS, NEW_YORK, sampleNode, sampleWorld, type SampleNode } from "../sandbox/sample-world";

let node: SampleNode;
let dns: DnsServer;
let network: Network;
let client: WorldClient;

const zone = {
  zone: "edge.test",
  ttl: 60,
  refresh: 1,
  retry: 1,
  expiry: 1,
  nx_ttl: 1,
  hostmaster: "hostmaster@edge.test",
  dns_servers: "dns1.edge.test",
};
const record = {
  zone: "edge.test",
  domain: "*.edge.test",
  type: "A",
  ttl: 60,
  answers: [{ answer: ADDRESS }],
};
const held: Readonly<Record<string, readonly { attributes: unknown }[]>> = {
  ns1_zone: [{ attributes: zone }],
  ns1_record: [{ attributes: record }],
};
const records = { list: (type: string) => held[type] ?? [] };

beforeEach(async () => {
  node = sampleNode();
  const world = sampleWorld(node);
  network = openNetwork(world);
  dns = await serveDns({ source: records, log: () => undefined });
  client = {
    world: () => Promise.resolve(reportWorld(world, ["edge.test"], new Map())),
    route: (to, from) => network.port(to, from),
    disturb: () => Promise.reject(new Error("not asked for")),
    load: () => Promise.reject(new Error("not asked for")),
    report: () => Promise.reject(new Error("not asked for")),
    clock: () => Promise.reject(new Error("not asked for")),
    setScale: () => Promise.reject(new Error("not asked for")),
  };
});

afterEach(async () => {
  await Promise.all([dns.close(), network.close()]);
});

function ask(changes: Partial<Parameters<typeof askEdge>[2]> = {}) {
  const wish = { name: "www.edge.test", type: "A", port: 443, protocol: "TCP", ...changes } as const;
  return askEdge(client, { address: "127.0.0.1", port: dns.port }, wish, NEW_YORK);
}

test.each([
  { port: 443, protocol: "TCP" },
  { port: 443, protocol: "UDP" },
  { port: 2222, protocol: "TCP" },
] as const)("an answer, with everything on its way: %j", async (target) => {
  const asked = await ask(target);
  expect(asked).toEqual({
    dns: { name: "www.edge.test", type: "A", ttl: 60, addresses: [ADDRESS] },
    to: { address: ADDRESS, ...target },
    from: "lga",
    forwarder: expect.any(Number) as number,
    answer: {
      status: "healthy",
      provider: "aws",
      fleet: "edge",
      site: "east",
      release: "r1",
      node: "i-1",
      from: "lga",
    },
  });
});

test("a dead node: refused", async () => {
  node.state = "dead";
  const { trouble, answer } = await ask();
  expect([trouble, answer]).toEqual(["connection refused or reset", undefined]);
});

test.each(["TCP", "UDP"] as const)("a frozen node over %s: it gives up", async (protocol) => {
  node.state = "frozen";
  expect((await ask({ protocol })).trouble).toBe("nothing came within 2000 ms");
});

test("a name without such a record", async () => {
  await expect(ask({ name: "www.other.test" })).rejects.toThrow(
    'The name leads nowhere\n  - "www.other.test": DNS has no A record of it; zones that it serves: edge.test',
  );
  await expect(ask({ type: "AAAA" })).rejects.toThrow("DNS has no AAAA record of it");
});
