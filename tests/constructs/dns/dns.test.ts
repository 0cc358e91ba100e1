import { ns1 } from "../../../constructs/dns/ns1/ns1";
import { describeShares, shares } from "../../../constructs/dns/shares";
import { roundRobin } from "../../../constructs/dns/traffic-policy";
import type { LiveRecord } from "../../../live/live-record";
import { awsFleet, stackpathFleet, testEnvironment } from "../../environment-for-tests";
import { only, resources, synthesize, type StackJson, type Values } from "../../synthesize";

const v6 = awsFleet({ name: "six", ipv6: true });
const both = [v6, stackpathFleet()];
const partial = ns1({ policy: roundRobin(), ipv6: "partial" });
const all = ns1({ policy: roundRobin() });

function edgeDns(
  changes: Parameters<typeof testEnvironment>[0] = {},
  live: LiveRecord["fleets"] = {},
): StackJson {
  const environment = testEnvironment(changes);
  return synthesize(environment, { version: 1, environment: "test", fleets: live })["edge-dns"] as StackJson;
}

const answers = (record: Values | undefined) =>
  (record?.["answers"] as { answer: string }[]).map(({ answer }) => answer);

describe("shares", () => {
  const full = { six: 100, stackpath: 100 };

  test("are even between the fleets that have one", () => {
    expect(shares({ dns: all, fleets: both }, full).A).toEqual({ six: 50, stackpath: 50 });
    expect(shares({ dns: all, fleets: both }, { six: 100, stackpath: 0 }).A).toEqual({ six: 100 });
  });

  test("of IPv6 users exist when every fleet with a share has IPv6", () => {
    expect(shares({ dns: all, fleets: both }, full).AAAA).toEqual({});
    expect(shares({ dns: all, fleets: both }, { six: 100, stackpath: 0 }).AAAA).toEqual({ six: 100 });
    expect(shares({ dns: all, fleets: [v6] }, full).AAAA).toEqual({ six: 100 });
  });

  test("of IPv6 users differ where the environment asks for that", () => {
    expect(shares({ dns: partial, fleets: both }, full)).toEqual({
      A: { six: 50, stackpath: 50 },
      AAAA: { six: 100 },
    });
  });

  test("read well", () => {
    expect(describeShares({ a: 100 / 3, b: 200 / 3 })).toBe("a 33.3 %, b 66.7 %");
    expect(describeShares({})).toBe("no record");
  });
});

describe("the edge's records", () => {
  test("are a wildcard with every fleet's address, in random order, for 300 s", () => {
    const stack = edgeDns();
    expect(only(stack, "ns1_zone")).toMatchObject({ zone: "edge.example.net" });
    const record = only(stack, "ns1_record");
    expect(record).toMatchObject({
      domain: "*.edge.example.net",
      type: "A",
      ttl: 300,
      filters: [{ filter: "shuffle" }],
    });
    expect(answers(record)).toEqual([
      "${data.terraform_remote_state.aws-fleet.outputs.anycast_ipv4}",
      "${data.terraform_remote_state.stackpath-fleet.outputs.anycast_ipv4}",
    ]);
  });

  test("leave a drained fleet out", () => {
    const stack = edgeDns({}, { aws: { release: "r1", share: 0 } });
    expect(answers(only(stack, "ns1_record"))).toEqual([expect.stringContaining("stackpath-fleet")]);
  });

  test("have AAAA for the fleets with IPv6 where the environment asks, and the plan says who is served how", () => {
    const stack = edgeDns({ fleets: both, dns: partial });
    const aaaa = resources(stack, "ns1_record").find(({ type }) => type === "AAAA");
    expect(answers(aaaa)).toEqual(["${data.terraform_remote_state.six-fleet.outputs.anycast_ipv6}"]);
    expect(stack.output["shares_ipv4"]?.value).toBe("six 50 %, stackpath 50 %");
    expect(stack.output["shares_ipv6"]?.value).toBe("six 100 %");
  });

  test("have no AAAA otherwise", () => {
    expect(resources(edgeDns({ fleets: both }), "ns1_record")).toHaveLength(1);
  });

  test("use the TTL of the environment", () => {
    expect(only(edgeDns({ dns: ns1({ policy: roundRobin(), ttl: 60 }) }), "ns1_record")).toMatchObject({
      ttl: 60,
    });
  });

  test("are behind dummy credentials in the sandbox, and behind the environment's own elsewhere", () => {
    expect(edgeDns().provider["ns1"]).toEqual([{ apikey: "sandbox", endpoint: "http://127.0.0.1:9/v1/" }]);
    expect(edgeDns({ sandbox: false }).provider["ns1"]).toEqual([{}]);
  });
});
