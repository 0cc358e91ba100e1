import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ns1Api } from "../../../../constructs/dns/ns1/ns1-api";

const ZONE = "edge.test";
const KEY = "secret-of-the-account";

/** What NS1 answers, by method and path. */
let replies: Record<string, readonly [status: number, body: unknown]>;
let asked: { request: string; key: unknown; body: string }[];
let server: Server;
let endpoint: string;

beforeEach(async () => {
  asked = [];
  replies = {
    [`GET /v1/zones/${ZONE}`]: [
      200,
      {
        ...{
          id: "z",
          zone: ZONE,
          ttl: 3600,
          refresh: 1,
          retry: 2,
          expiry: 3,
          nx_ttl: 4,
          hostmaster: "h@nsone.net",
        },
        dns_servers: ["dns1.p01.nsone.net", "dns2.p01.nsone.net"],
        networks: [0],
        records: [{ domain: `*.${ZONE}`, type: "A", short_answers: ["192.0.2.1"], tier: 3 }],
      },
    ],
    [`GET /v1/zones/${ZONE}/*.${ZONE}/A`]: [
      200,
      {
        ...{ id: "r", zone: ZONE, domain: `*.${ZONE}`, type: "A", ttl: 60, tier: 3, meta: {} },
        answers: [
          {
            id: "a",
            answer: ["192.0.2.1"],
            meta: { up: { feed: "f1" }, priority: 1, weight: 2.5, georegion: ["EUROPE", "AFRICA"] },
          },
          { answer: ["10", "5", "443", "host.test"], meta: { up: true }, region: "west" },
        ],
        filters: [
          { filter: "priority", config: { eliminate: true, N: 1 } },
          { filter: "up", disabled: true },
        ],
        regions: { west: { meta: { note: "x" } } },
      },
    ],
    "GET /v1/data/sources": [
      200,
      [
        {
          id: "s1",
          name: `load of ${ZONE}`,
          sourcetype: "nsone_v1",
          feeds: [{ id: "f1", config: { label: "aws" }, data: { connections: 7, up: null } }],
        },
        { id: "s2", name: "other", sourcetype: "nsone_monitoring", feeds: null },
      ],
    ],
    "POST /v1/feed/s1": [200, {}],
  };
  server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const name = `${request.method} ${request.url}`;
      asked.push({ request: name, key: request.headers["x-nsone-key"], body });
      const [status, reply] = replies[name] ?? [404, { message: "record not found" }];
      response.writeHead(status).end(typeof reply === "string" ? reply : JSON.stringify(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

const api = (variables = {}) => ns1Api({ NS1_ENDPOINT: endpoint, NS1_APIKEY: KEY, ...variables });

describe("what NS1 holds", () => {
  test("is told in the terms of the plugin's resources", async () => {
    const held = await api().held(ZONE);
    expect(held?.nameServers).toEqual(["dns1.p01.nsone.net", "dns2.p01.nsone.net"]);
    expect(held?.feeds).toEqual({ f1: { connections: 7 } });
    expect(held?.objects["ns1_zone"]).toMatchObject([
      { zone: ZONE, dns_servers: "dns1.p01.nsone.net,dns2.p01.nsone.net" },
    ]);
    expect(held?.objects["ns1_record"]).toEqual([
      {
        ...{ zone: ZONE, domain: `*.${ZONE}`, type: "A", ttl: 60, meta: {} },
        answers: [
          {
            answer: "192.0.2.1",
            meta: { up: '{"feed":"f1"}', priority: "1", weight: "2.5", georegion: "EUROPE,AFRICA" },
          },
          { answer: "10 5 443 host.test", meta: { up: "true" }, region: "west" },
        ],
        filters: [
          { filter: "priority", config: { eliminate: "1", N: "1" } },
          { filter: "up", disabled: true, config: {} },
        ],
        regions: [{ name: "west", meta: { note: "x" } }],
      },
    ]);
  });

  test("is nothing where there is no such zone", async () => {
    expect(await api().held("none.test")).toBeUndefined();
  });

  test("lacks a record that is deleted meanwhile", async () => {
    replies = { ...replies, [`GET /v1/zones/${ZONE}/*.${ZONE}/A`]: [404, { message: "record not found" }] };
    expect((await api().held(ZONE))?.objects["ns1_record"]).toEqual([]);
  });

  test("is asked for with the key, and changes nothing", async () => {
    await api().held(ZONE);
    expect(asked.map(({ key }) => key)).toEqual([KEY, KEY, KEY]);
    expect(asked.every(({ request }) => request.startsWith("GET "))).toBe(true);
  });
});

describe("load", () => {
  test("is pushed to the source of the zone, by fleet", async () => {
    await api().pushLoad?.(ZONE, { aws: 75 });
    expect(asked.at(-1)).toEqual({
      request: "POST /v1/feed/s1",
      key: KEY,
      body: '{"aws":{"connections":75}}',
    });
  });

  test("is not pushed at all where a fleet has no feed", async () => {
    await expect(api().pushLoad?.(ZONE, { aws: 75, acme: 1 })).rejects.toThrow(
      'the label "acme"; there are: aws',
    );
    expect(asked.some(({ request }) => request.startsWith("POST"))).toBe(false);
  });

  test("is not pushed where there is no source, or more than one", async () => {
    await expect(api().pushLoad?.("other.test", { aws: 75 })).rejects.toThrow(
      '0 are named "load of other.test"',
    );
    const twice = (replies["GET /v1/data/sources"]?.[1] as object[])[0];
    replies = { ...replies, "GET /v1/data/sources": [200, [twice, twice]] };
    await expect(api().pushLoad?.(ZONE, { aws: 75 })).rejects.toThrow("2 are named");
  });
});

describe("errors say what and how to mend it, and never the key", () => {
  test.each([
    ["a refused key", [401, { message: "Unauthorized" }], "Check the key in NS1_APIKEY"],
    ["a failure of NS1", [500, "oops"], "status 500"],
    ["what is no JSON", [200, "<html>"], "not what NS1 says"],
    ["what is another API", [200, { hello: 1 }], "not what NS1 says"],
  ] as const)("%s", async (_, reply, message) => {
    replies = { [`GET /v1/zones/${ZONE}`]: reply };
    const held = api().held(ZONE);
    await expect(held).rejects.toThrow(message);
    await expect(held).rejects.not.toThrow(KEY);
  });

  test("nobody there", async () => {
    const held = api({ NS1_ENDPOINT: "http://127.0.0.1:9/v1/" }).held(ZONE);
    await expect(held).rejects.toThrow("cannot be reached");
  });

  test.each([
    [{ NS1_APIKEY: "" }, "NS1_APIKEY: is not set"],
    [{ NS1_APIKEY: "with\nbreak" }, "is not a key"],
    [{ NS1_ENDPOINT: "nowhere" }, 'NS1_ENDPOINT: "nowhere" is no URL'],
    [{ NS1_ENDPOINT: "file:///etc/passwd" }, "is no URL such as https://api.nsone.net/v1/"],
  ])("%j", (variables, message) => {
    expect(() => api(variables)).toThrow(message);
  });

  test.each([
    ["https://user:hunter2@ns1.test/v1/", "NS1_ENDPOINT: carries credentials"],
    ["https://hunter2@ns1.test/v1/", "NS1_ENDPOINT: carries credentials"],
    ["https://:hunter2@ns1.test/v1/", "NS1_ENDPOINT: carries credentials"],
    ["ftp://user:hunter2@ns1.test/", "is no URL such as https://api.nsone.net/v1/"],
    ["https://user:hunter2@ns1.test:none/", "is no URL such as https://api.nsone.net/v1/"],
    ["user:hunter2@ns1.test", "is no URL such as https://api.nsone.net/v1/"],
  ])("an endpoint with credentials is refused, and they are not repeated: %s", (url, message) => {
    const open = () => api({ NS1_ENDPOINT: url });
    expect(open).toThrow(message);
    expect(open).not.toThrow("hunter2");
  });

  test("without an endpoint it is NS1's own", () => {
    expect(ns1Api({ NS1_APIKEY: KEY }).endpoint).toBe("https://api.nsone.net/v1/");
  });
});
