import { serveNs1Api, type ServedNs1Api } from "../../../sandbox/ns1-api/server";
import type { CloudObject } from "../../../constructs/fleet/simulation";

const ZONE = "edge.test";
const object = (type: string, id: string, attributes: object): CloudObject => ({
  ...{ provider: "ns1-terraform/ns1", type, id },
  attributes: { id, ...attributes },
});
const zone = object("ns1_zone", "z1", {
  ...{
    zone: ZONE,
    ttl: 3600,
    refresh: 1,
    retry: 2,
    expiry: 3,
    nx_ttl: 4,
    hostmaster: "hostmaster@nsone.net",
  },
  dns_servers: "dns1.p01.nsone.net,dns2.p01.nsone.net",
});
const record = object("ns1_record", "r1", {
  ...{ zone: ZONE, domain: `*.${ZONE}`, type: "A", ttl: 60, meta: {}, regions: null },
  answers: [
    {
      answer: "192.0.2.1",
      region: null,
      meta: { up: '{"feed":"f1"}', priority: "1", weight: "2.5", georegion: "EUROPE,AFRICA", note: "first" },
    },
    { answer: "192.0.2.2", region: null, meta: { up: "0" } },
  ],
  filters: [
    { filter: "up", disabled: false, config: {} },
    { filter: "select_first_n", disabled: null, config: { N: "1" } },
  ],
});

let objects: CloudObject[];
let feeds: Map<string, Record<string, boolean | number | string>>;
let api: ServedNs1Api;

beforeEach(async () => {
  feeds = new Map();
  objects = [
    zone,
    record,
    object("ns1_datasource", "s1", { name: "load", sourcetype: "nsone_v1", config: {} }),
    object("ns1_datasource", "s2", { name: "other", sourcetype: "nsone_v1", config: {} }),
    object("ns1_datafeed", "f1", { name: "one", source_id: "s1", config: { label: "aws" } }),
    object("ns1_datafeed", "f2", { name: "two", source_id: "s2", config: { label: "aws" } }),
  ];
  api = await serveNs1Api({
    objects: {
      list: (type) => objects.filter((each) => each.type === type),
      put: (changed) => {
        objects = objects.map((each) => (each.id === changed.id ? changed : each));
      },
    },
    world: {
      feed: (id) => feeds.get(id),
      pushFeed: (id, values) => feeds.set(id, { ...feeds.get(id), ...values }),
    },
  });
});
afterEach(() => api.close());

async function ask(path: string, push?: unknown, key = api.key): Promise<[number, unknown]> {
  const response = await fetch(`${api.endpoint}${path}`, {
    method: push === undefined ? "GET" : "POST",
    headers: { "X-NSONE-Key": key },
    body: push === undefined ? null : typeof push === "string" ? push : JSON.stringify(push),
  });
  return [response.status, await response.json()];
}

test("a zone, with its name servers and what is in it", async () => {
  expect(await ask(`zones/${ZONE}`)).toEqual([
    200,
    {
      ...{ id: "z1", zone: ZONE, ttl: 3600, refresh: 1, retry: 2, expiry: 3, nx_ttl: 4 },
      hostmaster: "hostmaster@nsone.net",
      dns_servers: ["dns1.p01.nsone.net", "dns2.p01.nsone.net"],
      records: [
        { id: "r1", domain: `*.${ZONE}`, type: "A", ttl: 60, short_answers: ["192.0.2.1", "192.0.2.2"] },
      ],
    },
  ]);
});

test("a record in NS1's own form: typed metadata, answers in parts", async () => {
  const [status, body] = await ask(`zones/${ZONE}/*.${ZONE}/A`);
  expect([status, body]).toMatchObject([
    200,
    { domain: `*.${ZONE}`, type: "A", ttl: 60, tier: 3, regions: {} },
  ]);
  const { answers, filters } = body as Record<string, unknown>;
  expect(answers).toEqual([
    {
      answer: ["192.0.2.1"],
      meta: { up: { feed: "f1" }, priority: 1, weight: 2.5, georegion: ["EUROPE", "AFRICA"], note: "first" },
    },
    { answer: ["192.0.2.2"], meta: { up: false } },
  ]);
  expect(filters).toEqual([
    { filter: "up", config: {} },
    { filter: "select_first_n", config: { N: "1" } },
  ]);
});

test("data sources, with their feeds and what those said last", async () => {
  feeds.set("f1", { connections: 75 });
  expect(await ask("data/sources")).toMatchObject([
    200,
    [
      { id: "s1", feeds: [{ id: "f1", config: { label: "aws" }, data: { connections: 75 } }] },
      { id: "s2", feeds: [{ id: "f2", data: {} }] },
    ],
  ]);
});

test("a push reaches the feeds of that source with that label, and nobody else", async () => {
  expect(await ask("feed/s1", { aws: { connections: 75 }, nobody: { connections: 1 } })).toEqual([200, {}]);
  expect([...feeds]).toEqual([["f1", { connections: 75 }]]);
});

test("a change of a record by hand, of what is given only", async () => {
  const [status, body] = await ask(`zones/${ZONE}/*.${ZONE}/A`, { filters: [] });
  expect([status, body]).toMatchObject([200, { ttl: 60, filters: [], tier: 1 }]);
  expect((body as { answers: unknown[] }).answers).toHaveLength(2);
  const answers = [{ answer: ["192.0.2.9"], meta: { up: true, weight: 3 } }];
  const filters = [{ filter: "priority", config: { eliminate: "1" } }];
  await ask(`zones/${ZONE}/*.${ZONE}/A`, { ttl: 5, answers, filters });
  expect(objects[1]?.attributes).toMatchObject({
    ttl: 5,
    answers: [{ answer: "192.0.2.9", meta: { up: "1", weight: "3" } }],
    filters: [{ filter: "priority", config: { eliminate: "1" } }],
  });
});

describe("refused, with nothing changed", () => {
  const path = `zones/${ZONE}/*.${ZONE}/A`;
  test.each([
    ["zones/none.test", undefined, 404, "zone not found"],
    [`zones/${ZONE}/www.${ZONE}/A`, undefined, 404, "record not found"],
    [`zones/none.test/*.${ZONE}/A`, undefined, 404, "zone not found"],
    [`zones/${ZONE}/www.${ZONE}/A`, { ttl: 1 }, 404, "record not found"],
    ["feed/none", { aws: { connections: 1 } }, 404, "source not found"],
    ["feed/s1", { aws: { connections: -1 } }, 400, "aws.connections"],
    ["feed/s1", { aws: { connexions: 1 } }, 400, "connexions"],
    ["feed/s1", "{", 400, "not JSON"],
    [path, { ttl: -1 }, 400, "ttl"],
    [path, { filter: [] }, 400, "filter"],
    ["nothing", undefined, 404, "not found"],
  ])("%s %j", async (where, push, status, message) => {
    const before = structuredClone(objects);
    expect(await ask(where, push)).toEqual([status, { message: expect.stringContaining(message) as string }]);
    expect([objects, [...feeds]]).toEqual([before, []]);
  });

  test.each(["", "wrong"])("the key %j", async (key) => {
    for (const [where, push] of [
      [`zones/${ZONE}`, undefined],
      ["feed/s1", { aws: { connections: 1 } }],
      [path, { filters: [] }],
    ] as const) {
      expect(await ask(where, push, key)).toEqual([401, { message: "Unauthorized" }]);
    }
    expect([objects[1], [...feeds]]).toEqual([record, []]);
  });

  test("what is too long", async () => {
    expect((await ask("feed/s1", "x".repeat(70_000)))[0]).toBe(413);
  });
});

test("its key is long, and another one each time", async () => {
  expect(api.key).toMatch(/^[0-9a-f]{64}$/);
  const other = await serveNs1Api({
    objects: { list: () => [], put: () => undefined },
    world: { feed: () => undefined, pushFeed: () => undefined },
  });
  expect(other.key).not.toBe(api.key);
  await other.close();
});
