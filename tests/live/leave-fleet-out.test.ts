import { ns1 } from "../../constructs/dns/ns1/ns1";
import {
  capacity,
  cost,
  failover,
  roundRobin,
  weighted,
  within,
  type TrafficPolicy,
} from "../../constructs/dns/traffic-policy";
import { checkEnvironment } from "../../constructs/fleet/check-environment";
import { fileObjectStore } from "../../live/file-object-store";
import { leaveFleetOut } from "../../live/leave-fleet-out";
import {
  clearRetirement,
  readRetirement,
  refuseWhileRetiring,
  retirementProblem,
  withoutRetired,
  writeRetirement,
  type RetirementRecord,
} from "../../live/retirement-record";
import { awsFleet, equinixFleet, stackpathFleet, testEnvironment } from "../environment-for-tests";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const three = (policy: TrafficPolicy) =>
  testEnvironment({
    dns: ns1({ policy, within: [within("EUROPE", failover(["equinix", "aws", "stackpath"]))] }),
    fleets: [awsFleet(), stackpathFleet(), equinixFleet()],
  });

describe("an environment without one of its fleets", () => {
  test.each<[TrafficPolicy, TrafficPolicy]>([
    [weighted({ aws: 1, stackpath: 2, equinix: 3 }), weighted({ aws: 1, equinix: 3 })],
    [cost({ aws: 1, stackpath: 2, equinix: 3 }), cost({ aws: 1, equinix: 3 })],
    [failover(["stackpath", "equinix", "aws"]), failover(["equinix", "aws"])],
    [capacity(), capacity()],
    [roundRobin(), roundRobin()],
  ])("has policies of the others: %j", (policy, left) => {
    const environment = leaveFleetOut(three(policy), "stackpath");
    expect(environment.fleets.map(({ name }) => name)).toEqual(["aws", "equinix"]);
    expect(environment.dns.traffic.policy).toEqual(left);
    expect(environment.dns.traffic.within).toEqual([within("EUROPE", failover(["equinix", "aws"]))]);
    const problems = checkEnvironment(environment, () => undefined);
    expect(problems.filter(({ where }) => where.startsWith("dns"))).toEqual([]);
  });

  test("gives all to the one that is left alone, whatever the policy", () => {
    const environment = testEnvironment({ dns: ns1({ policy: weighted({ aws: 1, stackpath: 3 }) }) });
    const left = leaveFleetOut(environment, "aws");
    expect(left.dns.traffic.policy).toEqual(roundRobin());
    expect(checkEnvironment(left, () => undefined).filter(({ where }) => where.startsWith("dns"))).toEqual(
      [],
    );
  });

  test("says nothing of it in rollouts and waivers, and leaves those of others", () => {
    const reason = "for the test";
    const left = leaveFleetOut(
      testEnvironment({
        rollout: {
          peak: { connections: 10 },
          order: ["stackpath", "aws"],
          firstSites: { aws: ["us-east-1"], stackpath: ["SEA"] },
        },
        waivers: [
          { rule: "a", resource: "stackpath-fleet/fleet", reason },
          { rule: "b", resource: "aws-fleet", reason },
          { rule: "c", reason },
        ],
      }),
      "stackpath",
    );
    expect(left.rollout).toEqual({
      peak: { connections: 10 },
      order: ["aws"],
      firstSites: { aws: ["us-east-1"] },
    });
    expect(left.waivers?.map(({ rule }) => rule)).toEqual(["b", "c"]);
  });

  test("is the same where it has no such fleet", () => {
    const environment = testEnvironment();
    expect(leaveFleetOut(environment, "vultr")).toBe(environment);
  });
});

describe("the record of a retirement", () => {
  const directory = mkdtempSync(join(tmpdir(), "polycast-retirement-"));
  const objects = fileObjectStore(directory);
  afterAll(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  const record = (phase: RetirementRecord["phase"]) => ({
    fleet: "aws",
    phase,
    share: 100,
    ttl: 60,
    by: "ann",
  });

  test.each<[RetirementRecord["phase"], readonly string[], boolean]>([
    ["draining", ["aws", "stackpath"], true],
    ["leaving", ["stackpath"], true],
    ["destroying", ["stackpath"], true],
    ["retired", ["stackpath"], false],
    ["returning", ["aws", "stackpath"], true],
  ])("while it is %s synths are about %j; a rollout is refused: %s", async (phase, fleets, refused) => {
    const before = await readRetirement(objects);
    await writeRetirement(objects, record(phase), before?.version);
    const environment = await withoutRetired(testEnvironment(), objects);
    expect(environment.fleets.map(({ name }) => name)).toEqual(fleets);
    const refusal = refuseWhileRetiring(objects, "No:").then(
      () => false,
      () => true,
    );
    expect(await refusal).toBe(refused);
    const { remedy = "" } = retirementProblem(record(phase));
    expect(remedy).toContain("npx polycast fleet retire aws");
    expect(remedy.includes("--back")).toBe(refused && phase !== "destroying");
  });

  test("is written by one at a time, and gone when it is cleared", async () => {
    const stored = await readRetirement(objects);
    if (stored === undefined) throw new Error("no record");
    await writeRetirement(objects, record("retired"), stored.version);
    await expect(writeRetirement(objects, record("returning"), stored.version)).rejects.toThrow(
      "Somebody else is retiring a fleet",
    );
    await expect(clearRetirement(objects, stored)).rejects.toThrow("Somebody else");
    const newest = await readRetirement(objects);
    if (newest !== undefined) await clearRetirement(objects, newest);
    expect(await readRetirement(objects)).toBeUndefined();
    await expect(refuseWhileRetiring(objects, "No:")).resolves.toBeUndefined();
  });
});
