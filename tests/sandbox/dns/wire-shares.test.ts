/** The model's shares, counted in the replies to real queries. */
import * as dns from "dns-packet";
import { steeredRecord } from "../../../constructs/dns/ns1/steered-record";
import type { TrafficFleet } from "../../../constructs/dns/preference";
import { trafficShares, type FleetReading } from "../../../constructs/dns/traffic-model";
import { givesParts, within, type TrafficPolicy } from "../../../constructs/dns/traffic-policy";
import { CLIENT_NETWORKS } from "../../../sandbox/dns/client-regions";
import { overTcp, overUdp } from "../../../sandbox/dns/query";
import { serveDns, type DnsServer } from "../../../sandbox/dns/server";
import { KINDS, randomFleets, randomPolicy, traffic } from "../../constructs/dns/sample-traffic";
import { cases, SEED, seeded } from "../../seeded";

const random = seeded(SEED);
const ZONE = "edge.example.net";
const REGIONS = Object.keys(CLIENT_NETWORKS);
const ROUNDS = cases(2);
/** Queries of one client over one transport; so many are on their way at once. */
const [QUERIES, IN_FLIGHT] = [200, 50];
/** Where a handful of queries is expected, counts are not spread normally: so many more say nothing. */
const FEW = 5;

const zone = {
  ...{ zone: ZONE, ttl: 3600, refresh: 43200, retry: 7200, expiry: 1209600, nx_ttl: 3600 },
  ...{ hostmaster: "hostmaster@nsone.net", dns_servers: "dns1.p01.nsone.net" },
};
let held: Readonly<Record<string, readonly { readonly attributes: unknown }[]>> = {};
let readings: Readonly<Record<string, FleetReading>> = {};
const log: string[] = [];
let server: DnsServer;

beforeAll(async () => {
  console.info(`shares on the wire: SEED=${SEED}`);
  server = await serveDns({
    source: { list: (type) => held[type] ?? [] },
    feeds: {
      feed: (id) => {
        const { up = true, connections } = readings[id] ?? {};
        return { up, ...(connections === undefined ? {} : { connections }) };
      },
    },
    log: (line) => log.push(line),
    random,
  });
});
afterAll(() => server.close());

function pick<T>(from: readonly T[]): T {
  return from[Math.floor(random() * from.length)] as T;
}

/** Some drained, and where the policies give parts, some with a part. */
function randomPercents(
  fleets: readonly TrafficFleet[],
  policies: readonly TrafficPolicy[],
): readonly TrafficFleet[] {
  const percents = policies.every(givesParts) ? [100, 100, 100, 40, 0] : [100, 100, 100, 100, 0];
  return fleets.map((fleet) => ({ ...fleet, percent: pick(percents) }));
}

/** Some down; loads from 0.4 to 1.2 times the capacity, or none known. */
function randomReadings(fleets: readonly TrafficFleet[]): Readonly<Record<string, FleetReading>> {
  const reading = (capacity: number): FleetReading => ({
    up: random() < 0.8,
    ...(random() < 0.9 ? { connections: Math.floor((0.4 + 0.8 * random()) * capacity) } : {}),
  });
  return Object.fromEntries(fleets.map(({ name, capacity }) => [name, reading(capacity)]));
}

const addressOf = (index: number): string => `192.0.2.${index + 1}`;

function hold(wanted: ReturnType<typeof traffic>, fleets: readonly TrafficFleet[]): void {
  const steered = steeredRecord(
    wanted,
    fleets.map((fleet, index) => {
      const feed = JSON.stringify({ feed: fleet.name });
      return { ...fleet, address: addressOf(index), up: feed, connections: feed };
    }),
  );
  const record = { zone: ZONE, domain: `*.${ZONE}`, type: "A", ttl: 60, ...steered };
  held = { ns1_zone: [{ attributes: zone }], ns1_record: [{ attributes: record }] };
}

/** Address -> how often it was the first answer. */
async function firstAnswers(over: typeof overUdp, subnet?: string): Promise<ReadonlyMap<string, number>> {
  const query = dns.encode({
    type: "query",
    id: 1,
    questions: [{ name: `www.${ZONE}`, type: "A" }],
    additionals: subnet === undefined ? [] : [subnetOption(subnet)],
  });
  const counts = new Map<string, number>();
  const ask = async (): Promise<void> => {
    const [first] = dns.decode(await over({ address: "127.0.0.1", port: server.port }, query)).answers ?? [];
    const address = first?.type === "A" ? first.data : "none";
    counts.set(address, (counts.get(address) ?? 0) + 1);
  };
  for (let asked = 0; asked < QUERIES; asked += IN_FLIGHT) {
    await Promise.all(Array.from({ length: IN_FLIGHT }, ask));
  }
  return counts;
}

function subnetOption(ip: string): dns.OptAnswer {
  const [family, sourcePrefixLength] = ip.includes(":") ? [2, 48] : [1, 24];
  return {
    ...{ type: "OPT", name: ".", udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0 },
    ...{ flags: 0, flag_do: false },
    options: [{ code: 8, type: "CLIENT_SUBNET", family, sourcePrefixLength, ip }],
  };
}

/** The same client over UDP and TCP; a region's clients are told of by their IPv4 network, and by their IPv6 network. */
async function bothWays(region?: string): Promise<readonly ReadonlyMap<string, number>[]> {
  const [ipv4, ipv6] = region === undefined ? [] : (CLIENT_NETWORKS[region] ?? []);
  return [await firstAnswers(overUdp, ipv4), await firstAnswers(overTcp, ipv6)];
}

test.each(KINDS.flatMap((kind) => Array.from({ length: ROUNDS }, (_, round) => [kind, round + 1] as const)))(
  "shares hold on the wire: %s, round %i",
  async (kind) => {
    const plain = randomFleets(2 + Math.floor(random() * 4), random);
    const [region, elsewhere] = [pick(REGIONS), pick(REGIONS)];
    const policies = [randomPolicy(kind, plain, random), randomPolicy(pick(KINDS), plain, random)] as const;
    const wanted = traffic(policies[0], [within(region, policies[1])]);
    const fleets = randomPercents(plain, policies);
    readings = randomReadings(fleets);
    hold(wanted, fleets);

    const sound = fleets.filter(({ name, percent }) => percent > 0 && readings[name]?.up === true);
    for (const client of [undefined, pick([region, elsewhere])]) {
      const shares = trafficShares(wanted, fleets, readings, client);
      const counts = await bothWays(client);
      for (const [index, fleet] of fleets.entries()) {
        const share = shares[fleet.name] ?? NaN;
        const leeway = 5 * Math.sqrt(QUERIES * share * (1 - share)) + FEW;
        for (const count of counts.map((each) => each.get(addressOf(index)) ?? 0)) {
          expect(Math.abs(count - QUERIES * share)).toBeLessThanOrEqual(leeway);
          if (sound.length > 0 && !sound.includes(fleet)) expect(count).toBe(0);
        }
      }
      for (const each of counts) expect(each.get("none")).toBeUndefined();
    }
    expect(log).toEqual([]);
  },
);
