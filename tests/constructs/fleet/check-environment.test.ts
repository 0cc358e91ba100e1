import { ns1 } from "../../../constructs/dns/ns1/ns1";
import {
  capacity,
  cost,
  failover,
  roundRobin,
  weighted,
  within,
} from "../../../constructs/dns/traffic-policy";
import type { Environment } from "../../../constructs/fleet/environment";
import { checkForm } from "../../../constructs/fleet/environment-form";
import type { ScalingNodes } from "../../../constructs/fleet/fleet-inputs";
import { PolycastError } from "../../../constructs/fleet/problem";
import { planDeployment } from "../../../live/deployment";
import { emptyRecord } from "../../../live/live-record";
import { awsFleet, stackpathFleet, testEnvironment } from "../../environment-for-tests";
import { MANIFEST } from "../../synthesize";

/** `where: what` of every problem that an environment is refused for. */
function problemsOf(changes: Partial<Environment>): readonly string[] {
  try {
    planDeployment(testEnvironment(changes), MANIFEST, emptyRecord("test"));
  } catch (error) {
    if (error instanceof PolycastError) return error.problems.map(({ where, what }) => `${where}: ${what}`);
    throw error;
  }
  return [];
}

const S3 = { kind: "s3", bucket: "state", region: "us-east-1" } as const;
const tooMany = "x".repeat(17_000);

test("a valid environment has no problem", () => {
  expect(problemsOf({})).toEqual([]);
});

test("a state without a secret may be a plain file, and one with a secret in a bucket or the sandbox", () => {
  expect(problemsOf({ sandbox: false, state: { kind: "local" }, fleets: [awsFleet()] })).toEqual([]);
  expect(problemsOf({ sandbox: false, state: S3 })).toEqual([]);
  expect(problemsOf({ sandbox: true, state: { kind: "local" } })).toEqual([]);
});

describe.each<[string, Partial<Environment>, readonly string[]]>([
  ["no fleets", { fleets: [] }, ["fleets: there are none"]],
  ["two fleets of one name", { fleets: [awsFleet(), awsFleet()] }, ['fleets: two fleets are named "aws"']],
  [
    "a zone with a dot at the end",
    { zone: "edge.example.net." },
    ['zone: "edge.example.net." is not a DNS zone'],
  ],
  ["a zone of one label", { zone: "edge" }, ['zone: "edge" is not a DNS zone']],
  ["a zone with a space", { zone: "edge example.net" }, ["is not a DNS zone"]],
  [
    "a zone with a control character",
    { zone: "edge\u0007.example.net" },
    ['zone: "edge\\u0007.example.net"'],
  ],
  ["a label of 64 characters", { zone: `${"a".repeat(64)}.net` }, ["is not a DNS zone"]],
  ["no listeners", { listeners: [] }, ["listeners: there are none"]],
  [
    "port 0",
    { listeners: [{ port: 0, protocol: "TCP" }] },
    ["listeners[0].port: 0 is not a port; 1 to 65535 are"],
  ],
  [
    "port 65536",
    { listeners: [{ port: 65_536, protocol: "UDP" }] },
    ["listeners[0].port: 65536 is not a port"],
  ],
  [
    "one port and protocol twice",
    {
      listeners: [
        { port: 443, protocol: "TCP" },
        { port: 443, protocol: "TCP", role: "tunnel" },
      ],
    },
    ["listeners[1]: TCP 443 is listed twice"],
  ],
  [
    "a tunnel over UDP",
    {
      listeners: [
        { port: 443, protocol: "UDP" },
        { port: 2222, protocol: "UDP", role: "tunnel" },
      ],
    },
    ["listeners[1]: is a tunnel over UDP; the nodes' tunnel server is OpenSSH, which has TCP only"],
  ],
  ["an image outside its folder", { image: "../edge-node" }, ['image: "../edge-node" is not a name']],
  [
    "a bucket that S3 would refuse",
    { sandbox: false, state: { ...S3, bucket: "My_Bucket" } },
    ['state.bucket: "My_Bucket" is not a bucket\'s name'],
  ],
  ["a public health endpoint", { health: { port: 443 } }, ["health.port: 443 is a listener too"]],
  [
    "a health path without a slash",
    { health: { path: "healthz" } },
    ['health.path: "healthz" is not a path'],
  ],
  [
    "a health check that never fails",
    { health: { unhealthyThreshold: 0 } },
    ["health.unhealthyThreshold: 0"],
  ],
  [
    "an AWS check more often than AWS can",
    { health: { intervalSeconds: 2 } },
    ["AWS checks every 5 to 300 seconds"],
  ],
  ["a single failure on AWS", { health: { unhealthyThreshold: 1 } }, ["AWS allows 2 to 10 failures"]],
  ["a plain http control plane", { controlPlaneUrl: "http://c.example.net" }, ["is not an https: URL"]],
  [
    "a control plane with a line break",
    { controlPlaneUrl: "https://c.example.net/\n" },
    ["is not an https: URL"],
  ],
  ["a secret in a URL", { controlPlaneUrl: "https://me:hunter2@c.example.net" }, ["carries credentials"]],
  [
    "a secret in a URL that is none, or not encrypted",
    { controlPlaneUrl: "http://me:hunter2@c.example.net/?token=hunter2" },
    ['"http://…@c.example.net/?…" is not an https: URL'],
  ],
  ["a TTL of 0", { dns: ns1({ policy: roundRobin(), ttl: 0 }) }, ["dns.ttl: 0 is not within 1 to 86400"]],
  ["a valve that is never open", { trafficLimit: 0 }, ["trafficLimit: 0 is not within 1 to 100 points"]],
  ["a valve that is wider than all", { trafficLimit: 101 }, ["trafficLimit: 101 is not within 1 to 100"]],
  [
    "sizes of other regions, and not of its own",
    {
      dns: ns1({ policy: roundRobin(), within: [within("EUROPE", weighted({ aws: 1, stackpath: 1 }))] }),
      audience: { EUROPA: 20 },
    },
    [
      'audience.EUROPA: no policy is for this region alone; nearest: "EUROPE"',
      'audience: the size of "EUROPE" is missing',
    ],
  ],
  [
    "sizes beyond all users",
    {
      dns: ns1({ policy: roundRobin(), within: [within("EUROPE", weighted({ aws: 1, stackpath: 1 }))] }),
      audience: { EUROPE: 101 },
    },
    ['audience: {"EUROPE":101} are not percentages above 0 of at most 100 in all'],
  ],
  [
    "weights of 0, below it, of no fleet, and none",
    { dns: ns1({ policy: weighted({ aws: 0, awz: 5 }) }) },
    [
      "dns.policy.weights.aws: 0 is not above 0",
      'dns.policy.weights: no fleet is named "awz"; nearest: "aws"',
      'dns.policy.weights: the fleet "stackpath" has no weight',
    ],
  ],
  [
    "a negative price",
    { dns: ns1({ policy: cost({ aws: -1, stackpath: 1 }) }) },
    ["prices.aws: -1 is not above 0"],
  ],
  [
    "a failover to nowhere, twice, and not to a fleet",
    { dns: ns1({ policy: failover(["aws", "aws", "azure"]) }) },
    [
      'dns.policy.order: "aws" is there twice',
      'dns.policy.order: no fleet is named "azure"',
      'dns.policy.order: the fleet "stackpath" is missing',
    ],
  ],
  [
    "a policy in a region that is wrong",
    { dns: ns1({ policy: roundRobin(), within: [within("EUROPE", weighted({ aws: 1 }))] }) },
    ['dns.within.EUROPE.weights: the fleet "stackpath" has no weight'],
  ],
  [
    "a region twice",
    {
      dns: ns1({
        policy: roundRobin(),
        within: [within("EUROPE", capacity()), within("AFRICA", capacity()), within("EUROPE", roundRobin())],
      }),
    },
    ["dns.within.EUROPE: the region is there twice"],
  ],
  [
    "a policy for one fleet only",
    { dns: ns1({ policy: weighted({ aws: 1 }) }), fleets: [awsFleet()] },
    ['dns.policy: weighted shares between fleets, and there is only "aws"'],
  ],
  [
    "watermarks the wrong way round",
    { dns: ns1({ policy: capacity(), watermarks: { low: 90, high: 50 } }) },
    ['dns.watermarks: {"low":90,"high":50} are not percentages'],
  ],
  [
    "a watermark beyond what a fleet can carry",
    { dns: ns1({ policy: capacity(), watermarks: { low: 90, high: 101 } }) },
    ["dns.watermarks"],
  ],
  [
    "IPv6 on some fleets, and AAAA records for all",
    { fleets: [awsFleet({ ipv6: true }), stackpathFleet()] },
    ['dns.ipv6: "all" cannot be had: IPv6 on aws, none on stackpath'],
  ],
  [
    "more answers than a reply holds",
    { fleets: Array.from({ length: 16 }, (_, index) => stackpathFleet({ name: `fleet-${index}` })) },
    ["dns.policy: round robin answers with all 16 fleets; 15 A records fit into a plain DNS reply"],
  ],
  [
    "more IPv6 answers than a reply holds",
    { fleets: Array.from({ length: 9 }, (_, index) => awsFleet({ name: `fleet-${index}`, ipv6: true })) },
    ["round robin answers with all 9 fleets; 8 AAAA records fit"],
  ],
  [
    "a log key in a state that is a plain file",
    { sandbox: false, state: { kind: "local" } },
    ['state.kind: "local" is a file in plain text, and the state of stackpath holds a secret'],
  ],
  [
    "a provider's own secret in a state that is a plain file",
    { sandbox: false, state: { kind: "local" }, fleets: [{ ...awsFleet(), secretsInState: true }] },
    ['state.kind: "local" is a file in plain text, and the state of aws holds a secret'],
  ],
  [
    "a sandbox with its state elsewhere",
    { sandbox: true, state: S3 },
    ["state.kind: a sandbox's state is local"],
  ],
  ["a name with a hyphen last", { name: "test-" }, ['name: "test-" is not a name']],
  [
    "a name that AWS keeps for itself",
    { name: "internal" },
    ['begin with "internal-" for itself: "internal-aws"'],
  ],
  [
    "a health path over AWS's limit",
    { health: { path: `/${"x".repeat(255)}` } },
    ["health.path: AWS allows 255"],
  ],
  [
    "an account id that is none",
    { fleets: [awsFleet({ accountId: "1234" })] },
    ['fleets.aws.accountId: "1234" is not an account id of twelve digits'],
  ],
  [
    "a region that JavaScript knows",
    { fleets: [awsFleet({ sites: { constructor: { nodes: 2 } } })] },
    ['fleets.aws.sites["constructor"]: no such AWS region'],
  ],
  [
    "two sites whose targets have one name",
    { fleets: [stackpathFleet({ sites: { SEA: { nodes: 1 }, sea: { nodes: 1, locations: ["AMS"] } } })] },
    ['fleets.stackpath.sites: "sea" is named more than once'],
  ],
  ["a name with capitals", { name: "Test" }, ['name: "Test" is not a name']],
  ["a fleet name with a space", { fleets: [awsFleet({ name: "aws eu" })] }, ['"aws eu" is not a name']],
  [
    "a size that no instance type has",
    { fleets: [awsFleet({ size: { cpu: 3, memoryGiB: 7 } })] },
    ["fleets.aws.size: aws has no size of 3 CPU and 7 GiB; nearest: 4 CPU and 8 GiB"],
  ],
  [
    "zero nodes",
    { fleets: [awsFleet({ sites: { "us-east-1": { nodes: 0 } } })] },
    ['fleets.aws.sites["us-east-1"].nodes: 0 is not a number of nodes; 1 to 1000 are'],
  ],
  [
    "negative nodes",
    { fleets: [stackpathFleet({ sites: { SEA: { nodes: -2 } } })] },
    ["-2 is not a number of nodes"],
  ],
  [
    "half a node",
    { fleets: [stackpathFleet({ sites: { SEA: { nodes: 1.5 } } })] },
    ["1.5 is not a number of nodes"],
  ],
  ["no sites", { fleets: [awsFleet({ sites: {} })] }, ["fleets.aws.sites: there are none"]],
  ["no capacity", { fleets: [awsFleet({ connectionsPerNode: 0 })] }, ["fleets.aws.connectionsPerNode: 0"]],
  [
    "an unknown region",
    { fleets: [awsFleet({ sites: { "us-esat-1": { nodes: 2 } } })] },
    ['fleets.aws.sites["us-esat-1"]: no such AWS region; nearest: "us-east-1"'],
  ],
  [
    "an unknown city",
    { fleets: [stackpathFleet({ sites: { SEE: { nodes: 2 } } })] },
    ['fleets.stackpath.sites["SEE"]: no such StackPath city "SEE"; nearest: "SEA"'],
  ],
  [
    "another region's zone",
    { fleets: [awsFleet({ sites: { "us-east-1": { nodes: 2, locations: ["use1-az1", "euc1-az1"] } } })] },
    ['"euc1-az1" is not a zone id of us-east-1'],
  ],
  [
    "one zone",
    { fleets: [awsFleet({ sites: { "us-east-1": { nodes: 2, locations: ["use1-az1"] } } })] },
    ["needs two or more zones, all distinct"],
  ],
  [
    "a zone twice",
    { fleets: [awsFleet({ sites: { "us-east-1": { nodes: 2, locations: ["use1-az1", "use1-az1"] } } })] },
    ["needs two or more zones, all distinct"],
  ],
  [
    "a dial over 100",
    { fleets: [awsFleet({ sites: { "us-east-1": { nodes: 2, trafficDial: 101 } } })] },
    ["trafficDial: 101 is not within 0 to 100"],
  ],
  [
    "a weight over 255",
    { fleets: [awsFleet({ sites: { "us-east-1": { nodes: 2, endpointWeight: 256 } } })] },
    ["endpointWeight: 256 is not within 0 to 255"],
  ],
  [
    "dual stack with UDP on AWS",
    { fleets: [awsFleet({ ipv6: true })], listeners: [{ port: 53, protocol: "UDP" }] },
    ["fleets.aws.ipv6: AWS cannot serve UDP (port 53) through a dual-stack accelerator"],
  ],
  ["IPv6 on StackPath", { fleets: [stackpathFleet({ ipv6: true })] }, ["addresses are IPv4 only"]],
  [
    "affinity on StackPath",
    { clientAffinity: "source-ip" },
    ["fleets.stackpath (clientAffinity): cannot be had"],
  ],
  [
    "scaling on AWS",
    { fleets: [awsFleet({ sites: { "us-east-1": { nodes: { min: 2, max: 4, cpuPercent: 50 } } } })] },
    ["scaling policies are not modelled"],
  ],
  [
    "nodes that cannot be spread evenly",
    { fleets: [stackpathFleet({ sites: { europe: { nodes: 3, locations: ["AMS", "FRA"] } } })] },
    ["3 nodes cannot be spread evenly over 2 cities"],
  ],
  [
    "a city in two sites",
    { fleets: [stackpathFleet({ sites: { SEA: { nodes: 2 }, west: { nodes: 1, locations: ["SEA"] } } })] },
    ['fleets.stackpath.sites: "SEA" is named more than once'],
  ],
  [
    "names over AWS's limit",
    { name: "a-very-long-environment", fleets: [awsFleet({ name: "a-long-fleet" })] },
    ['AWS allows 32 characters for "a-very-long-environment-a-long-fleet-443-tcp"'],
  ],
  [
    "host names over DNS's limit",
    { fleets: [stackpathFleet({ sites: { [`site-${"x".repeat(60)}`]: { nodes: 1, locations: ["SEA"] } } })] },
    ["63 are allowed"],
  ],
  [
    "user data over the limit",
    { controlPlaneUrl: `https://control.example.net/${tooMany}` },
    ["user data is 17", "user data is 18"],
  ],
  ["a log volume of no size", { fleets: [stackpathFleet({ logVolumeGiB: 0 })] }, ["logVolumeGiB: 0"]],
])("%s", (_, changes, expected) => {
  test("is refused, and nothing else with it", () => {
    const problems = problemsOf(changes);
    expect(problems).toHaveLength(expected.length);
    expected.forEach((text, index) => {
      expect(problems[index]).toContain(text);
    });
  });
});

test("scaling between wrong bounds is refused in all its parts", () => {
  const nodes: ScalingNodes = { min: 4, max: 2, cpuPercent: 0 };
  expect(problemsOf({ fleets: [stackpathFleet({ sites: { SEA: { nodes } } })] })).toEqual([
    'fleets.stackpath.sites["SEA"].nodes: max 2 is below min 4',
    'fleets.stackpath.sites["SEA"].nodes.cpuPercent: 0 is not within 1 to 100',
  ]);
});

test("control characters reach no terminal", () => {
  const evil = testEnvironment({ fleets: [awsFleet({ name: "a\u001b[31mws\u009b" })] });
  const attempt = () => planDeployment(evil, MANIFEST, emptyRecord("test"));
  expect(attempt).toThrow(/fleets\.a\\u001b\[31mws\\u009b\.name/);
  expect(attempt).not.toThrow(/[\u001b\u009b]/);
});

describe("the form of an environment", () => {
  const form = (changes: object) =>
    checkForm({ ...testEnvironment(), ...changes }).map(({ where, what }) => `${where}: ${what}`);
  const wished = (wish: object) => form({ fleets: [awsFleet(wish)] });

  test("is right for those that compile", () => {
    expect(form({})).toEqual([]);
    expect(form({ trafficLimit: 100, audience: {} })).toEqual([]);
    expect(form({ health: { port: 9000 }, clientAffinity: "source-ip", protect: true, state: S3 })).toEqual(
      [],
    );
  });

  test.each<[string, readonly string[], readonly string[]]>([
    ["a misspelt key", form({ listner: [] }), ['environment: Unrecognized key: "listner"']],
    [
      "a missing key",
      form({ zone: undefined }),
      ["zone: Invalid input: expected string, received undefined"],
    ],
    [
      "a protocol",
      form({ listeners: [{ port: 1, protocol: "SCTP" }] }),
      ["listeners.0.protocol: Invalid option"],
    ],
    [
      "a role",
      form({ listeners: [{ port: 1, protocol: "TCP", role: "x" }] }),
      ["listeners.0.role: Invalid option"],
    ],
    ["an affinity", form({ clientAffinity: "cookie" }), ["clientAffinity: Invalid option"]],
    ["a state", form({ state: { kind: "nfs" } }), ["state.kind: Invalid discriminator value"]],
    ["fleets that are none", form({ fleets: [{}] }), ["fleets.0: expected what a function such as aws"]],
    ["no fleets at all", form({ fleets: undefined }), ["fleets: Invalid input: expected array"]],
    ["no environment at all", checkForm(undefined).map(({ what }) => what), ["expected object"]],
    [
      "a misspelt option of DNS",
      form({ dns: ns1({ policy: roundRobin(), tll: 5 } as Parameters<typeof ns1>[0]) }),
      ['dns: Unrecognized key: "tll"'],
    ],
    [
      "a region that NS1 does not know, and a weight in words",
      form({
        dns: ns1({
          policy: weighted({ aws: "many" as unknown as number }),
          within: [within("MARS", roundRobin()) as never],
        }),
      }),
      ["dns.policy.weights.aws: Invalid input", "dns.within.0.region: Invalid option"],
    ],
    [
      "a misspelt drain",
      wished({ sites: { "us-east-1": { nodes: 2, endpointWieght: 0 } } }),
      ['fleets.aws.sites.us-east-1: Unrecognized key: "endpointWieght"'],
    ],
    [
      "another provider's option",
      wished({ logVolumeGiB: 20 }),
      ['fleets.aws: Unrecognized key: "logVolumeGiB"'],
    ],
    [
      "nodes as a word",
      wished({ sites: { "us-east-1": { nodes: "2" } } }),
      ["fleets.aws.sites.us-east-1.nodes"],
    ],
    ["no size", wished({ size: undefined }), ["fleets.aws.size: Invalid input: expected object"]],
  ])("names %s", (_, problems, expected) => {
    expect(problems).toHaveLength(expected.length);
    expected.forEach((text, index) => {
      expect(problems[index]).toContain(text);
    });
  });
});

test("all problems are reported at once, in one message", () => {
  const broken = testEnvironment({
    zone: "edge",
    listeners: [{ port: 0, protocol: "TCP" }],
    fleets: [awsFleet({ sites: { "us-esat-1": { nodes: 0 } } }), stackpathFleet({ ipv6: true })],
  });
  const attempt = () => planDeployment(broken, MANIFEST, emptyRecord("test"));
  expect(attempt).toThrow(/has 6 problems:\n {2}- zone: /);
  expect(attempt).toThrow(/us-esat-1/);
  expect(attempt).toThrow(/IPv4 only/);
});
