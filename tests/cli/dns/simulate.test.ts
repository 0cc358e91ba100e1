import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseReadings, simulate } from "../../../cli/dns/simulate";
import { synthesizedDns } from "../../../cli/dns/synthesized-dns";
import type { UsersTraffic } from "../../../cli/dns/simulated-traffic";
import { ns1 } from "../../../constructs/dns/ns1/ns1";
import { route53 } from "../../../constructs/dns/route53/route53";
import type { FleetReading } from "../../../constructs/dns/traffic-model";
import { capacity, failover, roundRobin, weighted, within } from "../../../constructs/dns/traffic-policy";
import type { Environment } from "../../../constructs/fleet/environment";
import { fileLiveStore } from "../../../live/file-live-store";
import { awsFleet, stackpathFleet, testEnvironment } from "../../environment-for-tests";
import { cases, SEED } from "../../seeded";

const QUERIES = cases(70_000);

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "polycast-simulate-"));
});
afterAll(() => {
  rmSync(home, { recursive: true });
});

async function run(
  changes: Partial<Environment>,
  readings: Readonly<Record<string, FleetReading>> = {},
): Promise<readonly UsersTraffic[]> {
  const environment = testEnvironment({ name: "sandbox", ...changes });
  const code = await synthesizedDns(environment, fileLiveStore("sandbox", home));
  return simulate(environment, code, readings, { queries: QUERIES, seed: SEED }).users;
}

/** Percent by fleet. */
function sharesOf(users: readonly UsersTraffic[], type = "A", region?: string): Record<string, number> {
  const group = users.find((each) => each.type === type && each.region === region);
  return Object.fromEntries((group?.fleets ?? []).map(({ fleet, model }) => [fleet, model]));
}

/** Five standard errors: beyond, the chain is not what the model says. */
function expectLikely(users: readonly UsersTraffic[]): void {
  const errors = users.flatMap(({ fleets }) =>
    fleets.map(({ standardErrors }) => Math.abs(standardErrors ?? Infinity)),
  );
  expect(users.length).toBeGreaterThan(0);
  expect([SEED, Math.max(...errors) <= 5]).toEqual([SEED, true]);
  expect(users.reduce((sum, { unanswered }) => sum + unanswered, 0)).toBe(0);
}

const both = [awsFleet({ ipv6: true }), stackpathFleet()];

test.each([
  ["round robin", ns1({ policy: roundRobin() }), {}, { aws: 50, stackpath: 50 }],
  ["weighted", ns1({ policy: weighted({ aws: 25, stackpath: 75 }) }), {}, { aws: 25, stackpath: 75 }],
  ["a fleet is down", ns1({ policy: roundRobin() }), { aws: { up: false } }, { aws: 0, stackpath: 100 }],
  [
    "load is shed",
    ns1({ policy: capacity() }),
    { aws: { up: true, connections: 1_800 } },
    { aws: 0, stackpath: 100 },
  ],
  [
    "half of it is",
    ns1({ policy: capacity() }),
    { aws: { up: true, connections: 1_400 } },
    { aws: 25, stackpath: 75 },
  ],
  ["Route 53", route53({ policy: weighted({ aws: 25, stackpath: 75 }) }), {}, { aws: 25, stackpath: 75 }],
  [
    "Route 53, down",
    route53({ policy: failover(["aws", "stackpath"]) }),
    { aws: { up: false } },
    { aws: 0, stackpath: 100 },
  ],
] as const)("%s", async (_, dns, readings, expected) => {
  const users = await run({ dns }, readings);
  expect(sharesOf(users)).toEqual(expected);
  expectLikely(users);
  expect(users.map(({ region }) => region).filter(Boolean)).toHaveLength(7);
});

test.each([ns1, route53])("regions have their own policies (%p)", async (service) => {
  const dns = service({ policy: roundRobin(), within: [within("EUROPE", failover(["stackpath", "aws"]))] });
  const users = await run({ dns });
  expectLikely(users);
  expect(sharesOf(users, "A", "EUROPE")).toEqual({ aws: 0, stackpath: 100 });
  expect(sharesOf(users, "A", "US-EAST")).toEqual({ aws: 50, stackpath: 50 });
  expect(sharesOf(users)["stackpath"]).toBeCloseTo(100 / 7 + (6 * 50) / 7, 6);
});

test("regions are as large as the environment says", async () => {
  const dns = ns1({ policy: roundRobin(), within: [within("EUROPE", failover(["stackpath", "aws"]))] });
  const users = await run({ dns, audience: { EUROPE: 40 } });
  expect(sharesOf(users)["stackpath"]).toBeCloseTo(40 + 30, 6);
  expect(users.find(({ region }) => region === "EUROPE")?.queries).toBe(0.4 * QUERIES);
});

test("IPv6 users are shared by themselves", async () => {
  const users = await run({ dns: ns1({ policy: roundRobin(), ipv6: "partial" }), fleets: both });
  expect([sharesOf(users, "A"), sharesOf(users, "AAAA")]).toEqual([{ aws: 50, stackpath: 50 }, { aws: 100 }]);
  expectLikely(users);
});

test("the same seed gives the same numbers, another one others", async () => {
  const environment = testEnvironment({ name: "sandbox", dns: ns1({ policy: roundRobin() }) });
  const code = await synthesizedDns(environment, fileLiveStore("sandbox", home));
  const counts = (seed: number) =>
    JSON.stringify(simulate(environment, code, {}, { queries: 1_000, seed }).users);
  expect(counts(1)).toBe(counts(1));
  expect(counts(1)).not.toBe(counts(2));
});

test("what cannot be understood is named, all of it", () => {
  const environment = testEnvironment();
  const parse = () =>
    parseReadings(environment, { fleet: ["awss=down", "aws=up"], load: ["aws=-1", "stackpath=many"] });
  for (const message of ['nearest: "aws"', '"up" is not "down"', '"-1" is not', '"many" is not']) {
    expect(parse).toThrow(message);
  }
  expect(parseReadings(environment, { fleet: ["aws=down"], load: ["aws=5"] })).toEqual({
    aws: { up: false, connections: 5 },
    stackpath: { up: true },
  });
});
