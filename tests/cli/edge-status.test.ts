import { describeEdge, type EdgeStatus } from "../../cli/edge-status";
import type { KnownNode, KnownNodes } from "../../cli/known-nodes";
import { describeSeconds, statusText } from "../../cli/status-text";
import { wantedTraffic } from "../../constructs/dns/applied-traffic";
import { roundRobin } from "../../constructs/dns/traffic-policy";
import { ns1 } from "../../constructs/dns/ns1/ns1";
import type { LiveRecord } from "../../live/live-record";
import type { StackOutputs } from "../../live/stack-outputs";
import type { AlarmReport, GroupReport } from "../../sandbox/world/world";
import { awsFleet, stackpathFleet, testEnvironment } from "../environment-for-tests";

const NOW = Date.UTC(2030, 0, 1);
const environment = testEnvironment();
const node: KnownNode = {
  fleet: "aws",
  site: "us-east-1",
  name: "i-1",
  release: "r1",
  health: "healthy",
  ageSeconds: 125,
};
const group: GroupReport = {
  id: "g",
  fleet: "aws",
  site: "us-east-1",
  location: "us-east-1",
  wanted: 2,
  running: 2,
  healthy: 2,
  replacement: "none",
  current: 2,
};
const unknown: KnownNodes = { source: "none", unknown: "ask somebody", now: NOW, nodes: [] };

function record(fleets: LiveRecord["fleets"]): LiveRecord {
  return { version: 1, environment: "test", fleets };
}

const both = record({ aws: { release: "r1", share: 100 }, stackpath: { release: "r1", share: 100 } });
const deployed = new Map<string, StackOutputs>([
  ["aws", { anycast_ipv4: "192.0.2.1", release: "r1" }],
  ["stackpath", { anycast_ipv4: "203.0.113.1", release: "r1" }],
]);

function inSandbox(nodes: readonly KnownNode[], groups: readonly GroupReport[] = [group]): KnownNodes {
  const world = { clock: { now: NOW, scale: 60 }, groups, monitors: [], alarms: [] };
  return { source: "sandbox", now: NOW, nodes, world };
}

/** The status once DNS holds what environment and record want. */
function statusOf(...[wanted, stable, live, outputs, known]: Parameters<typeof describeEdge>): EdgeStatus {
  const percents = wanted.fleets.map(({ name }) => [name, live.fleets[name]?.share ?? 0] as const);
  return describeEdge(
    wanted,
    stable,
    live,
    outputs,
    known,
    wantedTraffic(wanted, Object.fromEntries(percents)),
  );
}

describe("the status of an edge", () => {
  const state = (status: EdgeStatus, name: string) => status.fleets.find((fleet) => fleet.name === name);

  test("in step", () => {
    const nodes = [node, { ...node, name: "i-2", health: "starting" }];
    const status = statusOf(environment, "r1", both, deployed, inSandbox(nodes));
    expect(status).toMatchObject({
      environment: "test",
      time: "2030-01-01T00:00:00.000Z",
      clockScale: 60,
      nodesFrom: "sandbox",
    });
    expect(state(status, "aws")).toEqual({
      name: "aws",
      ipv4: "192.0.2.1",
      release: "r1",
      share: { ipv4: 50, ipv6: null },
      healthyNodes: 1,
      allNodes: 2,
      replacement: "none",
      differences: [],
    });
  });

  test.each([
    ["draining", both, ["is being retired: draining"]],
    ["destroying", record({ aws: { release: "r1", share: 100 } }), ["is being retired: destroying"]],
    ["retired", record({ aws: { release: "r1", share: 100 } }), ["is retired"]],
  ] as const)("a fleet that is on its way out says so: %s", (phase, live, said) => {
    const retirement = { fleet: "stackpath", phase };
    const status = describeEdge(environment, "r1", live, deployed, unknown, undefined, retirement);
    expect(state(status, "stackpath")?.differences).toEqual(said);
    expect(state(status, "aws")?.differences).toEqual([]);
  });

  test("nothing is deployed", () => {
    const status = describeEdge(environment, "r1", record({}), new Map(), unknown);
    expect(status.fleets).toMatchObject([
      { name: "aws", differences: ["not deployed"], share: { ipv4: null } },
      { name: "stackpath", differences: ["not deployed"] },
    ]);
    expect(status.fleets[0]).not.toHaveProperty("ipv4");
    expect(status).toMatchObject({ nodesFrom: "none", nodesUnknown: "ask somebody", nodes: [] });
  });

  test.each<[string, LiveRecord["fleets"], ReadonlyMap<string, StackOutputs>, string[]]>([
    [
      "another release than stable",
      { aws: { release: "r2", share: 100 } },
      new Map([["aws", { anycast_ipv4: "x", release: "r2" }]]),
      ["runs r2; stable is r1"],
    ],
    ["drained", { aws: { release: "r1", share: 0 } }, deployed, ["drained"]],
    ["half", { aws: { release: "r1", share: 50 } }, deployed, ["at 50 % of its share"]],
    [
      "a first deploy that broke off",
      { aws: { release: "r1", share: 100 } },
      new Map(),
      ["recorded, but without an address: not deployed to the end"],
    ],
    ["a lost record", {}, deployed, ["deployed, but missing from the live record"]],
    [
      "a deploy that is not what was recorded",
      { aws: { release: "r1", share: 100 } },
      new Map([["aws", { anycast_ipv4: "x", release: "r0" }]]),
      ["recorded with r1, deployed with r0"],
    ],
    [
      "sites of another release",
      { aws: { release: "r1", sites: { "us-east-1": "r2" }, share: 100 } },
      new Map([["aws", { anycast_ipv4: "x", release: "r1", site_releases: "us-east-1=r2" }]]),
      ["runs r1, us-east-1=r2; stable is r1"],
    ],
    [
      "sites that are not deployed as they are recorded",
      { aws: { release: "r1", sites: { "us-east-1": "r2" }, share: 100 } },
      new Map([["aws", { anycast_ipv4: "x", release: "r1" }]]),
      ["runs r1, us-east-1=r2; stable is r1", "recorded with r1, us-east-1=r2, deployed with r1"],
    ],
  ])("%s", (_, fleets, outputs, differences) => {
    const status = statusOf(environment, "r1", record(fleets), outputs, unknown);
    expect(state(status, "aws")?.differences).toEqual(differences);
  });

  test("what is recorded of a site that the environment no longer has is of no account", () => {
    const live = record({ aws: { release: "r1", sites: { "eu-west-1": "r2" }, share: 100 } });
    const status = statusOf(environment, "r1", live, deployed, unknown);
    expect(state(status, "aws")).toMatchObject({ release: "r1", differences: [] });
    expect(state(status, "aws")).not.toHaveProperty("siteReleases");
  });

  test("of a fleet whose sites run different releases says so", () => {
    const live = record({ aws: { release: "r1", sites: { "us-east-1": "r2" }, share: 100 } });
    const status = statusOf(environment, "r1", live, deployed, unknown);
    expect(state(status, "aws")).toMatchObject({ release: "r1", siteReleases: { "us-east-1": "r2" } });
    expect(statusText(status)).toMatch(/^aws .* r1, mixed .*runs r1, us-east-1=r2; stable is r1/m);
  });

  test("a fleet that is not deployed yet leaves all to the other", () => {
    const alone = record({ aws: { release: "r1", share: 100 } });
    const { fleets } = statusOf(environment, "r1", alone, deployed, unknown);
    expect(fleets.map(({ share }) => share.ipv4)).toEqual([100, 0]);
  });

  test("a fleet that is recorded and no more in the environment is shown too", () => {
    const status = statusOf(testEnvironment({ fleets: [awsFleet()] }), "r1", both, deployed, unknown);
    expect(state(status, "stackpath")).toMatchObject({
      ipv4: "203.0.113.1",
      share: { ipv4: null, ipv6: null },
      differences: ["recorded, but not in the environment"],
    });
    expect(state(status, "aws")?.share.ipv4).toBe(100);
  });

  test("shares are those that DNS holds, not those that are wanted", () => {
    const held = wantedTraffic(environment, { aws: 100, stackpath: 100 });
    const drained = record({ ...both.fleets, aws: { release: "r1", share: 0 } });
    const status = describeEdge(environment, "r1", drained, deployed, unknown, held);
    expect(state(status, "aws")).toMatchObject({
      share: { ipv4: 50 },
      differences: ["drained", "DNS gives it 50 %, wanted are 0 %"],
    });
    const nobodyKnows = describeEdge(environment, "r1", both, deployed, unknown);
    expect(state(nobodyKnows, "aws")).toMatchObject({ share: { ipv4: null }, differences: [] });
    expect(statusText(nobodyKnows)).toMatch(/^aws +- +192/m);
  });

  test("IPv6 has shares of its own", () => {
    const partial = testEnvironment({
      fleets: [awsFleet({ ipv6: true }), stackpathFleet()],
      dns: ns1({ policy: roundRobin(), ipv6: "partial" }),
    });
    const outputs = new Map(deployed).set("aws", { anycast_ipv4: "192.0.2.1", anycast_ipv6: "2001:db8::1" });
    const status = statusOf(partial, "r1", both, outputs, unknown);
    expect(state(status, "aws")).toMatchObject({ ipv6: "2001:db8::1", share: { ipv4: 50, ipv6: 100 } });
    expect(statusText(status)).toMatch(/^aws +50 %, IPv6 100 % +192\.0\.2\.1 2001:db8::1 /m);
  });

  test.each<[GroupReport["replacement"][], string]>([
    [["none", "running"], "replacing nodes"],
    [["running", "failed"], "replacing nodes has failed"],
  ])("%j of the groups: %s", (replacements, text) => {
    const groups = replacements.map((replacement) => ({ ...group, replacement }));
    const status = statusOf(environment, "r1", both, deployed, inSandbox([node], groups));
    expect(statusText(status)).toMatch(new RegExp(`^aws .* ${text}$`, "m"));
    expect(statusText(status)).toMatch(/^stackpath .* in step$/m);
  });

  test("monitors: what they say, since when, and who says down", () => {
    const known = inSandbox([]);
    const monitor = {
      id: "1",
      name: "aws over IPv4",
      status: "down" as const,
      from: { lga: { up: false, at: NOW }, ams: { up: true, at: NOW } },
      since: NOW - 90_000,
    };
    const world = { clock: { now: NOW, scale: 60 }, groups: [], monitors: [monitor], alarms: [] };
    const status = statusOf(environment, "r1", both, deployed, { ...known, world });
    expect(status.monitors).toEqual([
      { name: "aws over IPv4", status: "down", downFrom: ["lga"], forSeconds: 90 },
    ]);
    expect(statusText(status)).toMatch(/^aws over IPv4 +down +1 min +lga$/m);
  });

  describe("alarms", () => {
    const alarm = (name: string, state: AlarmReport["state"]): AlarmReport => ({
      ...{ id: name, name, state, reason: "because", since: NOW - 180_000 },
    });
    const withAlarms = (...alarms: AlarmReport[]): EdgeStatus => {
      const world = { clock: { now: NOW, scale: 60 }, groups: [], monitors: [], alarms };
      return statusOf(environment, "r1", both, deployed, { ...inSandbox([]), world });
    };

    test("all of them as data, with why and since when", () => {
      expect(withAlarms(alarm("a", "ALARM"), alarm("b", "OK")).alarms).toEqual([
        { name: "a", state: "ALARM", reason: "because", forSeconds: 180 },
        { name: "b", state: "OK", reason: "because", forSeconds: 180 },
      ]);
    });

    test("as text those that are raised or have no data, and how many are ok", () => {
      const text = statusText(
        withAlarms(alarm("a", "ALARM"), alarm("b", "OK"), alarm("c", "INSUFFICIENT_DATA")),
      );
      expect(text).toMatch(/^a +raised +3 min$/m);
      expect(text).toMatch(/^c +no data +3 min$/m);
      expect(text).toMatch(/^1 more are ok$/m);
      expect(text).not.toMatch(/^b /m);
    });

    test("none is raised: one line", () => {
      expect(statusText(withAlarms(alarm("a", "OK"), alarm("b", "OK")))).toMatch(/^alarms: 2, all ok$/m);
      expect(statusText(withAlarms())).not.toContain("alarm");
    });
  });
});

describe("as text", () => {
  test("nodes that are not known: why, and no count of them", () => {
    const text = statusText(statusOf(environment, "r1", both, deployed, unknown));
    expect(text).toMatch(/^aws +50 % +192\.0\.2\.1 +r1 +- +in step$/m);
    expect(text).toContain("Nodes are not known here: ask somebody");
  });

  test("nodes with age and condition", () => {
    const frozen = { ...node, name: "i-2", health: "unhealthy", condition: "frozen, cut off" };
    const text = statusText(statusOf(environment, "r1", both, deployed, inSandbox([node, frozen])));
    expect(text).toMatch(/^aws +us-east-1 +i-1 +r1 +healthy +2 min$/m);
    expect(text).toMatch(/^aws +us-east-1 +i-2 +r1 +unhealthy +2 min +frozen, cut off$/m);
    expect(text).toMatch(/^aws .* 1\/2 +in step$/m);
  });

  test("never wider than 100 columns, with every word", () => {
    const long = {
      ...node,
      name: `node-${"x".repeat(70)}`,
      condition: "its image has no record of what it does in the sandbox, so nothing can be said",
    };
    const text = statusText(statusOf(environment, "r1", both, deployed, inSandbox([long])));
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(100);
    for (const word of long.condition.split(" ")) expect(text).toContain(word);
  });

  test.each([
    [0, "0 s"],
    [59, "59 s"],
    [60, "1 min"],
    [3_599, "59 min"],
    [3_600, "1 h"],
    [86_400 * 3, "3 d"],
  ])("%d s: %s", (seconds, text) => {
    expect(describeSeconds(seconds)).toBe(text);
  });
});
