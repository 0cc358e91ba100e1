import type { AnycastPort, NodeGroup } from "../../../../constructs/fleet/cloud-life";
import type { Value, Values } from "../../../../constructs/fleet/simulation";
import { CITY_POSITIONS } from "../../../../constructs/providers/stackpath/city-positions";
import { CITY_CODES } from "../../../../constructs/providers/stackpath/cities";
import { stackpath } from "../../../../constructs/providers/stackpath/simulation";
import { cloudObjects } from "../../cloud-objects";

const target = (name: string, replicas: number, ...cities: string[]): Values => ({
  name,
  min_replicas: replicas,
  selector: [{ key: "cityCode", operator: "in", values: cities }],
});
const readiness = (changes: Values = {}): Values => ({
  http_get: [{ path: "/healthz", port: 8080, scheme: "HTTP" }],
  tcp_socket: [],
  initial_delay_seconds: 0,
  timeout_seconds: 5,
  period_seconds: 10,
  success_threshold: 1,
  failure_threshold: 3,
  ...changes,
});
const liveness = (changes: Values = {}): Values =>
  readiness({ http_get: [], tcp_socket: [{ port: 443 }], initial_delay_seconds: 120, ...changes });
const port = (number: number, protocol = "TCP", implicit = false): Values => ({
  name: `${protocol}-${String(number)}`,
  port: number,
  protocol,
  enable_implicit_network_policy: implicit,
});
const machine = (changes: Values = {}): Values => ({
  image: "acme/edge:r1",
  user_data: "#cloud-config\n",
  port: [port(443)],
  readiness_probe: [readiness()],
  liveness_probe: [liveness()],
  ...changes,
});
const workload = (changes: Values = {}): Values => ({
  id: "w-1",
  slug: "edge",
  labels: { role: "edge" },
  annotations: { "anycast.platform.stackpath.net/subnets": "203.0.113.1/32" },
  virtual_machine: [machine()],
  target: [target("na", 2, "SEA", "DFW"), target("eu", 1, "AMS")],
  ...changes,
});
const rule = (changes: Values = {}): Values => ({
  action: "ALLOW",
  protocol: [{ tcp: [{ destination_ports: ["443"], source_ports: [] }], udp: [], tcp_udp: [] }],
  from: [{ ip_block: [{ cidr: "0.0.0.0/0", except: [] }] }],
  ...changes,
});
const policy = (changes: Values = {}): Values => ({
  id: "p-1",
  policy_types: ["INGRESS"],
  priority: 20_000,
  instance_selector: [{ key: "role", operator: "in", values: ["edge"] }],
  ingress: [rule()],
  ...changes,
});

const store = (workloads: readonly Values[], policies: readonly Values[] = [policy()]) =>
  cloudObjects({ stackpath_compute_workload: workloads, stackpath_compute_network_policy: policies });
const nodeGroups = (...workloads: Values[]): readonly NodeGroup[] =>
  stackpath.life?.nodeGroups?.(store(workloads)) ?? [];
const anycast = (of: Values, policies?: readonly Values[]): readonly AnycastPort[] =>
  stackpath.life?.anycast?.(store([of], policies)) ?? [];

describe("where StackPath's cities stand", () => {
  test("is known of each that a site can be in", () => {
    expect(Object.keys(CITY_POSITIONS).toSorted()).toEqual(CITY_CODES.toSorted());
  });

  test.each(Object.entries(CITY_POSITIONS))("%s: on the globe, to one decimal", (_, position) => {
    for (const [degrees, limit] of [
      [position.latitude, 90],
      [position.longitude, 180],
    ] as const) {
      expect(Math.abs(degrees)).toBeLessThanOrEqual(limit);
      expect(Number(degrees.toFixed(1))).toBe(degrees);
    }
  });

  test("no two at one place, and each on its side of the globe", () => {
    const places = Object.values(CITY_POSITIONS).map((position) => JSON.stringify(position));
    expect(new Set(places).size).toBe(places.length);
    const americas = "ATL DEN DFW GRU IAD JFK LAX MIA ORD SEA SJC YYZ".split(" ");
    for (const [city, { latitude, longitude }] of Object.entries(CITY_POSITIONS)) {
      expect(longitude < -30).toBe(americas.includes(city));
      expect(latitude < 0).toBe(["GRU", "MEL", "SYD"].includes(city));
    }
  });
});

test("images that were captured boot once they are ready", () => {
  const images = ["PENDING", "PROCESSING", "READY", "FAILED"].map((status) => ({
    ...{ id: status, status, reference: `acme/edge:${status}` },
  }));
  expect(stackpath.life?.images?.(cloudObjects({ stackpath_image: images }))).toEqual([
    { id: "acme/edge:READY", provider: "stackpath", bootSeconds: 30 },
  ]);
});

describe("node groups: a workload's targets in their cities", () => {
  test("one each, with its instances by name", () => {
    expect(nodeGroups(workload()).map(({ id, location, nodes }) => [id, location, nodes])).toEqual([
      ["w-1 eu AMS", "AMS", ["edge-eu-ams-0"]],
      ["w-1 na SEA", "SEA", ["edge-na-sea-0", "edge-na-sea-1"]],
      ["w-1 na DFW", "DFW", ["edge-na-dfw-0", "edge-na-dfw-1"]],
    ]);
  });

  test("stand in their city, or somewhere where nobody knows it", () => {
    const [known] = nodeGroups(workload());
    expect(known?.position).toEqual({ latitude: 52.3, longitude: 4.8 });
    const [unknown] = nodeGroups(workload({ target: [target("x", 1, "XXX")] }));
    expect(unknown?.position).toEqual({ latitude: 0, longitude: 0 });
  });

  test("all run what the virtual machine says, one of a city at a time", () => {
    for (const group of nodeGroups(workload())) {
      expect(group.template).toEqual({ image: "acme/edge:r1", userData: "#cloud-config\n" });
      expect(group.replacement).toEqual({ kind: "one-at-a-time" });
    }
  });

  test("of two workloads are apart", () => {
    const ids = nodeGroups(workload(), workload({ id: "w-2", slug: "other" })).map(({ id }) => id);
    expect(new Set(ids).size).toBe(6);
  });

  test("the builder of an image is no node", () => {
    expect(nodeGroups(workload({ labels: { "polycast-builder": "edge" } }))).toEqual([]);
  });

  test("a workload of containers has none", () => {
    expect(nodeGroups(workload({ virtual_machine: [] }))).toEqual([]);
  });

  test("get traffic as their readiness probe says", () => {
    expect(nodeGroups(workload())[0]?.healthCheck).toEqual({
      path: "/healthz",
      intervalSeconds: 10,
      timeoutSeconds: 5,
      healthyThreshold: 1,
      unhealthyThreshold: 3,
    });
  });

  test("without a readiness probe are looked at with a probe's defaults", () => {
    const [group] = nodeGroups(workload({ virtual_machine: [machine({ readiness_probe: [] })] }));
    expect(group?.healthCheck).toEqual({
      path: "",
      intervalSeconds: 60,
      timeoutSeconds: 10,
      healthyThreshold: 1,
      unhealthyThreshold: 1,
    });
  });

  test.each<[string, Values[], NodeGroup["healing"]]>([
    [
      "a TCP probe: when they accept no connection",
      [liveness()],
      { action: "restart", on: "unresponsive", afterSeconds: 30, graceSeconds: 120 },
    ],
    [
      "an HTTP probe: when they are unhealthy",
      [readiness({ period_seconds: 20, initial_delay_seconds: 60 })],
      { action: "restart", on: "unhealthy", afterSeconds: 60, graceSeconds: 60 },
    ],
    [
      "no probe: when they do not run",
      [],
      { action: "restart", on: "dead", afterSeconds: 0, graceSeconds: 0 },
    ],
  ])("are restarted by %s", (_, probes, healing) => {
    expect(
      nodeGroups(workload({ virtual_machine: [machine({ liveness_probe: probes })] }))[0]?.healing,
    ).toEqual(healing);
  });
});

describe("anycast ports: a workload's address", () => {
  test("leads to every city, in full, and to nobody where nobody is well", () => {
    expect(anycast(workload())).toEqual<AnycastPort[]>([
      {
        address: "203.0.113.1",
        port: 443,
        protocol: "TCP",
        failOpen: false,
        backends: ["w-1 eu AMS", "w-1 na SEA", "w-1 na DFW"].map((group) => ({ group, percent: 100 })),
      },
    ]);
  });

  test("leads to groups that exist", () => {
    const groups = new Set(nodeGroups(workload()).map(({ id }) => id));
    expect(anycast(workload())[0]?.backends.every(({ group }) => groups.has(group))).toBe(true);
  });

  test.each<[string, Value]>([
    ["that was not asked for", {}],
    ["of nothing", null],
  ])("an address %s has no ports", (_, annotations) => {
    expect(anycast(workload({ annotations }))).toEqual([]);
  });

  const open = (ports: Values[], policies: Values[]): string[] =>
    anycast(workload({ virtual_machine: [machine({ port: ports })] }), policies).map(
      ({ port: number, protocol }) => `${protocol} ${String(number)}`,
    );
  const both = [port(443), port(443, "UDP")];
  const udp = [{ udp: [{ destination_ports: ["443"] }], tcp: [], tcp_udp: [] }];
  const block = rule({ action: "BLOCK" });

  test.each<[string, Values[], Values[], string[]]>([
    ["a rule about the port", both, [policy()], ["TCP 443"]],
    ["a rule about the other protocol", both, [policy({ ingress: [rule({ protocol: udp })] })], ["UDP 443"]],
    [
      "a rule about both protocols",
      both,
      [policy({ ingress: [rule({ protocol: [{ tcp_udp: [{ destination_ports: ["443"] }] }] })] })],
      ["TCP 443", "UDP 443"],
    ],
    [
      "a rule about any protocol",
      both,
      [policy({ ingress: [rule({ protocol: [] })] })],
      ["TCP 443", "UDP 443"],
    ],
    [
      "a rule about any port",
      [port(443), port(2222)],
      [policy({ ingress: [rule({ protocol: [{ tcp: [{ destination_ports: [] }] }] })] })],
      ["TCP 443", "TCP 2222"],
    ],
    ["a rule about another port", [port(2222)], [policy()], []],
    [
      "a rule about some clients only",
      [port(443)],
      [policy({ ingress: [rule({ from: [{ ip_block: [{ cidr: "10.0.0.0/8" }] }] })] })],
      [],
    ],
    ["a rule without a source", [port(443)], [policy({ ingress: [rule({ from: [] })] })], ["TCP 443"]],
    ["a policy of outbound traffic", [port(443)], [policy({ policy_types: ["EGRESS"] })], []],
    ["no policy", both, [], []],
    ["no policy, and a port that asks for one", [port(443, "TCP", true)], [], ["TCP 443"]],
    [
      "a policy without rules, whatever the port asks for",
      [port(443, "TCP", true)],
      [policy({ ingress: [] })],
      [],
    ],
    ["a rule that blocks, before one that allows", [port(443)], [policy({ ingress: [block, rule()] })], []],
    [
      "a rule that allows, before one that blocks",
      [port(443)],
      [policy({ ingress: [rule(), block] })],
      ["TCP 443"],
    ],
    [
      "of two policies that with the lower number",
      [port(443)],
      [policy(), policy({ priority: 10, ingress: [block] })],
      [],
    ],
    [
      "the same, the other way round",
      [port(443)],
      [policy({ priority: 10 }), policy({ ingress: [block] })],
      ["TCP 443"],
    ],
    [
      "another workload's policy",
      [port(443)],
      [policy({ instance_selector: [{ key: "role", operator: "in", values: ["db"] }] })],
      [],
    ],
    ["everybody's policy", [port(443)], [policy({ instance_selector: [] })], ["TCP 443"]],
    [
      "a policy for the workload's slug",
      [port(443)],
      [
        policy({
          instance_selector: [
            { key: "workload.platform.stackpath.net/workload-slug", operator: "in", values: ["edge"] },
          ],
        }),
      ],
      ["TCP 443"],
    ],
    [
      "a policy that selects only in part",
      [port(443)],
      [
        policy({
          instance_selector: ["edge", "db"].map((value) => ({
            key: "role",
            operator: "in",
            values: [value],
          })),
        }),
      ],
      [],
    ],
  ])("%s", (_, ports, policies, expected) => {
    expect(open(ports, policies)).toEqual(expected);
  });
});

describe("what its network policies let in", () => {
  const open = (policies: readonly Values[], ports: Value[] = [port(443)]): readonly string[] => {
    const [first] =
      stackpath.life?.nodeGroups?.(
        store([workload({ virtual_machine: [machine({ port: ports })] })], policies),
      ) ?? [];
    return (first?.openPorts ?? []).map(
      ({ family, protocol, from, to }) => `${family} ${protocol} ${from}-${to}`,
    );
  };
  const tcp = (...destinations: string[]) =>
    rule({
      protocol: [{ tcp: [{ destination_ports: destinations, source_ports: [] }], udp: [], tcp_udp: [] }],
    });
  const block = (given: Values) => ({ ...given, action: "BLOCK" });

  test.each<[string, Values[], string[]]>([
    ["a port", [rule()], ["ipv4 TCP 443-443"]],
    ["a range", [tcp("400-500")], ["ipv4 TCP 400-500"]],
    ["no port named", [tcp()], ["ipv4 TCP 1-65535"]],
    [
      "a port of a range that is blocked before",
      [block(tcp("450")), tcp("400-500")],
      ["ipv4 TCP 400-449", "ipv4 TCP 451-500"],
    ],
    ["some networks only", [rule({ from: [{ ip_block: [{ cidr: "192.0.2.0/24", except: [] }] }] })], []],
  ])("rules: %s", (_, ingress, expected) => {
    expect(open([policy({ ingress })])).toEqual(expected);
  });

  test("no policy, an implicit one, and one of another workload's", () => {
    expect(open([])).toEqual([]);
    expect(open([], [port(443, "UDP", true)])).toEqual(["ipv4 UDP 443-443"]);
    const other = [{ key: "role", operator: "in", values: ["db"] }];
    expect(open([policy({ instance_selector: other })])).toEqual([]);
  });
});
