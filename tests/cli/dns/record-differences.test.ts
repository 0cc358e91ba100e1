import { recordDifferences } from "../../../cli/dns/record-differences";
import { readNs1Zones } from "../../../sandbox/dns/ns1-zones";
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
