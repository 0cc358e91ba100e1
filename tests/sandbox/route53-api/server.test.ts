import { route53Api } from "../../../constructs/dns/route53/route53-api";
import type { CloudObject, Values } from "../../../constructs/fleet/simulation";
import { serveRoute53Api, type ServedRoute53Api } from "../../../sandbox/route53-api/server";

const ZONE = "edge.test";
const object = (type: string, id: string, attributes: Values): CloudObject => ({
  ...{ provider: "hashicorp/aws", type: `aws_route53_${type}`, id },
  attributes: { id, ...attributes },
});
const zone = object("zone", "Z1", {
  ...{ zone_id: "Z1", name: ZONE, comment: "by <hand>", vpc: [] },
  ...{ name_servers: ["ns-1.test", "ns-2.test"], primary_name_server: "ns-2.test" },
});
const record = (id: string, attributes: Values): CloudObject =>
  object("record", id, { zone_id: "Z1", fqdn: `*.${ZONE}`, type: "A", ttl: 60, ...attributes });
const check = object("health_check", "c1", {
  ...{ type: "TCP", ip_address: "192.0.2.1", port: 443, disabled: false, invert_healthcheck: null },
  ...{ request_interval: 30, failure_threshold: 3, regions: ["us-east-1", "eu-west-1", "us-west-1"] },
});

let objects: CloudObject[];
let feeds: Map<string, { up: boolean }>;
let api: ServedRoute53Api;

beforeEach(async () => {
  objects = [zone, check];
  feeds = new Map();
  api = await serveRoute53Api({
    objects: { list: (type) => objects.filter((each) => each.type === type) },
    world: { feed: (id) => feeds.get(id) },
  });
});
afterEach(() => api.close());

const held = (name = ZONE) => route53Api(api.variables).held(name);

async function ask(path: string, key = api.variables["AWS_ACCESS_KEY_ID"] ?? ""): Promise<[number, string]> {
  const response = await fetch(`${api.variables["AWS_ENDPOINT_URL_ROUTE_53"] ?? ""}/2013-04-01/${path}`, {
    headers: { Authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/route53/aws4_request` },
  });
  return [response.status, await response.text()];
}

describe("as the AWS SDK reads it", () => {
  test("a zone, its name servers, and the records that every zone has", async () => {
    expect(await held()).toMatchObject({
      nameServers: ["ns-1.test", "ns-2.test"],
      objects: {
        aws_route53_zone: [{ zone_id: "Z1", name: ZONE, primary_name_server: "ns-2.test" }],
        aws_route53_record: [
          { fqdn: ZONE, type: "NS", ttl: 172_800, records: ["ns-1.test.", "ns-2.test."] },
          { fqdn: ZONE, type: "SOA", ttl: 900 },
        ],
        aws_route53_health_check: [],
      },
      feeds: {},
    });
  });

  test.each<[string, Values]>([
    ["simple", { records: ["192.0.2.1", "192.0.2.2"] }],
    ["a text", { type: "TXT", records: ['a "quoted" <text> & more'] }],
    ["multivalue", { records: ["192.0.2.1"], set_identifier: "a", multivalue_answer_routing_policy: true }],
    ["weighted", { records: ["192.0.2.1"], set_identifier: "a", weighted_routing_policy: [{ weight: 0 }] }],
    ["failover", { records: ["192.0.2.1"], failover_routing_policy: [{ type: "PRIMARY" }] }],
    ["geolocation", { records: ["192.0.2.1"], geolocation_routing_policy: [{ country: "*" }] }],
    ["checked", { records: ["192.0.2.1"], health_check_id: "c1" }],
  ])("a record that is %s comes back as it is", async (_, attributes) => {
    objects.push(record("r1", attributes));
    const records = (await held())?.objects["aws_route53_record"];
    expect(records).toHaveLength(3);
    expect(records?.[2]).toMatchObject({
      zone_id: "Z1",
      fqdn: `*.${ZONE}`,
      type: "A",
      ttl: 60,
      ...attributes,
    });
  });

  test("an alias, which has no TTL", async () => {
    const alias = [{ name: `\\052.x.${ZONE}`, zone_id: "Z1", evaluate_target_health: true }];
    objects.push(record("r1", { alias, records: [], ttl: null }));
    const read = (await held())?.objects["aws_route53_record"]?.[2];
    expect(read).toMatchObject({ alias: [{ ...alias[0], name: `*.x.${ZONE}` }], ttl: undefined });
  });

  test("what nothing here routes by is left out", async () => {
    objects.push(record("r1", { records: ["192.0.2.1"], latency_routing_policy: [{ region: "eu-west-1" }] }));
    expect((await held())?.objects["aws_route53_record"]).toHaveLength(2);
  });

  test("more records than one answer holds", async () => {
    for (let index = 0; index < 700; index++) {
      objects.push(record(`r${index}`, { fqdn: `${index}.${ZONE}`, records: ["192.0.2.1"] }));
    }
    const names = (await held())?.objects["aws_route53_record"]?.map(({ fqdn }) => fqdn);
    expect([names?.length, new Set(names).size]).toEqual([702, 701]);
  });

  test.each([
    [undefined, {}],
    [true, { c1: { up: true } }],
    [false, { c1: { up: false } }],
  ])("a health check whose feed says %p", async (up, read) => {
    if (up !== undefined) feeds.set("c1", { up });
    objects.push(record("r1", { records: ["192.0.2.1"], health_check_id: "c1" }));
    const found = await held();
    expect(found?.feeds).toEqual(read);
    expect(found?.objects["aws_route53_health_check"]).toMatchObject([
      { id: "c1", type: "TCP", disabled: false, invert_healthcheck: false },
    ]);
  });

  test("no zone of that name, though another one comes after it", async () => {
    expect(await held("a.edge.test")).toBeUndefined();
    expect(await held("edge.aaa")).toBeUndefined();
  });

  test("a private zone of that name is not meant", async () => {
    const hidden = object("zone", "Z2", { ...zone.attributes, vpc: [{ vpc_id: "vpc-1" }] });
    objects.push(hidden);
    expect((await held())?.objects["aws_route53_zone"]).toMatchObject([{ zone_id: "Z1" }]);
  });
});

test("zones from a name on, in the order of their labels from the last", async () => {
  for (const name of ["next.test", "z.aaa", "sub.edge.test"]) {
    objects.push(object("zone", name, { ...zone.attributes, name }));
  }
  const [, text] = await ask("hostedzonesbyname?dnsname=edge.test");
  const names = [...text.matchAll(/<Name>([^<]*)</g)].map(([, name]) => name);
  expect(names).toEqual(["edge.test.", "sub.edge.test.", "next.test."]);
});

test("an asterisk is written in octal", async () => {
  objects.push(record("r1", { records: ["192.0.2.1"] }));
  expect((await ask("hostedzone/Z1/rrset"))[1]).toContain(`<Name>\\052.${ZONE}.</Name>`);
});

describe("refused", () => {
  test.each([
    ["hostedzone/Z9", 404, "NoSuchHostedZone"],
    ["hostedzone/Z9/rrset", 404, "NoSuchHostedZone"],
    ["hostedzone/Z1/rrset?name=nothing.test.&type=A", 400, "InvalidInput"],
    ["healthcheck/c9", 404, "NoSuchHealthCheck"],
    ["healthcheck/c9/status", 404, "NoSuchHealthCheck"],
    ["hostedzonecount", 404, "UnknownOperationException"],
  ])("%s", async (path, status, code) => {
    expect(await ask(path)).toEqual([status, expect.stringContaining(`<Code>${code}</Code>`)]);
  });

  test.each(["", "wrong"])("the key %j", async (key) => {
    for (const path of ["hostedzonesbyname", "hostedzone/Z1", "healthcheck/c1/status"]) {
      expect(await ask(path, key)).toEqual([403, expect.stringContaining("InvalidClientTokenId")]);
    }
  });
});

test("a check says of each of its regions what came out of it", async () => {
  feeds.set("c1", { up: true });
  const [, text] = await ask("healthcheck/c1/status");
  expect([...text.matchAll(/<Region>([^<]*)<.*?<Status>(\w+)/g)].map(([, ...found]) => found)).toEqual([
    ["us-east-1", "Success"],
    ["eu-west-1", "Success"],
    ["us-west-1", "Success"],
  ]);
});

test("its key is long, and another one each time", async () => {
  expect(api.variables["AWS_ACCESS_KEY_ID"]).toMatch(/^[0-9a-f]{64}$/);
  const other = await serveRoute53Api({ objects: { list: () => [] }, world: { feed: () => undefined } });
  expect(other.variables["AWS_ACCESS_KEY_ID"]).not.toBe(api.variables["AWS_ACCESS_KEY_ID"]);
  await other.close();
});
