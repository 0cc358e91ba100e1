import { show, suggest, type Problem } from "../fleet/problem";
import { givesParts, type Traffic, type TrafficPolicy, type Watermarks } from "./traffic-policy";

/**
 * Bounds of weights and prices, wide enough for any unit or currency: their quotient is below 2^53, so that a sum keeps
 * the smallest beside the largest.
 */
const LEAST = 1e-6;
const MOST = 1e9;

/** What is wrong with what an environment says of its traffic. @param fleets their names. */
export function checkTraffic(
  { policy, within, watermarks }: Traffic,
  fleets: readonly string[],
): readonly Problem[] {
  const regions = within.map(({ region }) => region);
  const repeated = new Set(regions.filter((region, index) => regions.indexOf(region) !== index));
  return [
    ...checkPolicy(policy, fleets, "dns.policy"),
    ...within.flatMap((regional) => checkPolicy(regional.policy, fleets, `dns.within.${regional.region}`)),
    ...[...repeated].map((region) => ({
      where: `dns.within.${region}`,
      what: "the region is there twice; one policy can hold in it",
    })),
    ...checkWatermarks(watermarks),
  ];
}

/** @param percents fleet name -> percent of what the policy gives it, of the live record. */
export function checkPercents(
  { policy, within }: Traffic,
  percents: Readonly<Record<string, number>>,
): readonly Problem[] {
  const rigid = [policy, ...within.map((regional) => regional.policy)].find((each) => !givesParts(each));
  const parts = Object.entries(percents).filter(([, percent]) => percent > 0 && percent < 100);
  const problems: Problem[] =
    rigid === undefined
      ? []
      : parts.map(([name, percent]) => ({
          where: `live record, fleets.${name}.share`,
          what: `${percent} cannot be had with ${rigid.kind}, which knows 0 and 100`,
        }));
  const all = Object.values(percents);
  if (all.length > 0 && all.every((percent) => percent === 0)) {
    problems.push({ where: "live record", what: "every fleet is drained; nobody would be answered" });
  }
  return problems;
}

function checkPolicy(policy: TrafficPolicy, fleets: readonly string[], where: string): readonly Problem[] {
  const alone =
    fleets.length === 1 && policy.kind !== "round-robin"
      ? [
          {
            where,
            what: `${policy.kind} shares between fleets, and there is only ${show(fleets[0])}`,
            remedy: "Use roundRobin(), or add a fleet.",
          },
        ]
      : [];
  switch (policy.kind) {
    case "weighted":
      return [...alone, ...checkNumbers(policy.weights, fleets, `${where}.weights`, "weight")];
    case "cost":
      return [...alone, ...checkNumbers(policy.prices, fleets, `${where}.prices`, "price")];
    case "failover":
      return [...alone, ...checkOrder(policy.order, fleets, `${where}.order`)];
    case "round-robin":
    case "capacity":
      return alone;
  }
}

function checkNumbers(
  numbers: Readonly<Record<string, number>>,
  fleets: readonly string[],
  where: string,
  noun: string,
): readonly Problem[] {
  const named = Object.entries(numbers).flatMap(([name, number]): Problem[] => {
    if (!fleets.includes(name)) return [{ where, what: unknownFleet(name, fleets) }];
    if (number >= LEAST && number <= MOST) return [];
    const [what, remedy] =
      number > 0
        ? [`is not within ${LEAST} to ${MOST}`, `Only how each ${noun} compares counts: scale all of them.`]
        : ["is not above 0", "To give a fleet nothing, drain it, or leave it out of the environment."];
    return [{ where: `${where}.${name}`, what: `${number} ${what}`, remedy }];
  });
  return [
    ...named,
    ...missing(Object.keys(numbers), fleets).map((name) => ({
      where,
      what: `the fleet ${show(name)} has no ${noun}`,
    })),
  ];
}

function checkOrder(order: readonly string[], fleets: readonly string[], where: string): readonly Problem[] {
  return [
    ...order.flatMap((name, index): Problem[] => {
      if (!fleets.includes(name)) return [{ where, what: unknownFleet(name, fleets) }];
      return order.indexOf(name) === index ? [] : [{ where, what: `${show(name)} is there twice` }];
    }),
    ...missing(order, fleets).map((name) => ({ where, what: `the fleet ${show(name)} is missing` })),
  ];
}

function missing(named: readonly string[], fleets: readonly string[]): readonly string[] {
  return fleets.filter((name) => !named.includes(name));
}

function unknownFleet(name: string, fleets: readonly string[]): string {
  return `no fleet is named ${show(name)}; ${suggest(name, fleets)}`;
}

function checkWatermarks({ low, high }: Watermarks): readonly Problem[] {
  if (low >= 0 && low < high && high <= 100) return [];
  return [
    {
      where: "dns.watermarks",
      what: `${show({ low, high })} are not percentages of a fleet's capacity with low below high`,
    },
  ];
}
