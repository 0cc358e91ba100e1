import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { route53Api } from "../../../../constructs/dns/route53/route53-api";

const ZONE = "edge.test";
const SECRET = "secret-of-the-account";
const zoneXml = (id: string, name = `${ZONE}.`, isPrivate = false) =>
  `<HostedZone><Id>/hostedzone/${id}</Id><Name>${name}</Name><CallerReference>x</CallerReference>
   <Config><PrivateZone>${isPrivate}</PrivateZone></Config></HostedZone>`;
const zones = (...xml: string[]) =>
  `<ListHostedZonesByNameResponse><HostedZones>${xml.join("")}</HostedZones></ListHostedZonesByNameResponse>`;
const errorXml = (code: string) =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>not today</Message></Error></ErrorResponse>`;
const records = (...xml: string[]) =>
  `<ListResourceRecordSetsResponse><ResourceRecordSets>${xml.join("")}</ResourceRecordSets>
   <IsTruncated>false</IsTruncated></ListResourceRecordSetsResponse>`;
const WILDCARD = `<ResourceRecordSet><Name>\\052.${ZONE}.</Name><Type>A</Type><SetIdentifier>aws</SetIdentifier>
  <Weight>25</Weight><TTL>60</TTL><HealthCheckId>c1</HealthCheckId>
  <ResourceRecords><ResourceRecord><Value>192.0.2.1</Value></ResourceRecord></ResourceRecords></ResourceRecordSet>`;
const BY_LATENCY = `<ResourceRecordSet><Name>www.${ZONE}.</Name><Type>A</Type><SetIdentifier>x</SetIdentifier>
  <Region>eu-west-1</Region><TTL>60</TTL></ResourceRecordSet>`;
const checkXml = (config = "<Type>TCP</Type><Disabled>true</Disabled>") =>
  `<GetHealthCheckResponse><HealthCheck><Id>c1</Id><HealthCheckConfig>${config}</HealthCheckConfig></HealthCheck></GetHealthCheckResponse>`;
const statusXml = (...statuses: string[]) =>
  `<GetHealthCheckStatusResponse><HealthCheckObservations>${statuses
    .map(
      (status) =>
        `<HealthCheckObservation><StatusReport><Status>${status}</Status></StatusReport></HealthCheckObservation>`,
    )
    .join("")}</HealthCheckObservations></GetHealthCheckStatusResponse>`;

/** What Route 53 answers, by path. */
let replies: Record<string, readonly [status: number, body: string]>;
let asked: string[];
let server: Server;
let variables: Record<string, string>;

beforeEach(async () => {
  asked = [];
  replies = {
    hostedzonesbyname: [200, zones(zoneXml("Z1"), zoneXml("Z3", "next.test."))],
    "hostedzone/Z1": [
      200,
      `<GetHostedZoneResponse>${zoneXml("Z1")}<DelegationSet><NameServers><NameServer>ns-2.test</NameServer>
       <NameServer>ns-1.test</NameServer></NameServers></DelegationSet></GetHostedZoneResponse>`,
    ],
    "hostedzone/Z1/rrset": [200, records(WILDCARD, BY_LATENCY)],
    "healthcheck/c1": [200, checkXml()],
    "healthcheck/c1/status": [200, statusXml("Success: fine", "Failure: broken")],
  };
  server = createServer(({ method = "", url = "", headers }, response) => {
    const { pathname } = new URL(url, "http://localhost");
    asked.push(`${method} ${pathname} ${/Credential=(\w+)/.exec(headers.authorization ?? "")?.[1] ?? ""}`);
    const [status, body] = replies[pathname.replace("/2013-04-01/", "")] ?? [404, ""];
    response.writeHead(status, { "Content-Type": "text/xml" }).end(body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  variables = {
    AWS_ENDPOINT_URL_ROUTE_53: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    AWS_ACCESS_KEY_ID: "id",
    AWS_SECRET_ACCESS_KEY: SECRET,
  };
});
afterEach(async () => {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
});

const held = (changes: Record<string, string> = {}) => route53Api({ ...variables, ...changes }).held(ZONE);

test("what is held, in the form of Terraform's resources", async () => {
  expect(await held()).toMatchObject({
    nameServers: ["ns-2.test", "ns-1.test"],
    objects: {
      aws_route53_zone: [{ zone_id: "Z1", name: ZONE, name_servers: ["ns-1.test", "ns-2.test"] }],
      aws_route53_record: [
        {
          ...{ zone_id: "Z1", fqdn: `*.${ZONE}`, type: "A", ttl: 60, records: ["192.0.2.1"] },
          ...{ set_identifier: "aws", health_check_id: "c1", weighted_routing_policy: [{ weight: 25 }] },
          ...{ alias: [], failover_routing_policy: [], latency_routing_policy: [] },
        },
        { latency_routing_policy: [{ region: "eu-west-1" }] },
      ],
      aws_route53_health_check: [{ id: "c1", type: "TCP", disabled: true }],
    },
    feeds: { c1: { up: true } },
  });
});

test("is asked for with the key, and changes nothing", async () => {
  await held();
  expect(asked).toHaveLength(5);
  expect(asked.every((request) => /^GET .* id$/.test(request))).toBe(true);
});

test.each([
  [["Success: 1", ...Array.from({ length: 4 }, () => "Failure: 0")], { c1: { up: true } }],
  [["Success: 1", ...Array.from({ length: 5 }, () => "Failure: 0")], { c1: { up: false } }],
  [[], {}],
])("healthy where more than 18 %% of the observers say so: %j", async (statuses, feeds) => {
  replies = { ...replies, "healthcheck/c1/status": [200, statusXml(...statuses)] };
  expect((await held())?.feeds).toEqual(feeds);
});

test("a check of checks has no status, and one that is gone says nothing", async () => {
  const config =
    "<Type>CALCULATED</Type><HealthThreshold>1</HealthThreshold><ChildHealthChecks><ChildHealthCheck>c2</ChildHealthCheck></ChildHealthChecks>";
  replies = { ...replies, "healthcheck/c1": [200, checkXml(config)] };
  const calculated = await held();
  expect(calculated?.feeds).toEqual({});
  expect(calculated?.objects["aws_route53_health_check"]).toMatchObject([
    { child_healthchecks: ["c2"], child_health_threshold: 1 },
  ]);
  expect(asked.some((request) => request.includes("/status"))).toBe(false);
  replies = { ...replies, "healthcheck/c1": [404, errorXml("NoSuchHealthCheck")] };
  expect((await held())?.objects["aws_route53_health_check"]).toEqual([]);
});

test("no such zone: none of that name, only a private one, or one that is deleted meanwhile", async () => {
  replies = { ...replies, hostedzonesbyname: [200, zones(zoneXml("Z3", "next.test."))] };
  expect(await held()).toBeUndefined();
  replies = { ...replies, hostedzonesbyname: [200, zones(zoneXml("Z1", `${ZONE}.`, true))] };
  expect(await held()).toBeUndefined();
  replies = {
    hostedzonesbyname: [200, zones(zoneXml("Z1"))],
    "hostedzone/Z1": [404, errorXml("NoSuchHostedZone")],
  };
  expect(await held()).toBeUndefined();
});

describe("errors say what and how to mend it, and never the secret", () => {
  test.each([
    ["no permission", [403, errorXml("AccessDenied")], "they must allow route53:ListHostedZonesByName"],
    ["another error", [400, errorXml("InvalidInput")], "status 400: InvalidInput: not today"],
    [
      "two zones",
      [200, zones(zoneXml("Z1"), zoneXml("Z2"))],
      "2 public zones: /hostedzone/Z1, /hostedzone/Z2",
    ],
    ["what is another API", [200, "<Hello/>"], "not what Route 53 says"],
    ["what is no XML", [200, "nothing"], "not what Route 53 says"],
  ] as const)("%s", async (_, reply, message) => {
    replies = { hostedzonesbyname: reply };
    const asking = held();
    await expect(asking).rejects.toThrow(message);
    await expect(asking).rejects.toMatchObject({ name: "PolycastError" });
    await expect(asking).rejects.not.toThrow(SECRET);
  });

  test("nobody there", async () => {
    await expect(held({ AWS_ENDPOINT_URL_ROUTE_53: "http://127.0.0.1:9" })).rejects.toThrow(
      "cannot be reached",
    );
  });

  test("nobody answers", async () => {
    jest.spyOn(AbortSignal, "timeout").mockImplementation(() => AbortSignal.abort());
    await expect(held()).rejects.toThrow("no answer within 10 s");
    jest.restoreAllMocks();
  });

  test.each(["nowhere", "file:///etc/passwd"])("an endpoint that is %s", (endpoint) => {
    expect(() => route53Api({ AWS_ENDPOINT_URL_ROUTE_53: endpoint })).toThrow(
      `AWS_ENDPOINT_URL_ROUTE_53: is "${endpoint}"`,
    );
  });

  test("no credentials anywhere", async () => {
    const before = process.env;
    const nowhere = { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null" };
    const others = Object.entries(before).filter(([name]) => !name.startsWith("AWS_"));
    process.env = { ...Object.fromEntries(others), ...nowhere, AWS_EC2_METADATA_DISABLED: "true" };
    await expect(held({ AWS_ACCESS_KEY_ID: "" }).finally(() => (process.env = before))).rejects.toThrow(
      "Set AWS_PROFILE",
    );
    expect(asked).toEqual([]);
  });

  test("without an endpoint it is Route 53's own", () => {
    expect(route53Api({}).endpoint).toBe("https://route53.amazonaws.com");
  });
});
