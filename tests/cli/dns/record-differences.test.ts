import { recordDifferences } from "../../../cli/dns/record-differences";
import { readNs1Zones } from "../../../sandbox/dns/ns1-zones";
import { readRoute53Zones } from "../../../sandbox/dns/route53-zones";
import type { Zone } from "../../../sandbox/dns/zone";

const ZONE = "edge.test";
const record = {
  ...{ zone: ZONE, domain: `*.${ZONE}`, type: "A", ttl: 60 },
  answers: [
    { answer: "192.0.2.1", meta: { up: '{"feed":"f1"}', weight: "25" } },
    { answer: "192.0.2.2", meta: { up: "true", weight: "75" } },
  ],
  filters: [
    { filter: "up" },
    { filter: "priority", config: { eliminate: "1" } },
    { filter: "weighted_shuffle" },
  ],
};

function zoneWith(...records: object[]): Zone {
  const times = { ttl: 3600, refresh: 1, retry: 2, expiry: 3, nx_ttl: 4 };
  const zone = { zone: ZONE, ...times, hostmaster: "h@nsone.net", dns_servers: "dns1.p01.nsone.net" };
  const objects: Record<string, object[]> = { ns1_zone: [zone], ns1_record: records };
  const [read] = readNs1Zones({
    list: (type) => (objects[type] ?? []).map((attributes) => ({ attributes })),
  });
  return read as Zone;
}

const differences = (...held: object[]) =>
  recordDifferences(zoneWith(record), zoneWith(...held)).map(({ where, what }) => `${where}: ${what}`);
const [first, second] = record.answers;
const NAME = `*.${ZONE} A`;

test("none where both are the same, in whatever spelling", () => {
  expect(differences(record)).toEqual([]);
  const spelt = [first, { ...second, meta: { weight: "75", up: "1" } }];
  const filters = record.filters.map((filter) => ({ disabled: false, ...filter }));
  expect(differences({ ...record, domain: `*.${ZONE.toUpperCase()}`, answers: spelt, filters })).toEqual([]);
});

test.each([
  [
    "the whole chain is gone",
    { filters: [] },
    `${NAME}: has no filter chain; the code says up, priority (eliminate 1), weighted_shuffle`,
  ],
  [
    "a filter is gone",
    { filters: record.filters.slice(1) },
    `${NAME}: has the filter chain priority (eliminate 1), weighted_shuffle; the code says up`,
  ],
  [
    "a filter is off",
    { filters: [{ filter: "up", disabled: true }, ...record.filters.slice(1)] },
    "up off, priority",
  ],
  [
    "filters change places",
    { filters: record.filters.toReversed() },
    "weighted_shuffle, priority (eliminate 1), up;",
  ],
  [
    "a filter's setting",
    { filters: [record.filters[0], { filter: "priority" }, record.filters[2]] },
    "up, priority, weighted",
  ],
  ["the TTL", { ttl: 61 }, `${NAME}: has the TTL 61; the code says 60`],
  [
    "an answer is gone",
    { answers: [first] },
    `${NAME}: has the answers 192.0.2.1; the code says 192.0.2.1, 192.0.2.2`,
  ],
  [
    "an answer too many",
    { answers: [first, second, second] },
    "has the answers 192.0.2.1, 192.0.2.2, 192.0.2.2",
  ],
  [
    "another address",
    { answers: [first, { ...second, answer: "192.0.2.9" }] },
    `${NAME}, answer 2: has the 192.0.2.9, up true, weight 75`,
  ],
  ["a weight", { answers: [first, { ...second, meta: { up: "1", weight: "74" } }] }, `${NAME}, answer 2`],
  [
    "a feed",
    { answers: [{ ...first, meta: { up: '{"feed":"f2"}', weight: "25" } }, second] },
    `${NAME}, answer 1`,
  ],
  [
    "a field more",
    { answers: [first, { ...second, meta: { ...second?.meta, priority: "1" } }] },
    "priority 1",
  ],
])("%s", (_, change, message) => {
  const found = differences({ ...record, ...change });
  expect(found).toHaveLength(1);
  expect(found[0]).toContain(message);
});

test("a record that is missing", () => {
  expect(differences()).toEqual([`${NAME}: is missing`]);
});

test("a record that nobody wanted, where it leads clients away", () => {
  const more = (type: string, answer: string) => ({
    zone: ZONE,
    domain: `www.${ZONE}`,
    type,
    answers: [{ answer }],
  });
  expect(differences(record, more("A", "192.0.2.9"))[0]).toContain(
    `www.${ZONE} A: is there, and the code knows nothing`,
  );
  expect(differences(record, more("TXT", "challenge"))).toEqual([]);
});

describe("Route 53's records", () => {
  const check = { id: "check-1", type: "TCP", disabled: false };
  const weighted = {
    ...{ zone_id: "Z1", fqdn: `*.${ZONE}`, type: "A", ttl: 60, records: ["192.0.2.1"] },
    ...{ set_identifier: "aws", health_check_id: "check-1", weighted_routing_policy: [{ weight: 25 }] },
  };
  const other = {
    ...{ ...weighted, set_identifier: "stackpath", records: ["192.0.2.2"] },
    weighted_routing_policy: [{ weight: 75 }],
  };
  const alias = {
    ...{ zone_id: "Z1", fqdn: `places.${ZONE}`, type: "A" },
    alias: [{ name: `*.${ZONE}`, evaluate_target_health: true }],
    geolocation_routing_policy: [{ continent: "EU", country: "" }],
  };

  function routedZone(records: readonly object[], checks: readonly object[] = [check]): Zone {
    const servers = { name_servers: ["ns-1.test"], primary_name_server: "ns-1.test" };
    const objects: Record<string, readonly object[]> = {
      aws_route53_zone: [{ zone_id: "Z1", name: ZONE, ...servers }],
      aws_route53_record: records,
      aws_route53_health_check: checks,
    };
    const [read] = readRoute53Zones({
      list: (type) => (objects[type] ?? []).map((attributes) => ({ attributes })),
    });
    return read as Zone;
  }
  const wanted = routedZone([weighted, other, alias]);
  const found = (...held: Parameters<typeof routedZone>) =>
    recordDifferences(wanted, routedZone(...held)).map(({ where, what }) => `${where}: ${what}`);

  test("are the same in any order, with what the API adds", () => {
    const spelt = { ...alias, ttl: 0, alias: [{ ...alias.alias[0], name: `\\052.${ZONE}.` }] };
    expect(found([spelt, other, { ...weighted, latency_routing_policy: [] }])).toEqual([]);
  });

  const IS = "weighted 25, 192.0.2.1, TTL 60, health check check-1";
  test.each([
    ["a weight", { weighted_routing_policy: [{ weight: 26 }] }, IS.replace("25", "26")],
    ["an address", { records: ["192.0.2.9"] }, IS.replace("192.0.2.1", "192.0.2.9")],
    ["the TTL", { ttl: 61 }, IS.replace("60", "61")],
    ["a health check", { health_check_id: "" }, "weighted 25, 192.0.2.1, TTL 60"],
    [
      "the kind of routing",
      { weighted_routing_policy: [], failover_routing_policy: [{ type: "PRIMARY" }] },
      IS.replace("weighted 25", "failover PRIMARY"),
    ],
  ])("%s", (_, change, has) => {
    expect(found([{ ...weighted, ...change }, other, alias])).toEqual([
      `${NAME}: lacks what the code says: ${IS}`,
      `${NAME}: has what the code does not say: ${has}`,
    ]);
  });

  test("one that is gone, and one too many", () => {
    expect(found([weighted, alias])).toEqual([
      `${NAME}: lacks what the code says: weighted 75, 192.0.2.2, TTL 60, health check check-1`,
    ]);
    expect(found([weighted, other, { ...other, set_identifier: "twin" }, alias])).toEqual([
      `${NAME}: has what the code does not say: weighted 75, 192.0.2.2, TTL 60, health check check-1`,
    ]);
    const more = { ...other, weighted_routing_policy: [{ weight: 1 }] };
    expect(found([weighted, other, more, alias])).toEqual([
      `${NAME}: has what the code does not say: weighted 1, 192.0.2.2, TTL 60, health check check-1`,
    ]);
  });

  test("where an alias leads to, for whom, and whether it asks for health", () => {
    const elsewhere = { ...alias, alias: [{ name: `x.${ZONE}`, evaluate_target_health: false }] };
    expect(found([weighted, other, elsewhere])).toEqual([
      `places.${ZONE} A: lacks what the code says: geolocation EU, alias of *.${ZONE}, while that is healthy`,
      `places.${ZONE} A: has what the code does not say: geolocation EU, alias of x.${ZONE}`,
    ]);
    const others = { ...alias, geolocation_routing_policy: [{ country: "*" }] };
    expect(found([weighted, other, others])[1]).toContain("geolocation *, alias");
  });

  test("a health check that is switched off, or inverted", () => {
    const records = [weighted, other, alias];
    expect(found(records, [{ ...check, disabled: true }])[2]).toContain(`${IS}, disabled`);
    expect(found(records, [{ ...check, invert_healthcheck: true }])[2]).toContain(`${IS}, inverted`);
  });
});
