import { ns1 } from "../../../../constructs/dns/ns1/ns1";
import { roundRobin } from "../../../../constructs/dns/traffic-policy";
import type { Environment } from "../../../../constructs/fleet/environment";
import type { LiveRecord } from "../../../../live/live-record";
import { awsFleet, stackpathFleet, testEnvironment } from "../../../environment-for-tests";
import { resources, synthesize, type Values } from "../../../synthesize";

const listeners: Environment["listeners"] = [
  { port: 443, protocol: "TCP" },
  { port: 2222, protocol: "TCP", role: "tunnel" },
];
const six = awsFleet({ name: "six", ipv6: true });
const address = (fleet: string, family: 4 | 6) =>
  `\${data.terraform_remote_state.${fleet}-fleet.outputs.anycast_ipv${family}}`;

/** `name type` -> record, of the tunnels. */
function tunnels(
  changes: Partial<Environment> = {},
  fleets: LiveRecord["fleets"] = {},
): Readonly<Record<string, Values>> {
  const record = { version: 1 as const, environment: "test", fleets };
  const stack = synthesize(testEnvironment({ listeners, ...changes }), record)["edge-dns"];
  return Object.fromEntries(
    resources(stack, "ns1_record")
      .map((each) => [`${String(each["domain"])} ${String(each["type"])}`, each] as const)
      .filter(([name]) => name.includes("tunnel.")),
  );
}

test("the names of the tunnels are records of the zone, with the environment's TTL and without metadata", () => {
  const found = tunnels({ dns: ns1({ policy: roundRobin(), ttl: 20 }) });
  expect(Object.keys(found).toSorted()).toEqual([
    "_ssh._tcp.tunnel.edge.example.net SRV",
    "aws.tunnel.edge.example.net A",
    "stackpath.tunnel.edge.example.net A",
    "tunnel.edge.example.net A",
  ]);
  for (const record of Object.values(found)) expect(record["ttl"]).toBe(20);
  expect(found["aws.tunnel.edge.example.net A"]?.["answers"]).toEqual([{ answer: address("aws", 4) }]);
  expect(found["_ssh._tcp.tunnel.edge.example.net SRV"]?.["answers"]).toEqual([
    { answer: "0 1 2222 aws.tunnel.edge.example.net" },
    { answer: "0 1 2222 stackpath.tunnel.edge.example.net" },
  ]);
});

test("several answers come in random order, and nothing takes one out", () => {
  const found = tunnels();
  expect(found["tunnel.edge.example.net A"]).toMatchObject({ filters: [{ filter: "shuffle" }] });
  expect(found["aws.tunnel.edge.example.net A"]).not.toHaveProperty("filters");
});

test("a drained fleet keeps its names", () => {
  const drained = tunnels({}, { aws: { release: "r1", share: 0 } });
  expect(drained).toEqual(tunnels());
});

test("a fleet with IPv6 keeps its AAAA where the edge has none at the moment", () => {
  const dns = ns1({ policy: roundRobin(), ipv6: "partial" });
  const found = tunnels({ fleets: [six, stackpathFleet()], dns }, { six: { release: "r1", share: 0 } });
  expect(found["six.tunnel.edge.example.net AAAA"]?.["answers"]).toEqual([{ answer: address("six", 6) }]);
  expect(found["tunnel.edge.example.net AAAA"]?.["answers"]).toHaveLength(1);
  expect(found).not.toHaveProperty("stackpath.tunnel.edge.example.net AAAA");
});

test("an environment that wants no AAAA has none here either", () => {
  const dns = ns1({ policy: roundRobin(), ipv6: "none" });
  expect(Object.keys(tunnels({ fleets: [six], dns })).filter((name) => name.endsWith("AAAA"))).toEqual([]);
});

test("without tunnels there are no records of them", () => {
  expect(tunnels({ listeners: [{ port: 443, protocol: "TCP" }] })).toEqual({});
});

test("a zone that leaves no room for the names is refused with all that is wrong", () => {
  const zone = `${"a".repeat(60)}.`.repeat(4) + "net";
  const wrong = () => tunnels({ zone, controlPlaneUrl: "http://x" });
  expect(wrong).toThrow("zone: is too long for the tunnels' names");
  expect(wrong).toThrow("controlPlaneUrl: ");
});
