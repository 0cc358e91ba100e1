import { Refusal, UNKNOWN, type Values } from "../../../../constructs/fleet/simulation";
import { aws } from "../../../../constructs/providers/aws/simulation";
import { healthChecks } from "../../../../constructs/providers/aws/life-health-checks";
import { text } from "../../../../constructs/providers/aws/simulation-cloud";
import { emptyBlock } from "../../../../sandbox/engine/values";
import { cloudObjects } from "../../cloud-objects";
import { SimulatedCloud } from "../../simulated-cloud";

const [ZONE, RECORD, CHECK] = ["aws_route53_zone", "aws_route53_record", "aws_route53_health_check"] as const;

let cloud: SimulatedCloud;
let zone: Values;
beforeEach(() => {
  cloud = new SimulatedCloud(aws, { ...emptyBlock(aws.schema.provider.block), region: "us-east-1" });
  zone = cloud.create(ZONE, { name: "example.net" });
});

function refused(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Refusal) return error.message;
    throw error;
  }
  throw new Error("nothing was refused");
}

const record = (changes: Values = {}): Values =>
  cloud.create(RECORD, {
    zone_id: text(zone["id"]),
    name: "www.example.net",
    type: "A",
    ...("alias" in changes ? {} : { ttl: 60, records: ["192.0.2.1"] }),
    ...changes,
  });
const alias = (name: string): Values => ({
  name,
  zone_id: text(zone["id"]),
  evaluate_target_health: true,
});
const weighted = (identifier: string, weight: number, changes: Values = {}): Values =>
  record({ set_identifier: identifier, weighted_routing_policy: [{ weight }], ...changes });

describe("a zone", () => {
  test("has an id, an ARN without an account, and four name servers in order", () => {
    expect(zone["id"]).toMatch(/^Z[A-Z0-9]{20}$/);
    expect(zone["zone_id"]).toBe(zone["id"]);
    expect(zone["arn"]).toBe(`arn:aws:route53:::hostedzone/${text(zone["id"])}`);
    const servers = zone["name_servers"] as string[];
    expect(servers).toHaveLength(4);
    expect(servers).toEqual(servers.toSorted());
    expect(servers).toContain(zone["primary_name_server"]);
    for (const server of servers) expect(server).toMatch(/^ns-\d+\.awsdns-\d\d\.(com|net|org|co\.uk)$/);
  });

  test.each([
    ["Example.NET.", "example.net"],
    ["a_b.example.net", "a_b.example.net"],
    ["*.example.net", "\\052.example.net"],
    ["\\052.example.net", "\\052.example.net"],
    [".", "."],
  ])("named %s is %s", (name, held) => {
    expect(cloud.create(ZONE, { name })["name"]).toBe(held);
  });

  test("goes only when it is empty, or by force with all that is in it", () => {
    const held = record();
    expect(
      refused(() => {
        cloud.delete(ZONE, zone);
      }),
    ).toMatch(/DeleteHostedZone,.*HostedZoneNotEmpty: The specified/);
    cloud.delete(ZONE, { ...zone, force_destroy: true });
    expect(cloud.get(RECORD, text(held["id"]))).toBeUndefined();
  });

  test("may be private; a network without a region is in the provider's", () => {
    const vpc = [{ vpc_id: "vpc-1", vpc_region: null }];
    expect(cloud.create(ZONE, { name: "x.test", vpc })["vpc"]).toEqual([
      { vpc_id: "vpc-1", vpc_region: "us-east-1" },
    ]);
  });
});

describe("a record", () => {
  test("is named after its zone, and its id says zone, name, type and identifier", () => {
    expect(record({ name: "*" })).toMatchObject({ id: `${text(zone["id"])}_*_A`, fqdn: "*.example.net" });
    expect(record({ name: "" })).toMatchObject({ fqdn: "example.net" });
    expect(record({ name: "WWW.Example.net." })).toMatchObject({ name: "www.example.net" });
    expect(weighted("one", 1, { name: "w" })["id"]).toBe(`${text(zone["id"])}_w_A_one`);
  });

  test("changed in what its id says is another object", () => {
    const before = weighted("one", 1);
    const after = cloud.update(RECORD, before, { set_identifier: "two" });
    expect(after["id"]).toBe(`${text(zone["id"])}_www.example.net_A_two`);
    expect(cloud.list(RECORD)).toHaveLength(1);
    expect(cloud.update(RECORD, after, { ttl: 30 })).toMatchObject({ id: after["id"], ttl: 30 });
  });

  test("is found by its id", () => {
    const { id } = weighted("a_b", 1);
    const find = aws.resources[RECORD]?.find;
    expect(find?.(text(id), cloud)?.id).toBe(id);
    expect(refused(() => find?.("nonsense", cloud))).toMatch(/^unexpected format of ID \("nonsense"\)/);
  });

  test("an alias may say its target in any case", () => {
    record({ name: "target" });
    expect(record({ name: "a", alias: [alias("Target.Example.NET.")] })["alias"]).toMatchObject([
      { name: "target.example.net" },
    ]);
    expect(record({ name: "*" })["fqdn"]).toBe("*.example.net");
    expect(record({ name: "b", alias: [alias("*.example.net")] })["alias"]).toMatchObject([
      { name: "\\052.example.net" },
    ]);
  });

  test.each<[string, () => unknown, RegExp]>([
    ["in no zone", () => record({ zone_id: "Z0" }), /reading Route 53 Hosted Zone \(Z0\).*NoSuchHostedZone/],
    [
      "twice",
      () => [record(), record()],
      /InvalidChangeBatch: \[Tried to create resource record set \[name='www.example.net.', type='A'\] but it already exists\]/,
    ],
    [
      "twice with an identifier",
      () => [weighted("a", 1), weighted("a", 2)],
      /set identifier='a'\] but it already exists/,
    ],
    ["twice, spelt in two ways", () => [record(), record({ name: "www" })], /already exists/],
    [
      "of two routings",
      () => [record(), weighted("a", 1)],
      /SetIdentifier a cannot be created as other RRSets exist/,
    ],
    [
      "primary twice",
      () =>
        ["a", "b"].map((set_identifier) =>
          record({ set_identifier, failover_routing_policy: [{ type: "PRIMARY" }] }),
        ),
      /cannot be created as other RRSets exist/,
    ],
    [
      "a CNAME beside others",
      () => [record(), record({ type: "CNAME", records: ["x.test"] })],
      /conflicts with other records/,
    ],
    [
      "no address",
      () => record({ records: ["x"] }),
      /ARRDATAIllegalIPv4Address \(Value is not a valid IPv4 address\) encountered with 'x'/,
    ],
    ["of the other family", () => record({ type: "AAAA" }), /AAAARRDATAIllegalIPv6Address/],
    ["without a TTL", () => record({ ttl: null }), /missing field 'TTL'/],
    ["too heavy", () => weighted("a", 256), /Value '256' at .*weight/],
    ["lighter than nothing", () => weighted("a", -1), /Value '-1' at .*weight/],
    [
      "identified, but not routed",
      () => record({ set_identifier: "a" }),
      /SetIdentifier needs a routing policy/,
    ],
    [
      "an alias to nothing",
      () => record({ alias: [alias("none.example.net")] }),
      /alias that targets none.example.net., type A in zone .*, but that target was not found/,
    ],
    [
      "an alias to another type",
      () => [
        record({ name: "six", type: "AAAA", records: ["2001:db8::1"] }),
        record({ alias: [alias("six.example.net")] }),
      ],
      /not found/,
    ],
    [
      "a multivalue alias",
      () => [
        record({ name: "x" }),
        record({
          alias: [alias("x.example.net")],
          multivalue_answer_routing_policy: true,
          set_identifier: "a",
        }),
      ],
      /cannot be an alias/,
    ],
    [
      "checked by nothing",
      () => weighted("a", 1, { health_check_id: "none" }),
      /NoSuchHealthCheck: No health check exists with the specified ID none/,
    ],
  ])("is refused: %s", (_, action, message) => {
    expect(refused(action)).toMatch(message);
  });

  test("beside others of another type, or of its own routing, is taken", () => {
    weighted("a", 0);
    weighted("b", 255);
    record({ type: "AAAA", records: ["2001:db8::1"] });
    expect(cloud.list(RECORD)).toHaveLength(3);
  });

  test.each<[Values, string]>([
    [{ zone_id: "" }, "zone_id must not be empty, got "],
    [{ type: "a" }, "expected type to be one of"],
    [{ weighted_routing_policy: [{ weight: 1 }] }, "Missing required argument"],
  ])("with %j is not valid", (changes, message) => {
    const config = { zone_id: "z", name: "x", type: "A", ttl: 1, records: ["192.0.2.1"], ...changes };
    expect(cloud.validate(RECORD, config)[0]?.summary).toContain(message);
  });
});

describe("a health check", () => {
  const check = (changes: Values = {}): Values =>
    cloud.create(CHECK, { type: "TCP", ip_address: "192.0.2.1", port: 443, ...changes });

  test("has what Route 53 decides", () => {
    expect(check()).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      failure_threshold: 3,
      request_interval: 30,
      enable_sni: false,
      triggers: {},
    });
    const https = check({ type: "HTTPS", port: null, failure_threshold: 5, request_interval: 10 });
    expect(https).toMatchObject({ enable_sni: true, port: 443, failure_threshold: 5, request_interval: 10 });
    expect(https["arn"]).toBe(`arn:aws:route53:::healthcheck/${text(https["id"])}`);
  });

  test("keeps what is not changed", () => {
    const held = check();
    expect(cloud.update(CHECK, held, { port: 444 })).toMatchObject({
      id: held["id"],
      port: 444,
      failure_threshold: 3,
    });
  });

  test.each<[Values, RegExp]>([
    [{ ip_address: null }, /CreateHealthCheck.*InvalidInput: .*needs an IPAddress or a FullyQualified/],
    [{ port: null }, /TCP needs a Port/],
    [{ type: "HTTP_STR_MATCH" }, /needs a SearchString/],
    [{ type: "CALCULATED" }, /needs ChildHealthChecks/],
    [{ type: "CALCULATED", child_healthchecks: ["none"] }, /specified ID none/],
  ])("with %j is refused", (changes, message) => {
    expect(refused(() => check(changes))).toMatch(message);
  });

  test("stays while another one looks at it, and goes while records do", () => {
    const child = check();
    const parent = check({
      type: "CALCULATED",
      child_healthchecks: [text(child["id"])],
      child_health_threshold: 1,
    });
    expect(
      refused(() => {
        cloud.delete(CHECK, child);
      }),
    ).toMatch(/HealthCheckInUse/);
    cloud.delete(CHECK, parent);
    weighted("a", 1, { health_check_id: text(child["id"]) });
    cloud.delete(CHECK, child);
    expect(cloud.list(CHECK)).toEqual([]);
  });

  test.each<[Values, string[]]>([
    [{ regions: ["us-east-1", "us-west-1"] }, ["Not enough list items"]],
    [{ regions: ["us-east-1", "us-west-1", UNKNOWN] }, []],
    [{ regions: ["us-east-1", "us-west-1", "x"] }, ["expected regions to be one of"]],
    [{ ip_address: "x" }, ["expected ip_address to contain a valid IP, got: x"]],
    [{ child_health_threshold: 257 }, ["expected child_health_threshold to be at most (256), got 257"]],
  ])("with %j: %j", (changes, messages) => {
    const found = cloud.validate(CHECK, { type: "TCP", ...changes }).map(({ summary }) => summary);
    expect(found).toEqual(messages.map((message) => expect.stringContaining(message) as string));
  });
});

describe("the health checks as monitors", () => {
  const monitors = (changes: Values) =>
    healthChecks(
      cloudObjects({
        aws_route53_health_check: [
          {
            id: "h",
            type: "TCP",
            ip_address: "192.0.2.1",
            port: 443,
            request_interval: 30,
            failure_threshold: 3,
            disabled: false,
            tags: null,
            ...changes,
          },
        ],
      }),
    );

  test("look from everywhere, and move the feed of their own id", () => {
    const [monitor] = monitors({});
    expect(monitor).toMatchObject({
      id: "h",
      name: "h",
      active: true,
      probe: { kind: "tcp", address: "192.0.2.1", port: 443 },
      frequencySeconds: 30,
      looksInARow: 3,
      policy: { upAbovePercent: 18 },
      feeds: ["h"],
    });
    expect(monitor?.from).toHaveLength(8);
    for (const { position } of monitor?.from ?? [])
      expect(position).not.toEqual({ latitude: 0, longitude: 0 });
  });

  test("look from where they are told to, and are called as they are tagged", () => {
    const [monitor] = monitors({
      regions: ["eu-west-1", "sa-east-1", "us-east-1"],
      tags: { Name: "aws, A" },
    });
    expect(monitor?.from.map(({ name }) => name)).toEqual(["eu-west-1", "sa-east-1", "us-east-1"]);
    expect(monitor?.name).toBe("aws, A");
  });

  test.each<[Values, unknown]>([
    [
      { type: "HTTPS", resource_path: "/x" },
      { kind: "http", address: "192.0.2.1", port: 443, path: "/x" },
    ],
    [{ type: "HTTP" }, { kind: "http", address: "192.0.2.1", port: 443, path: "/" }],
    [{ type: "CALCULATED" }, undefined],
    [{ ip_address: "", fqdn: "example.net" }, undefined],
  ])("with %j ask %j", (changes, probe) => {
    expect(monitors(changes)[0]?.probe).toEqual(probe);
  });

  test("do not look while they are disabled", () => {
    expect(monitors({ disabled: true })[0]?.active).toBe(false);
  });
});
