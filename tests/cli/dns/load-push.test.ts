import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { loadAlarms, pushLoad } from "../../../cli/dns/load-push";
import type { DnsApi } from "../../../constructs/dns/dns-api";
import { ns1 } from "../../../constructs/dns/ns1/ns1";
import { capacity, roundRobin, within } from "../../../constructs/dns/traffic-policy";
import type { Environment } from "../../../constructs/fleet/environment";
import { PolycastError } from "../../../constructs/fleet/problem";
import { cloudwatch } from "../../../constructs/management/cloudwatch/cloudwatch";
import type { ManagementPlane } from "../../../constructs/management/management-plane";
import { testEnvironment } from "../../environment-for-tests";

const TOKEN = "secret-of-the-operator";
const node = (name: string, fleet: string, connections: number) => ({
  ...{ name, fleet, site: "s", provider: fleet, release: "r1", health: "healthy" },
  ...{ since: "2030-01-01T00:00:00.000Z", connections, silentSeconds: 1 },
});

let nodes: object[];
let pushed: Record<string, number>[];
let controlPlane: Server;
let url: string;

beforeEach(async () => {
  nodes = [node("a", "aws", 10), node("b", "aws", 5), node("c", "stackpath", 7)];
  pushed = [];
  controlPlane = createServer((_, response) => {
    response.end(JSON.stringify({ revision: "1", complete: true, nodes, gone: [] }));
  });
  await new Promise<void>((resolve) => controlPlane.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(controlPlane.address() as AddressInfo).port}`;
});
afterEach(() => new Promise((resolve) => controlPlane.close(resolve)));

function environmentWith(policy = capacity(), api: Partial<DnsApi> = {}): Environment {
  const dns: DnsApi = {
    endpoint: "https://dns.test/",
    held: () => Promise.resolve(undefined),
    pushLoad: (_, connections) => Promise.resolve(void pushed.push(connections)),
    ...api,
  };
  return testEnvironment({
    sandbox: false,
    controlPlaneUrl: url,
    dns: { ...ns1({ policy }), api: () => dns },
  });
}
const env = { POLYCAST_CONTROL_PLANE_TOKEN: TOKEN };

test("each fleet's connections reach its feed", async () => {
  const report = await pushLoad(environmentWith(), env);
  expect(pushed).toEqual([{ aws: 15, stackpath: 7 }]);
  expect(report.fleets).toEqual([
    { fleet: "aws", connections: 15, pushed: 15 },
    { fleet: "stackpath", connections: 7, pushed: 7 },
  ]);
  expect(loadAlarms(report)).toEqual([]);
});

test.each([
  [
    "missing",
    () => [node("a", "aws", 2_000)],
    "stackpath: none of its nodes is known to the control plane; until it is mended, DNS shares by plain weights, whatever the fleets' load",
  ],
  [
    "stale",
    () => [node("a", "aws", 2_000), { ...node("c", "stackpath", 7), silentSeconds: 11 }],
    "stackpath: 1 of its 1 nodes silent for more than 10 s; until it is mended, DNS shares by plain weights, whatever the fleets' load",
  ],
])("a reading that is %s raises an alarm, and no fleet sheds", async (_, registered, alarm) => {
  nodes = registered();
  const report = await pushLoad(environmentWith(), env);
  expect(pushed).toEqual([{ aws: 0, stackpath: 0 }]);
  expect(report.fleets).toMatchObject([
    { fleet: "aws", connections: 2_000, pushed: 0 },
    { fleet: "stackpath", pushed: 0 },
  ]);
  expect(loadAlarms(report)).toEqual([alarm]);
});

test("a control plane that does not answer leaves no old readings behind", async () => {
  const dead = { ...environmentWith(), controlPlaneUrl: "http://127.0.0.1:9" };
  const report = await pushLoad(dead, env);
  expect(pushed).toEqual([{ aws: 0, stackpath: 0 }]);
  expect(loadAlarms(report)).toHaveLength(2);
  expect(loadAlarms(report).join()).toContain("http://127.0.0.1:9/v1/nodes");
  expect(JSON.stringify(report)).not.toContain(TOKEN);
});

test("without a token nobody is asked, and that is an alarm", async () => {
  expect(loadAlarms(await pushLoad(environmentWith(), {})).join()).toContain(
    "set POLYCAST_CONTROL_PLANE_TOKEN",
  );
  expect(pushed).toEqual([{ aws: 0, stackpath: 0 }]);
});

test("nothing is pushed where nothing looks at it", async () => {
  expect(await pushLoad(environmentWith(roundRobin()), env)).toMatchObject({
    unneeded: expect.any(String) as string,
  });
  const readOnly: DnsApi = { endpoint: "https://dns.test/", held: () => Promise.resolve(undefined) };
  const without = environmentWith();
  const report = await pushLoad({ ...without, dns: { ...without.dns, api: () => readOnly } }, env);
  expect(report.unneeded).toBe("ns1 steers by no load");
  expect(pushed).toEqual([]);
});

test("a policy of one region that looks at load is enough", async () => {
  const environment = environmentWith(roundRobin());
  const regional = ns1({ policy: roundRobin(), within: [within("EUROPE", capacity())] });
  await pushLoad({ ...environment, dns: { ...environment.dns, traffic: regional.traffic } }, env);
  expect(pushed).toHaveLength(1);
});

describe("whoever watches", () => {
  let told: unknown[];
  beforeEach(() => {
    told = [];
  });
  const watched = (report: ManagementPlane["report"]) => ({
    ...environmentWith(),
    management: { ...cloudwatch({ region: "us-east-1", notify: ["ops@example.net"] }), report },
  });
  const listen: ManagementPlane["report"] = (...args) => {
    told.push(args);
    return Promise.resolve();
  };

  test("is told of a push that knew every fleet's load", async () => {
    expect(await pushLoad(watched(listen), env)).not.toHaveProperty("untold");
    expect(told).toEqual([["test", "load-pushes", 1]]);
  });

  test("is not told of one that lacked a reading", async () => {
    nodes = [node("a", "aws", 2_000)];
    await pushLoad(watched(listen), env);
    expect(pushed).toHaveLength(1);
    expect(told).toEqual([]);
  });

  test("may not be there: the push is done, and says so", async () => {
    const report = await pushLoad(
      watched(() => Promise.reject(new PolycastError("CloudWatch was not told"))),
      env,
    );
    expect(pushed).toHaveLength(1);
    expect(report.untold).toBe("CloudWatch was not told");
  });
});

test("a DNS service that refuses is an error", async () => {
  const refuse = { pushLoad: () => Promise.reject(new PolycastError("NS1's API refuses")) };
  await expect(pushLoad(environmentWith(capacity(), refuse), env)).rejects.toThrow("NS1's API refuses");
});
