import { readFileSync } from "node:fs";
import path from "node:path";
import { failover, weighted } from "../../constructs/dns/traffic-policy";
import type { Environment } from "../../constructs/fleet/environment";
import { describeShortfall } from "../../rollout/peak-load";
import { planRollout } from "../../rollout/plan-rollout";
import { EVIDENCE, rolloutPlanSchema } from "../../rollout/rollout-plan";
import type { RolloutWish } from "../../rollout/rollout-wish";
import { pointsBetween, shareLadder } from "../../rollout/share-ladder";
import { awsFleet } from "../environment-for-tests";
import { MANIFEST, pair, record } from "./sample-rollout";

const PEAK = 35_000;

function plan(
  wish: Partial<RolloutWish> = {},
  environment = pair(),
  live = record(),
): ReturnType<typeof planRollout> {
  return planRollout(environment, MANIFEST, live, { release: "r2", peak: PEAK, ...wish });
}

/** What is refused, where it is not the pair as it is. */
interface Refused {
  readonly wish?: Partial<RolloutWish>;
  readonly environment?: ReturnType<typeof pair>;
  readonly live?: ReturnType<typeof record>;
}

describe("the plan of a pair", () => {
  test("has the fleet with the least traffic first, and what each gets and had", () => {
    const { waves, fleets } = plan().plan;
    expect(waves.map(({ fleet }) => fleet)).toEqual(["aws", "stackpath"]);
    expect(fleets["stackpath"]).toEqual({
      provider: "stackpath",
      capacity: 40_000,
      share: 100,
      previous: { id: "r1", image: "registry/edge:r1" },
      next: { id: "r2", image: "registry/edge:r2" },
    });
  });

  test("is safe by default, and can be kept as JSON", () => {
    const made = plan().plan;
    expect(made).toMatchObject({
      bakeSeconds: 14_400,
      trafficLimit: 10,
      firstLimit: 10,
      spare: 1,
      approve: "once",
      evidence: ["nodes", "release", "answers"],
    });
    expect(rolloutPlanSchema.parse(JSON.parse(JSON.stringify(made)))).toEqual(made);
  });

  test("asks for alarms where somebody watches, and for the user's command where there is one", () => {
    const management = {} as NonNullable<Environment["management"]>;
    expect(plan({ command: true }, pair(undefined, { management })).plan.evidence).toEqual(EVIDENCE);
  });

  test("goes by rungs within the limit, each as long as it may be", () => {
    for (const { fleet, ladder } of plan().plan.waves) {
      const points = ladder
        .slice(1)
        .map((rung, index) =>
          pointsBetween(pair(), { aws: 100, stackpath: 100 }, fleet, ladder[index] ?? 0, rung),
        );
      expect(Math.max(...points)).toBeLessThanOrEqual(10.001);
      for (const each of points.slice(0, -1)) expect(each).toBeGreaterThan(9.95);
      expect([ladder[0], ladder.at(-1)]).toEqual([0, 100]);
    }
  });

  test("takes a first step of ten points at most, whatever the limit", () => {
    const [, first = 0, second = 0] = shareLadder(pair(), { aws: 100, stackpath: 100 }, "stackpath", {
      first: 10,
      further: 60,
    });
    const points = (from: number, to: number): number =>
      pointsBetween(pair(), { aws: 100, stackpath: 100 }, "stackpath", from, to);
    expect(points(0, first)).toBeCloseTo(10, 1);
    expect(points(first, second)).toBeCloseTo(60, 1);
  });

  test("leaves the steps to DNS where the policy knows no parts", () => {
    const { waves } = plan({}, pair(failover(["aws", "stackpath"]))).plan;
    expect(waves.map(({ fleet, ladder }) => [fleet, ladder])).toEqual([
      ["stackpath", [0, 100]],
      ["aws", [0, 100]],
    ]);
  });

  test("says what is missing if a second fleet is lost", () => {
    expect(plan().shortfalls.map((each) => describeShortfall(each).what)).toEqual([
      "while it is in transition, without stackpath: all together would get 35000 connections at the peak and carry 0: 35000 too many",
      "while it is in transition, without aws: all together would get 35000 connections at the peak and carry 0: 35000 too many",
    ]);
  });

  test("gives some sites a wave of their own, where they can run another release", () => {
    const sites = { "us-east-1": { nodes: 2 }, "eu-central-1": { nodes: 2 } };
    const [, stackpath] = pair().fleets;
    const environment = pair(undefined, {
      fleets: [
        awsFleet({ sites, connectionsPerNode: 20_000 }),
        ...(stackpath === undefined ? [] : [stackpath]),
      ],
    });
    const { waves } = plan({ firstSites: { aws: ["us-east-1"] } }, environment).plan;
    expect(waves.map(({ fleet, sites: some }) => [fleet, some])).toEqual([
      ["aws", ["us-east-1"]],
      ["aws", undefined],
      ["stackpath", undefined],
    ]);
  });
});

describe("the plan of a fleet whose sites run different releases", () => {
  const sites = { "us-east-1": { nodes: 2 }, "eu-central-1": { nodes: 2 } };
  const environment = pair(undefined, {
    fleets: [awsFleet({ sites, connectionsPerNode: 20_000 }), ...pair().fleets.slice(1)],
  });
  const mixed = (others: Record<string, string>, release = "r1") =>
    record({ aws: { release, sites: others, share: 100 }, stackpath: { release: "r2", share: 100 } });
  const image = (id: string) => MANIFEST.releases[id]?.images["aws"];

  test("has all that it ran, to be brought back", () => {
    const { fleets } = plan({}, environment, mixed({ "us-east-1": "r2", "ap-south-1": "r9" })).plan;
    expect(fleets["aws"]?.previous).toEqual({
      id: "r1",
      image: image("r1"),
      sites: { "us-east-1": { id: "r2", image: image("r2") } },
    });
    expect(fleets["aws"]?.next).toEqual({ id: "r2", image: image("r2") });
  });

  test("is made where some of its sites are missing only, and refused where none is", () => {
    expect(() => plan({}, environment, mixed({ "us-east-1": "r1" }, "r2"))).not.toThrow();
    expect(() => plan({}, environment, mixed({ "ap-south-1": "r1" }, "r2"))).toThrow(/every fleet runs "r2"/);
  });

  test("is refused where a site's release could not be brought back", () => {
    expect(() => plan({}, environment, mixed({ "us-east-1": "r9" }))).toThrow(
      /releases.r9: has no image for aws: the fleet "aws" could not go back to it/,
    );
  });
});

describe("a plan is refused, with the numbers,", () => {
  const reasons: readonly (readonly [string, RegExp, Refused])[] = [
    ["for an unknown release", /no such release "r22"; nearest: "r2"/, { wish: { release: "r22" } }],
    ["for a revoked one", /is revoked: leaks/, { wish: { release: "r3" } }],
    [
      "for one that is not promoted",
      /is not promoted; candidate is "r2", stable is "r1"/,
      { wish: { release: "r3" } },
    ],
    ["where a provider has no image", /has no image for stackpath/, { wish: { release: "r3" } }],
    ["where all run it", /every fleet runs "r1" already/, { wish: { release: "r1" } }],
    [
      "where one fleet alone cannot carry the peak",
      /fleets\.aws: without it, all together would get 45000 connections at the peak and carry 40000: 5000 too many/,
      { wish: { peak: 45_000 } },
    ],
    ["for two spare fleets of two", /2 takes three fleets or more; there are 2/, { wish: { spare: 2 } }],
    ["for a peak of nothing", /0 is not a number of connections above 0/, { wish: { peak: 0 } }],
    [
      "for a bake of no time",
      /bakeSeconds: 0 is not a number of seconds above 0/,
      { wish: { bakeSeconds: 0 } },
    ],
    [
      "for an order that misses a fleet",
      /does not name each of the fleets once/,
      { wish: { order: ["aws"] } },
    ],
    [
      "for sites of a provider that runs one release",
      /stackpath cannot run different releases/,
      { wish: { firstSites: { stackpath: ["SEA"] } } },
    ],
    [
      "for first sites that are none",
      /firstSites.aws: no such site "us-east-2"; nearest: "us-east-1"/,
      { wish: { firstSites: { aws: ["us-east-2"] } } },
    ],
    [
      "for first sites that are all",
      /firstSites.aws: \["us-east-1"\] is not a part of its sites: us-east-1/,
      { wish: { firstSites: { aws: ["us-east-1"] } } },
    ],
    [
      "where a fleet is drained",
      /fleets\.aws: is drained; it can neither prove a release nor carry anything/,
      { live: record({ aws: { release: "r1", share: 0 } }) },
    ],
    [
      "for one fleet",
      /there is only "aws".*a bad release reaches every user/,
      { environment: pair(undefined, { fleets: [awsFleet()] }) },
    ],
  ];
  test.each(reasons)("%s", (_, message, { wish, environment, live }) => {
    expect(() => plan(wish, environment, live)).toThrow(message);
  });

  test("where nobody is named who is to be told, or a step would wait for them for long", () => {
    const told = (notify: object) => pair(undefined, { rollout: { peak: { connections: PEAK }, notify } });
    expect(() => plan({}, told({}))).toThrow(/rollout.notify: names nobody who is to be told/);
    expect(() => plan({}, told({ command: "true", seconds: 31 }))).toThrow(/31 is more than 30/);
    expect(plan({}, told({ webhookFrom: "HOOK", seconds: 30 })).plan.release).toBe("r2");
  });

  test("but for one fleet not, where that is asked for", () => {
    const environment = pair(undefined, { fleets: [awsFleet()] });
    expect(plan({ alone: true }, environment).plan.waves).toEqual([{ fleet: "aws", ladder: [100] }]);
  });

  test("where one that is left gets more than it carries, though all together could", () => {
    const three = [...pair().fleets, awsFleet({ name: "small", connectionsPerNode: 1_000 })];
    const environment = pair(weighted({ aws: 1, stackpath: 1, small: 1 }), { fleets: three });
    const live = record({ small: { release: "r1", share: 100 } });
    expect(() => plan({}, environment, live)).toThrow(
      /without it, small would get 17500 connections at the peak and carry 2000: 15500 too many/,
    );
  });
});

test("the pair of docs/rollouts.md has the numbers that it has there", () => {
  const page = readFileSync(path.join(__dirname, "../../docs/rollouts.md"), "utf8");
  const percents = { aws: 100, stackpath: 100 };
  for (const { fleet, ladder } of plan().plan.waves) {
    const rows = ladder.slice(1).map((rung, index) => {
      const from = ladder[index] ?? 0;
      const points = pointsBetween(pair(), percents, fleet, from, rung);
      const users = pointsBetween(pair(), percents, fleet, 0, rung);
      return [fleet, `${from} to ${rung}`, points.toFixed(1), users.toFixed(1)];
    });
    for (const row of rows) expect(page.replaceAll(/ +/g, " ")).toContain(`| ${row.join(" | ")} |`);
    expect(rows).toHaveLength(fleet === "aws" ? 3 : 8);
  }
  for (const { what } of plan().shortfalls.map(describeShortfall)) expect(page).toContain(what);
});
