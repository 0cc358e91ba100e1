import { ns1 } from "../../../constructs/dns/ns1/ns1";
import { describeShares, shares } from "../../../constructs/dns/shares";
import { parseAppliedTraffic } from "../../../constructs/dns/applied-traffic";
import { trafficShares } from "../../../constructs/dns/traffic-model";
import {
  capacity,
  cost,
  failover,
  roundRobin,
  weighted,
  within,
} from "../../../constructs/dns/traffic-policy";
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

  test("are what the policy says, and nothing for a drained fleet", () => {
    expect(shares({ dns: all, fleets: both }, full).A).toEqual({ six: 50, stackpath: 50 });
    expect(shares({ dns: all, fleets: both }, { six: 100, stackpath: 0 }).A).toEqual({
      six: 100,
      stackpath: 0,
    });
    const dns = ns1({ policy: weighted({ six: 25, stackpath: 75 }) });
    expect(shares({ dns, fleets: both }, full).A).toEqual({ six: 25, stackpath: 75 });
    expect(shares({ dns, fleets: both }, { six: 100, stackpath: 50 }).A).toEqual({
      six: 62.5,
      stackpath: 37.5,
    });
  });

  test("follow the capacity of the fleets", () => {
    const fleets = [awsFleet({ sites: { "us-east-1": { nodes: 6 } } }), stackpathFleet()];
    const dns = ns1({ policy: capacity() });
    expect(shares({ dns, fleets }, { aws: 100, stackpath: 100 }).A).toEqual({ aws: 75, stackpath: 25 });
  });

  test("of a region are its own", () => {
    const dns = ns1({ policy: roundRobin(), within: [within("EUROPE", failover(["stackpath", "six"]))] });
    expect(shares({ dns, fleets: both }, full, "EUROPE").A).toEqual({ six: 0, stackpath: 100 });
    expect(shares({ dns, fleets: both }, full, "AFRICA").A).toEqual({ six: 50, stackpath: 50 });
  });

  test("of IPv6 users exist when every fleet has IPv6", () => {
    expect(shares({ dns: all, fleets: both }, full).AAAA).toEqual({});
    expect(shares({ dns: all, fleets: [v6] }, full).AAAA).toEqual({ six: 100 });
    expect(shares({ dns: ns1({ policy: roundRobin(), ipv6: "none" }), fleets: [v6] }, full).AAAA).toEqual({});
  });

  test("of IPv6 users end where all that have IPv6 are drained", () => {
    expect(shares({ dns: partial, fleets: both }, { six: 0, stackpath: 100 })).toEqual({
      A: { six: 0, stackpath: 100 },
      AAAA: {},
    });
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
  test("are a wildcard with the address of every fleet, steered, for 60 s", () => {
    const stack = edgeDns();
    expect(only(stack, "ns1_zone")).toMatchObject({ zone: "edge.example.net" });
    const record = only(stack, "ns1_record");
    expect(record).toMatchObject({
      domain: "*.edge.example.net",
      type: "A",
      ttl: 60,
      filters: [{ filter: "up" }, { filter: "priority", config: { eliminate: "1" } }, { filter: "shuffle" }],
    });
    const both = [
      "${data.terraform_remote_state.aws-fleet.outputs.anycast_ipv4}",
      "${data.terraform_remote_state.stackpath-fleet.outputs.anycast_ipv4}",
    ];
    expect(answers(record)).toEqual([...both, ...both]);
  });

  test("keep a drained fleet as one that is down, but for when all are", () => {
    const stack = edgeDns({}, { aws: { release: "r1", share: 0 } });
    const metas = only(stack, "ns1_record")["answers"] as { answer: string; meta: { up: string } }[];
    const ups = metas.filter(({ answer }) => answer.includes("aws-fleet")).map(({ meta }) => meta.up);
    expect(ups).toEqual(["false", "true"]);
  });

  test("have AAAA for the fleets with IPv6 where the environment asks, and the plan says who is served how", () => {
    const stack = edgeDns({ fleets: both, dns: partial });
    const aaaa = resources(stack, "ns1_record").find(({ type }) => type === "AAAA");
    const six = "${data.terraform_remote_state.six-fleet.outputs.anycast_ipv6}";
    expect(answers(aaaa)).toEqual([six, six]);
    expect(stack.output["shares_ipv4"]?.value).toBe("six 50 %, stackpath 50 %");
    expect(stack.output["shares_ipv6"]?.value).toBe("six 100 %");
  });

  test("have no AAAA where the environment wants none", () => {
    const dns = ns1({ policy: roundRobin(), ipv6: "none" });
    expect(resources(edgeDns({ fleets: both, dns }), "ns1_record")).toHaveLength(1);
  });

  test("use the TTL of the environment", () => {
    expect(only(edgeDns({ dns: ns1({ policy: roundRobin(), ttl: 20 }) }), "ns1_record")).toMatchObject({
      ttl: 20,
    });
  });

  test("are behind dummy credentials in the sandbox, and behind the environment's own elsewhere", () => {
    expect(edgeDns().provider["ns1"]).toEqual([{ apikey: "sandbox", endpoint: "http://127.0.0.1:9/v1/" }]);
    expect(edgeDns({ sandbox: false }).provider["ns1"]).toEqual([{}]);
  });
});

describe("the health of the fleets", () => {
  const jobs = (changes?: Parameters<typeof testEnvironment>[0]) =>
    resources(edgeDns(changes), "ns1_monitoringjob");
  const [TCP, UDP] = [
    { port: 2222, protocol: "TCP" as const },
    { port: 53, protocol: "UDP" as const },
  ];

  test("is what three regions see of each address, once a minute, by majority", () => {
    expect(jobs()).toMatchObject([
      {
        name: "aws, A of edge.example.net",
        job_type: "tcp",
        config: {
          host: "${data.terraform_remote_state.aws-fleet.outputs.anycast_ipv4}",
          port: "443",
        },
        regions: ["ams", "lga", "sin"],
        frequency: 60,
        rapid_recheck: true,
        policy: "quorum",
      },
      { name: "stackpath, A of edge.example.net" },
    ]);
  });

  test("is looked at on the first TCP port, and by ping where there is none", () => {
    expect(jobs({ listeners: [UDP, TCP, { port: 443, protocol: "TCP" }] })[0]?.["config"]).toMatchObject({
      port: "2222",
    });
    const [job] = jobs({ listeners: [UDP] });
    expect(job).toMatchObject({ job_type: "ping" });
    expect(Object.keys(job?.["config"] as object)).toEqual(["host"]);
  });

  test("over IPv6 is looked at over IPv6, in NS1's spelling of the flag", () => {
    const six = jobs({ fleets: [v6] }).find(({ name }) => name === "six, AAAA of edge.example.net");
    expect(six?.["config"]).toEqual({
      host: "${data.terraform_remote_state.six-fleet.outputs.anycast_ipv6}",
      port: "443",
      ipv6: "true",
    });
  });

  test("reaches the records: job, notify list, source, feed, answer", () => {
    const stack = edgeDns({ fleets: [stackpathFleet()] });
    const address = (type: string) => `\${${type}.${Object.keys(stack.resource[type] ?? {})[0]}.id}`;
    expect(only(stack, "ns1_datasource")).toMatchObject({ sourcetype: "nsone_monitoring" });
    expect(only(stack, "ns1_notifylist")).toMatchObject({
      notifications: [{ type: "datafeed", config: { sourceid: address("ns1_datasource") } }],
    });
    expect(only(stack, "ns1_monitoringjob")).toMatchObject({ notify_list: address("ns1_notifylist") });
    expect(only(stack, "ns1_datafeed")).toMatchObject({
      source_id: address("ns1_datasource"),
      config: { jobid: address("ns1_monitoringjob") },
    });
    const feed = address("ns1_datafeed").slice(2, -1);
    expect(only(stack, "ns1_record")["answers"]).toMatchObject([
      { meta: { up: `\${jsonencode({"feed" = ${feed}})}` } },
      { meta: { up: "true" } },
    ]);
  });

  test("of a drained fleet is looked at all the same: it may come back", () => {
    const live = { aws: { release: "r1", share: 0 } };
    expect(resources(edgeDns({}, live), "ns1_monitoringjob")).toHaveLength(2);
  });
});

describe("the load of the fleets", () => {
  const withPolicy = (policy: ReturnType<typeof capacity>) => edgeDns({ dns: ns1({ policy }) });

  test("has a source of its own, a feed for each fleet, and a place in the answers of the policy's tier", () => {
    const stack = withPolicy(cost({ aws: 3, stackpath: 1 }));
    const source = Object.entries(stack.resource["ns1_datasource"] ?? {}).find(
      ([, { sourcetype }]) => sourcetype === "nsone_v1",
    )?.[0];
    const feeds = Object.entries(stack.resource["ns1_datafeed"] ?? {}).filter(
      ([, { source_id: id }]) => id === `\${ns1_datasource.${source}.id}`,
    );
    expect(feeds.map(([, { config }]) => config)).toEqual([{ label: "aws" }, { label: "stackpath" }]);
    const metas = (only(stack, "ns1_record")["answers"] as { meta: Record<string, string> }[]).map(
      ({ meta }) => meta,
    );
    expect(metas.map(({ connections }) => connections)).toEqual([
      ...feeds.map(([name]) => `\${jsonencode({"feed" = ns1_datafeed.${name}.id})}`),
      ...Array.from({ length: 4 }, () => undefined),
    ]);
    expect(metas[0]).toMatchObject({ low_watermark: "1000", high_watermark: "1800" });
  });

  test("is of no interest where no policy sheds it", () => {
    expect(resources(withPolicy(weighted({ aws: 1, stackpath: 2 })), "ns1_datasource")).toHaveLength(1);
  });

  test("is one reading for both address families", () => {
    const stack = edgeDns({
      fleets: [v6, awsFleet({ ipv6: true })],
      dns: ns1({ policy: capacity(), watermarks: { low: 10, high: 20 } }),
    });
    expect(resources(stack, "ns1_record")).toHaveLength(2);
    const labels = resources(stack, "ns1_datafeed").map(({ config }) => (config as { label?: string }).label);
    expect(labels.filter((label) => label !== undefined).sort()).toEqual(["aws", "six"]);
  });
});

describe("the outputs", () => {
  const dns = ns1({
    policy: weighted({ six: 25, stackpath: 75 }),
    within: [within("EUROPE", failover(["six", "stackpath"]))],
    ipv6: "partial",
  });
  const stack = edgeDns({ fleets: both, dns }, { stackpath: { release: "r1", share: 0 } });

  test("say what users get, per family and region", () => {
    expect(edgeDns({ fleets: both, dns }).output["shares_ipv4"]?.value).toBe(
      "six 25 %, stackpath 75 %; EUROPE: six 100 %, stackpath 0 %",
    );
    expect(stack.output["shares_ipv4"]?.value).toBe(
      "six 100 %, stackpath 0 %; EUROPE: six 100 %, stackpath 0 %",
    );
    expect(stack.output["shares_ipv6"]?.value).toBe("six 100 %; EUROPE: six 100 %");
  });

  test("hold all that decides it, for whoever compares", () => {
    const applied = parseAppliedTraffic(
      String(resources(stack, "terraform_data").find(({ input }) => input !== undefined)?.["input"]),
      "the state",
    );
    expect(applied).toMatchObject({ zone: "edge.example.net", ttl: 60 });
    expect(applied.fleets).toEqual({
      A: [
        { name: "six", capacity: 2_000, percent: 100 },
        { name: "stackpath", capacity: 2_000, percent: 0 },
      ],
      AAAA: [{ name: "six", capacity: 2_000, percent: 100 }],
    });
    expect(trafficShares(applied.traffic, applied.fleets.A)).toEqual({ six: 1, stackpath: 0 });
    expect(() => parseAppliedTraffic('{"version":2}', "The state")).toThrow(/reads up to version 1/);
  });
});
