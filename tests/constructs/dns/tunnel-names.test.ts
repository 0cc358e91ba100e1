import {
  checkTunnels,
  sshPorts,
  tunnelRecords,
  type TunnelFleet,
} from "../../../constructs/dns/tunnel-names";
import type { Listener } from "../../../constructs/fleet/fleet-inputs";

const ZONE = "edge.example.net";
const TUNNEL: Listener = { port: 2222, protocol: "TCP", role: "tunnel" };
const EDGE: Listener = { port: 443, protocol: "TCP" };
const aws: TunnelFleet = { name: "aws", addresses: { A: "192.0.2.1", AAAA: "2001:db8::1" } };
const stackpath: TunnelFleet = { name: "stackpath", addresses: { A: "203.0.113.1" } };

/** `name type` -> answers. */
function names(fleets: readonly TunnelFleet[], listeners: readonly Listener[] = [EDGE, TUNNEL]) {
  return Object.fromEntries(
    tunnelRecords(ZONE, listeners, fleets).map(({ name, type, answers }) => [`${name} ${type}`, answers]),
  );
}

test("each fleet has a name, one leads to all, and an SRV record set names each", () => {
  expect(names([aws, stackpath])).toEqual({
    "aws.tunnel.edge.example.net A": ["192.0.2.1"],
    "aws.tunnel.edge.example.net AAAA": ["2001:db8::1"],
    "stackpath.tunnel.edge.example.net A": ["203.0.113.1"],
    "tunnel.edge.example.net A": ["192.0.2.1", "203.0.113.1"],
    "tunnel.edge.example.net AAAA": ["2001:db8::1"],
    "_ssh._tcp.tunnel.edge.example.net SRV": [
      "0 1 2222 aws.tunnel.edge.example.net",
      "0 1 2222 stackpath.tunnel.edge.example.net",
    ],
  });
});

test("another fleet adds its own records, and its answers to those of all; the ids of the others stay", () => {
  const two = tunnelRecords(ZONE, [TUNNEL], [aws, stackpath]);
  const three = tunnelRecords(
    ZONE,
    [TUNNEL],
    [{ name: "eu", addresses: { A: "192.0.2.9" } }, aws, stackpath],
  );
  const ids = (records: typeof two) => records.map(({ id }) => id);
  expect(ids(three).filter((id) => !ids(two).includes(id))).toEqual(["fleet-eu-a"]);
  expect(ids(two).filter((id) => !ids(three).includes(id))).toEqual([]);
});

test.each(["a", "all", "ssh", "fleet-a", "aaaa"])("a fleet named %s takes nobody else's id", (name) => {
  const records = tunnelRecords(ZONE, [TUNNEL], [aws, { name, addresses: { A: "1.1.1.1", AAAA: "::1" } }]);
  expect(new Set(records.map(({ id }) => id)).size).toBe(records.length);
});

test("every port where the tunnel server speaks SSH is in the SRV records", () => {
  const listeners = [TUNNEL, EDGE, { ...TUNNEL, port: 22 }, { ...TUNNEL, protocol: "UDP" as const }];
  expect(sshPorts(listeners)).toEqual([2222, 22]);
  expect(names([stackpath], listeners)["_ssh._tcp.tunnel.edge.example.net SRV"]).toEqual([
    "0 1 2222 stackpath.tunnel.edge.example.net",
    "0 1 22 stackpath.tunnel.edge.example.net",
  ]);
});

test("tunnels over UDP only have names, and nothing that says SSH", () => {
  expect(Object.keys(names([stackpath], [{ ...TUNNEL, protocol: "UDP" }]))).toEqual([
    "stackpath.tunnel.edge.example.net A",
    "tunnel.edge.example.net A",
  ]);
});

test("without tunnels there are no names", () => {
  expect(names([aws, stackpath], [EDGE])).toEqual({});
});

describe("names that DNS cannot hold", () => {
  const zone = (length: number) => `${"a".repeat(49)}.`.repeat(5).slice(0, length - 4) + ".net";

  test("are refused, each with its length", () => {
    expect(checkTunnels(zone(236), [TUNNEL], ["aws"])).toEqual([]);
    expect(checkTunnels(zone(237), [TUNNEL], ["aws", "x".repeat(20)])).toMatchObject([
      { where: "zone", what: expect.stringContaining("has 254 characters, 253 are allowed") as string },
      { where: "zone", what: expect.stringContaining("has 265 characters") as string },
    ]);
  });

  test("are no trouble where there are no tunnels", () => {
    expect(checkTunnels(zone(250), [EDGE], ["aws"])).toEqual([]);
  });
});
