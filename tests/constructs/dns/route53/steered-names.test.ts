import type { TrafficFleet } from "../../../../constructs/dns/preference";
import {
  steeredNames,
  worstRounding,
  type SteeredName,
} from "../../../../constructs/dns/route53/steered-names";
import { trafficShares, type FleetReading } from "../../../../constructs/dns/traffic-model";
import {
  failover,
  roundRobin,
  weighted,
  within,
  type Traffic,
  type TrafficPolicy,
} from "../../../../constructs/dns/traffic-policy";
import {
  draw,
  firstValues,
  outcomes,
  type Location,
  type Route53Record,
} from "../../../../sandbox/dns/route53-answers";
import { SEED, seeded } from "../../../seeded";
import { fleetsOf, healthStates, randomFleets, randomPolicy, traffic } from "../sample-traffic";

const EXACT = 1e-12;
const KINDS = ["round-robin", "weighted", "failover"] as const;
const random = seeded(SEED);
beforeAll(() => {
  console.info(`steered names: SEED=${SEED}`);
});

/** The records as Route 53 would hold them; values and health checks are the fleets' names. */
function records(wanted: Traffic, fleets: readonly TrafficFleet[]): readonly Route53Record[] {
  return steeredNames(wanted, fleets).map(({ name, routing, answer }) => ({
    name,
    type: "A",
    ttl: 60,
    values: "fleet" in answer ? [answer.fleet] : [],
    ...("alias" in answer ? { alias: { name: answer.alias, evaluateTargetHealth: answer.whenHealthy } } : {}),
    routing:
      routing.kind === "geolocation"
        ? { kind: routing.kind, location: routing.location ?? { country: "*" } }
        : routing,
    ...("fleet" in answer && answer.whenHealthy ? { healthCheck: answer.fleet } : {}),
  }));
}

function possible(
  wanted: Traffic,
  fleets: readonly TrafficFleet[],
  readings: Readonly<Record<string, FleetReading>> = {},
  client: Location = {},
) {
  const isHealthy = (fleet: string): boolean => readings[fleet]?.up ?? true;
  return outcomes(records(wanted, fleets), "*", "A", { isHealthy, client });
}

/** The largest difference of any fleet's share between the records and the model. */
function error(
  wanted: Traffic,
  fleets: readonly TrafficFleet[],
  readings: Readonly<Record<string, FleetReading>>,
  [region, client]: readonly [string?, Location?] = [],
): number {
  const compiled = firstValues(possible(wanted, fleets, readings, client));
  const model = trafficShares(wanted, fleets, readings, region);
  return Math.max(...fleets.map(({ name }) => Math.abs((compiled.get(name) ?? 0) - (model[name] ?? 0))));
}

const drained = (fleets: readonly TrafficFleet[], ...names: readonly string[]): readonly TrafficFleet[] =>
  fleets.map((fleet) => (names.includes(fleet.name) ? { ...fleet, percent: 0 } : fleet));

const shown = (names: readonly SteeredName[]): readonly string[] =>
  names.map(({ name, setIdentifier, routing, answer }) => {
    const { kind } = routing;
    const detail = kind === "weighted" ? ` ${String(routing.weight)}` : "";
    const to = "alias" in answer ? `-> ${answer.alias}` : answer.fleet;
    return `${name} ${setIdentifier ?? "-"} ${kind}${detail} ${to}${answer.whenHealthy ? "" : " always"}`;
  });

describe("the names", () => {
  const fleets = fleetsOf(20_000, 60_000);

  test("of weights: the wildcard, a pair that falls back to all fleets, and both groups", () => {
    expect(shown(steeredNames(traffic(weighted({ a: 25, b: 75 })), fleets))).toEqual([
      "weighted-1.everywhere._edge a weighted 25 a",
      "weighted-1.everywhere._edge b weighted 75 b",
      "weighted-all.everywhere._edge a weighted 1 a always",
      "weighted-all.everywhere._edge b weighted 3 b always",
      "everywhere._edge primary failover -> weighted-1.everywhere._edge",
      "everywhere._edge secondary failover -> weighted-all.everywhere._edge",
      "* - simple -> everywhere._edge always",
    ]);
  });

  test("of failover: a pair for each fleet but the last resort", () => {
    const pairs = steeredNames(traffic(failover(["b", "a"])), fleets).filter(
      ({ routing }) => routing.kind === "failover",
    );
    expect(shown(pairs)).toEqual([
      "after-weighted-1.everywhere._edge primary failover -> weighted-2.everywhere._edge",
      "after-weighted-1.everywhere._edge secondary failover -> weighted-all.everywhere._edge",
      "everywhere._edge primary failover -> weighted-1.everywhere._edge",
      "everywhere._edge secondary failover -> after-weighted-1.everywhere._edge",
    ]);
  });

  test("of regions: a choice by place, one for each location of each region and one for all others", () => {
    const wanted = traffic(roundRobin(), [
      within("ASIAPAC", failover(["b", "a"])),
      within("DE", weighted({ a: 1, b: 2 })),
    ]);
    const names = steeredNames(wanted, fleets);
    expect(shown(names.slice(-5))).toEqual([
      "places._edge others geolocation -> everywhere._edge always",
      "places._edge AS geolocation -> asiapac._edge always",
      "places._edge OC geolocation -> asiapac._edge always",
      "places._edge DE geolocation -> de._edge always",
      "* - simple -> places._edge always",
    ]);
    expect(names.filter(({ name }) => name.endsWith("1.de._edge"))).toHaveLength(2);
  });

  test("come after those that they lead to, and no two records of a name have one identifier", () => {
    const names = steeredNames(traffic(failover(["a", "b"]), [within("EUROPE", roundRobin())]), fleets);
    names.forEach(({ answer }, index) => {
      if ("alias" in answer) {
        const targets = names.flatMap(({ name }, at) => (name === answer.alias ? [at] : []));
        expect(targets.length).toBeGreaterThan(0);
        expect(Math.max(...targets)).toBeLessThan(index);
      }
    });
    const keys = names.map(({ name, setIdentifier }) => `${name} ${setIdentifier ?? ""}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("of one kind each, whatever the policy: Route 53 takes no mixture under a name", () => {
    const kinds = new Map<string, string>();
    const policies: TrafficPolicy[] = [roundRobin(), weighted({ a: 1, b: 2 }), failover(["a", "b"])];
    for (const policy of policies) {
      for (const { name, routing } of steeredNames(traffic(policy), fleets)) {
        expect(kinds.get(name) ?? routing.kind).toBe(routing.kind);
        kinds.set(name, routing.kind);
      }
    }
  });

  test("of a drained fleet are none but the last resort's; the others keep theirs", () => {
    const all = shown(steeredNames(traffic(weighted({ a: 25, b: 75 })), fleets));
    const without = shown(steeredNames(traffic(weighted({ a: 25, b: 75 })), drained(fleets, "a")));
    expect(all.filter((line) => !without.includes(line))).toEqual([
      "weighted-1.everywhere._edge a weighted 25 a",
    ]);
    expect(without.filter((line) => !all.includes(line))).toEqual([]);
  });
});

describe("the records share traffic as the model says", () => {
  test.each(KINDS)("%s: up to five fleets in all states of health, drained or not", (kind) => {
    for (let count = 1; count <= 5; count++) {
      for (let round = 0; round < 6; round++) {
        const fleets = randomFleets(count, random);
        const policy = randomPolicy(kind, fleets, random);
        const some = fleets.filter(() => random() < 0.3).map(({ name }) => name);
        for (const held of [fleets, drained(fleets, ...some.slice(0, count - 1))]) {
          const allowed = worstRounding(traffic(policy), held) + EXACT;
          const errors = healthStates(held).map((readings) => error(traffic(policy), held, readings));
          expect(Math.max(...errors)).toBeLessThanOrEqual(allowed);
          // What is stated is met, so it is not stated too large.
          if (held === fleets) expect(Math.max(...errors)).toBeGreaterThan(allowed - 1e-9);
        }
      }
    }
  });

  test("exactly, where weights and capacities are whole numbers in Route 53's range", () => {
    const fleets = fleetsOf(10, 20, 40);
    const wanted = traffic(weighted({ a: 75, b: 25, c: 100 }));
    expect(worstRounding(wanted, fleets)).toBe(0);
    for (const readings of healthStates(fleets)) expect(error(wanted, fleets, readings)).toBeLessThan(EXACT);
  });

  test("percent of a fleet of the live record: a part, within the rounding", () => {
    const [one, two] = fleetsOf(10_000, 10_000);
    const fleets = [{ ...one, percent: 40 }, two] as readonly TrafficFleet[];
    const wanted = traffic(weighted({ a: 1, b: 1 }));
    const shares = firstValues(possible(wanted, fleets));
    expect(Math.abs((shares.get("a") ?? 0) - 0.2)).toBeLessThanOrEqual(worstRounding(wanted, fleets) + EXACT);
    for (const readings of healthStates(fleets)) {
      expect(error(wanted, fleets, readings)).toBeLessThanOrEqual(worstRounding(wanted, fleets) + EXACT);
    }
  });

  test("regions, in all states of health", () => {
    const fleets = fleetsOf(10, 20, 40);
    const wanted = traffic(weighted({ a: 1, b: 2, c: 3 }), [
      within("EUROPE", failover(["c", "a", "b"])),
      within("ASIAPAC", roundRobin()),
      within("DE", weighted({ a: 5, b: 1, c: 1 })),
    ]);
    const clients: readonly (readonly [string | undefined, Location])[] = [
      ["EUROPE", { continent: "EU", country: "FR" }],
      ["DE", { continent: "EU", country: "DE" }],
      ["ASIAPAC", { continent: "AS", country: "JP" }],
      ["ASIAPAC", { continent: "OC" }],
      [undefined, { continent: "NA", country: "US", subdivision: "NY" }],
      [undefined, {}],
    ];
    for (const held of [fleets, drained(fleets, "c")]) {
      for (const readings of healthStates(held)) {
        for (const [region, client] of clients) {
          expect(error(wanted, held, readings, [region, client] as [string?, Location?])).toBeLessThan(EXACT);
        }
      }
    }
  });

  test("sampled: 75/25 within 0.2 points over a million draws", () => {
    const answers = possible(traffic(weighted({ a: 75, b: 25 })), fleetsOf(10, 10));
    let first = 0;
    for (let query = 0; query < 1_000_000; query++) if (draw(answers, random)?.values[0] === "a") first += 1;
    expect(Math.abs(first / 1_000_000 - 0.75)).toBeLessThan(0.002);
  });

  test("sampled: with round robin both are in every answer, and either is first as often", () => {
    const answers = possible(traffic(roundRobin()), fleetsOf(10, 10));
    const drawn = Array.from({ length: 10_000 }, () => draw(answers, random)?.values ?? []);
    expect(drawn.every((values) => [...values].sort().join() === "a,b")).toBe(true);
    const first = drawn.filter(([value]) => value === "a").length;
    expect(Math.abs(first - 5_000)).toBeLessThan(5 * Math.sqrt(10_000 / 4));
  });
});
