import type { AnycastPort, NodeGroup } from "../../../../constructs/fleet/cloud-life";
import type { NodeFile } from "../../../../constructs/fleet/node-file";
import type { Values } from "../../../../constructs/fleet/simulation";
import { userData } from "../../../../constructs/fleet/user-data";
import { REGION_POSITIONS, REGIONS } from "../../../../constructs/providers/vultr/regions";
import { vultr } from "../../../../constructs/providers/vultr/simulation";
import { sessionsOf } from "../../../../constructs/providers/vultr/vultr-bgp";
import { nodeFile, openTestWorld, START } from "../../../sandbox/world/sample-world";
import { cloudObjects } from "../../cloud-objects";

const IPV4 = { prefix: "198.51.100.0/24", address: "198.51.100.10" };
const IPV6 = { prefix: "2001:db8:a::/48", address: "2001:db8:a::10" };

const file = (changes: Partial<NodeFile> = {}): NodeFile => ({
  ...nodeFile(),
  listeners: [{ port: 443, protocol: "TCP", role: "edge" }],
  bgp: sessionsOf({ asn: 64_512, ipv4: IPV4 }),
  ...changes,
});
const instance = (changes: Values = {}, told = file()): Values => ({
  id: "one",
  region: "ewr",
  hostname: "test-vultr-ewr-1-abcdef",
  snapshot_id: "00000000-0000-4000-8000-000000000001",
  user_data: userData(told),
  firewall_group_id: "group",
  ...changes,
});
const rule = (changes: Values = {}): Values => ({
  id: "1",
  firewall_group_id: "group",
  ip_type: "v4",
  protocol: "tcp",
  subnet: "0.0.0.0",
  subnet_size: 0,
  port: "443",
  ...changes,
});

const store = (instances: readonly Values[], rules: readonly Values[] = [rule()]) =>
  cloudObjects({ vultr_instance: instances, vultr_firewall_rule: rules });
const nodeGroups = (...instances: Values[]): readonly NodeGroup[] =>
  vultr.life?.nodeGroups?.(store(instances)) ?? [];
const anycast = (instances: readonly Values[]): readonly AnycastPort[] =>
  vultr.life?.anycast?.(store(instances)) ?? [];

describe("where Vultr's regions stand", () => {
  test.each(Object.entries(REGION_POSITIONS))("%s: on the globe, to one decimal", (_, position) => {
    for (const [degrees, limit] of [
      [position.latitude, 90],
      [position.longitude, 180],
    ] as const) {
      expect(Math.abs(degrees)).toBeLessThanOrEqual(limit);
      expect(Number(degrees.toFixed(1))).toBe(degrees);
    }
  });

  test("no two at one place, and each on its side of the globe", () => {
    const places = Object.values(REGION_POSITIONS).map((position) => JSON.stringify(position));
    expect(new Set(places).size).toBe(REGIONS.length);
    const americas = "atl dfw ewr hnl lax mex mia ord sao scl sea sjc yto".split(" ");
    for (const [region, { latitude, longitude }] of Object.entries(REGION_POSITIONS)) {
      expect(longitude < -30).toBe(americas.includes(region));
      expect(latitude < 0).toBe(["jnb", "mel", "sao", "scl", "syd"].includes(region));
    }
  });
});

describe("node groups: each instance by itself", () => {
  test("has one node, of the instance's host name, snapshot and user data", () => {
    const [group] = nodeGroups(instance());
    expect(group).toMatchObject({
      id: "one",
      location: "ewr",
      position: REGION_POSITIONS["ewr"],
      nodes: ["test-vultr-ewr-1-abcdef"],
      template: { image: "00000000-0000-4000-8000-000000000001", userData: userData(file()) },
    });
    expect(nodeGroups(instance(), instance({ id: "two" })).map(({ id }) => id)).toEqual(["one", "two"]);
  });

  test("is neither replaced nor mended: it lives as long as its object", () => {
    const [group] = nodeGroups(instance());
    expect(group?.replacement).toEqual({ kind: "none" });
    expect(group?.healing.action).toBe("none");
  });

  test("announces and withdraws within seconds, by its own look at its health path", () => {
    const [group] = nodeGroups(instance());
    const { path, intervalSeconds, timeoutSeconds, healthyThreshold, unhealthyThreshold } =
      group?.healthCheck ?? ({} as NodeGroup["healthCheck"]);
    expect(path).toBe(file().health.path);
    expect(intervalSeconds * healthyThreshold).toBeLessThanOrEqual(5);
    expect(intervalSeconds * unhealthyThreshold + timeoutSeconds).toBeLessThanOrEqual(5);
  });

  test("stands somewhere where nobody knows its region, and comes up without a file", () => {
    const [group] = nodeGroups(instance({ region: "xxx", user_data: "" }));
    expect(group?.position).toEqual({ latitude: 0, longitude: 0 });
    expect(group?.healthCheck.path).toBe("");
  });
});

describe("anycast: what instances announce", () => {
  const all = { percent: 100 };

  test("leads to all that announce it, and to nobody when none is healthy", () => {
    expect(anycast([instance(), instance({ id: "two", region: "ams" })])).toEqual([
      {
        address: "198.51.100.10",
        port: 443,
        protocol: "TCP",
        failOpen: false,
        backends: [
          { group: "one", ...all },
          { group: "two", ...all },
        ],
      },
    ]);
  });

  test("does not lead to an instance that announces something else, or nothing", () => {
    const other = file({
      bgp: sessionsOf({ asn: 64_512, ipv4: { prefix: "198.51.101.0/24", address: "198.51.101.1" } }),
    });
    const silent = file();
    delete silent.bgp;
    const ports = anycast([instance(), instance({ id: "two" }, other), instance({ id: "three" }, silent)]);
    expect(ports.map(({ address, backends }) => [address, backends.map(({ group }) => group)])).toEqual([
      ["198.51.100.10", ["one"]],
      ["198.51.101.1", ["two"]],
    ]);
  });

  test("has a port for each listener, in each family", () => {
    const both = file({
      listeners: [
        { port: 443, protocol: "TCP", role: "edge" },
        { port: 443, protocol: "UDP", role: "edge" },
      ],
      bgp: sessionsOf({ asn: 64_512, ipv4: IPV4, ipv6: IPV6 }),
    });
    const ports = anycast([instance({}, both)]);
    expect(ports.map(({ address, port, protocol }) => [address, port, protocol])).toEqual([
      ["198.51.100.10", 443, "TCP"],
      ["198.51.100.10", 443, "UDP"],
      ["2001:db8:a::10", 443, "TCP"],
      ["2001:db8:a::10", 443, "UDP"],
    ]);
  });
});

describe("what its firewall group lets in", () => {
  const open = (changes: Values = {}, ...rules: readonly Values[]): readonly string[] =>
    (vultr.life?.nodeGroups?.(store([instance(changes)], rules)) ?? []).flatMap(({ openPorts }) =>
      openPorts.map(({ family, protocol, from, to }) => `${family} ${protocol} ${from}-${to}`),
    );
  const https = "ipv4 TCP 443-443";

  test.each<[string, Values, readonly string[]]>([
    ["a port", {}, [https]],
    ["a range", { port: "400:500" }, ["ipv4 TCP 400-500"]],
    ["every port", { port: "" }, ["ipv4 TCP 1-65535"]],
    ["another protocol", { protocol: "udp" }, ["ipv4 UDP 443-443"]],
    ["a protocol without ports", { protocol: "icmp", port: "" }, []],
    ["the other family", { ip_type: "v6", subnet: "::" }, ["ipv6 TCP 443-443"]],
    ["some only", { subnet: "192.0.2.0", subnet_size: 24 }, []],
    ["another group's instances", { firewall_group_id: "other" }, []],
  ])("a rule for %s", (_, changes, expected) => {
    expect(open({}, rule(changes))).toEqual(expected);
  });

  test("several rules, together", () => {
    expect(open({}, rule(), rule({ port: "2222" }))).toEqual([https, "ipv4 TCP 2222-2222"]);
  });

  test("a group without rules lets nobody in, and no group everybody everywhere", () => {
    expect(open()).toEqual([]);
    const everywhere = ["ipv4 TCP", "ipv4 UDP", "ipv6 TCP", "ipv6 UDP"].map((each) => `${each} 1-65535`);
    expect(open({ firewall_group_id: "" })).toEqual(everywhere);
  });
});

describe("nodes that announce themselves, in the world", () => {
  const MANHATTAN = { latitude: 40.7, longitude: -74 };
  const https = { address: IPV4.address, port: 443, protocol: "TCP" } as const;
  const node = (name: string, region: string): Values =>
    instance({ id: name, region, hostname: name, snapshot_id: "good" }, file({ site: { name: region } }));
  const open = (...instances: Values[]) => {
    const found = { groups: nodeGroups(...instances), anycast: anycast(instances) };
    const { world, clock } = openTestWorld(found);
    const reached = () => world.route(https, MANHATTAN)?.name;
    /** Seconds until it is so, looked at each quarter of one. */
    const secondsUntil = (isSo: () => boolean): number => {
      const begun = clock.now();
      while (!isSo() && clock.now() - begun < 60_000) clock.advance(0.25);
      return (clock.now() - begun) / 1000;
    };
    return { world, clock, reached, secondsUntil };
  };

  test("announce when they have been well for three seconds, and not before", async () => {
    const { world, clock, reached, secondsUntil } = open(node("near", "ewr"));
    secondsUntil(() => world.nodes()[0]?.state === "running");
    expect(clock.now() - START).toBe(30_000);
    expect(reached()).toBeUndefined();
    const seconds = secondsUntil(() => reached() === "near");
    expect(seconds).toBeGreaterThanOrEqual(3);
    expect(seconds).toBeLessThanOrEqual(5);
    await world.close();
  });

  test("withdraw within five seconds: clients reach another of the site, then another site, then nobody", async () => {
    const { world, clock, reached, secondsUntil } = open(
      node("near", "ewr"),
      node("beside", "ewr"),
      node("far", "nrt"),
    );
    clock.advance(60);
    const first = reached() ?? "";
    expect(["near", "beside"]).toContain(first);
    const second = first === "near" ? "beside" : "near";
    for (const [name, site, next] of [
      [first, "ewr", second],
      [second, "ewr", "far"],
      ["far", "nrt", undefined],
    ] as const) {
      world.disturb("kill", { fleet: "acme", site, node: name });
      const seconds = secondsUntil(() => reached() === next);
      expect(seconds).toBeGreaterThan(0);
      expect(seconds).toBeLessThanOrEqual(5);
    }
    await world.close();
  });
});
