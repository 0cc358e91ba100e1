import { answer, type Reply, type Steering } from "../../../sandbox/dns/authority";
import { readHealthChecks, isHealthy } from "../../../sandbox/dns/route53-health";
import { readZones, zoneReader } from "../../../sandbox/dns/zones";

type Values = Readonly<Record<string, unknown>>;

const ZONE = {
  zone_id: "Z1",
  name: "example.test",
  name_servers: ["ns-1.awsdns-01.com", "ns-2.awsdns-02.net"],
  primary_name_server: "ns-2.awsdns-02.net",
  vpc: [],
};
const record = (fqdn: string, changes: Values): Values => ({
  zone_id: "Z1",
  fqdn,
  type: "A",
  ttl: 60,
  records: [],
  alias: [],
  health_check_id: "",
  multivalue_answer_routing_policy: false,
  ...changes,
});
const alias = (name: string) => ({ ttl: 0, records: null, alias: [{ name, evaluate_target_health: true }] });

let held: Record<string, readonly Values[]>;
let said: Map<string, { up: boolean }>;
const source = { list: (type: string) => (held[type] ?? []).map((attributes) => ({ attributes })) };
const feeds = { feed: (id: string) => said.get(id) };
beforeEach(() => {
  held = { aws_route53_zone: [ZONE] };
  said = new Map();
});

function ask(name: string, type = "A", georegion?: string): Reply {
  const tools: Steering = {
    random: () => 0,
    feeds,
    regions: { regionOf: () => georegion },
    onUnknownFilter: () => undefined,
    serial: () => 1,
  };
  return answer(readZones(source), { name, type, clientSubnet: "198.18.0.1" }, tools);
}
const data = ({ answers }: Reply): unknown[] =>
  answers.map((each) => ("data" in each ? each.data : undefined));

describe("a zone of Route 53", () => {
  test("has its name servers and the SOA of all of them", () => {
    const servers = ask("example.test", "NS");
    expect(data(servers).toSorted()).toEqual(ZONE.name_servers);
    expect(servers.answers[0]).toMatchObject({ ttl: 172_800 });
    expect(ask("example.test", "SOA").answers).toMatchObject([
      {
        ttl: 900,
        data: { mname: "ns-2.awsdns-02.net", rname: "awsdns-hostmaster.amazon.com", minimum: 86_400 },
      },
    ]);
    expect(ask("none.example.test")).toMatchObject({
      rcode: "NXDOMAIN",
      authorities: [{ type: "SOA", ttl: 900 }],
    });
  });

  test("that is private is served to nobody", () => {
    held["aws_route53_zone"] = [{ ...ZONE, vpc: [{ vpc_id: "vpc-1" }] }];
    expect(ask("example.test", "NS").rcode).toBe("REFUSED");
  });

  test("is beside those of NS1", () => {
    const soa = { ttl: 1, refresh: 1, retry: 1, expiry: 1, nx_ttl: 1, hostmaster: "x", dns_servers: "x" };
    held["ns1_zone"] = [{ zone: "other.test", ...soa }];
    expect(readZones(source).map(({ name }) => name)).toEqual(["other.test", "example.test"]);
  });

  test("is read anew when something of it changes, a health check too", () => {
    const zones = zoneReader(source);
    const first = zones();
    expect(zones()).toBe(first);
    for (const type of ["aws_route53_zone", "aws_route53_record", "aws_route53_health_check"]) {
      const before = zones();
      const added = { ...ZONE, ...record("x.example.test", {}), id: "h", type: "A" };
      held[type] = [...(held[type] ?? []), added];
      expect(zones()).not.toBe(before);
    }
  });
});

describe("records of Route 53", () => {
  test("answer under a wildcard, by aliases, with the target's TTL", () => {
    held["aws_route53_record"] = [
      record("*.example.test", alias("a.example.test.")),
      record("a.example.test", alias("\\052.b.example.test")),
      record("*.b.example.test", { ttl: 20, records: ["192.0.2.1"] }),
    ];
    expect(ask("WWW.example.test").answers).toEqual([
      { type: "A", name: "WWW.example.test", ttl: 20, data: "192.0.2.1" },
    ]);
    expect(ask("www.example.test", "AAAA")).toMatchObject({ rcode: "NOERROR", answers: [] });
  });

  test("are chosen by the place of the client, as far as the world knows it", () => {
    const at = (place: Values, value: string) =>
      record("x.example.test", {
        records: [value],
        geolocation_routing_policy: [{ continent: "", country: "", subdivision: "", ...place }],
      });
    held["aws_route53_record"] = [
      at({ country: "*" }, "192.0.2.1"),
      at({ continent: "EU" }, "192.0.2.2"),
      at({ country: "US" }, "192.0.2.3"),
    ];
    const first = (region?: string) => data(ask("x.example.test", "A", region))[0];
    expect([first(), first("AFRICA"), first("EUROPE"), first("US-WEST")]).toEqual([
      "192.0.2.1",
      "192.0.2.1",
      "192.0.2.2",
      "192.0.2.3",
    ]);
  });

  test("follow their health checks", () => {
    const pair = (role: string, value: string, check: string) =>
      record("x.example.test", {
        records: [value],
        failover_routing_policy: [{ type: role }],
        health_check_id: check,
      });
    held["aws_route53_record"] = [pair("PRIMARY", "192.0.2.1", "h1"), pair("SECONDARY", "192.0.2.2", "")];
    held["aws_route53_health_check"] = [{ id: "h1", type: "TCP" }];
    expect(data(ask("x.example.test"))).toEqual(["192.0.2.1"]);
    said.set("h1", { up: false });
    expect(data(ask("x.example.test"))).toEqual(["192.0.2.2"]);
  });

  test("that are routed by what is not simulated, or of other types, are left out", () => {
    held["aws_route53_record"] = [
      record("l.example.test", { records: ["192.0.2.1"], latency_routing_policy: [{ region: "us-east-1" }] }),
      record("m.example.test", { type: "MX", records: ["10 x."] }),
    ];
    expect(ask("l.example.test").rcode).toBe("NXDOMAIN");
    expect(ask("m.example.test", "MX").rcode).toBe("NXDOMAIN");
  });

  test("SRV and several values in one record", () => {
    held["aws_route53_record"] = [
      record("_ssh._tcp.example.test", {
        type: "SRV",
        records: ["0 0 22 a.example.test", "0 0 22 b.example.test"],
      }),
    ];
    expect(data(ask("_ssh._tcp.example.test", "SRV"))).toHaveLength(2);
  });
});

describe("a health check", () => {
  const healthy = (id: string, ...checks: Values[]): boolean =>
    isHealthy(id, readHealthChecks({ list: () => checks.map((attributes) => ({ attributes })) }), feeds);
  const tcp = { id: "h", type: "TCP" };

  test("is healthy until it is seen not to be, and while nobody knows it", () => {
    expect(healthy("h", tcp)).toBe(true);
    said.set("h", { up: false });
    expect(healthy("h", tcp)).toBe(false);
    expect(healthy("none", tcp)).toBe(true);
  });

  test("may be disabled, or mean the opposite", () => {
    said.set("h", { up: false });
    expect(healthy("h", { ...tcp, disabled: true })).toBe(true);
    expect(healthy("h", { ...tcp, invert_healthcheck: true })).toBe(true);
    expect(healthy("h", { ...tcp, disabled: true, invert_healthcheck: true })).toBe(false);
  });

  test("may count others", () => {
    said.set("h", { up: false });
    const both = (least: number) => ({
      id: "c",
      type: "CALCULATED",
      child_healthchecks: ["h", "i"],
      child_health_threshold: least,
    });
    expect(healthy("c", tcp, { id: "i", type: "TCP" }, both(1))).toBe(true);
    expect(healthy("c", tcp, { id: "i", type: "TCP" }, both(2))).toBe(false);
  });
});
