import { policyRegion, WORLD_REGIONS, worldParts } from "../../../cli/dns/world-regions";
import { roundRobin, within } from "../../../constructs/dns/traffic-policy";

const regions = (...names: string[]) => ({ within: names.map((name) => within(name, roundRobin())) });

test.each([
  ["US-EAST", ["US-WEST", "US-EAST"], "US-EAST"],
  ["US-EAST", ["US-WEST"], undefined],
  ["EUROPE", ["EUROPE"], "EUROPE"],
  // In Route 53's words, a country counts more than its continent.
  ["US-EAST", ["NORTH-AMERICA", "US"], "US"],
  ["US-EAST", ["NORTH-AMERICA"], "NORTH-AMERICA"],
  ["ASIAPAC", ["ASIA"], "ASIA"],
  ["AFRICA", [], undefined],
])("users in %s with policies for %j", (georegion, names, expected) => {
  expect(policyRegion(regions(...names), georegion)).toBe(expected);
});

test("without an audience all regions are alike, with one the rest share the rest", () => {
  const even = [...worldParts(regions())];
  expect(even.map(([region]) => region)).toEqual(WORLD_REGIONS);
  for (const [, part] of even) expect(part).toBeCloseTo(1 / 7, 12);
  const parts = worldParts(regions("EUROPE"), { EUROPE: 40 });
  expect([parts.get("EUROPE"), parts.get("AFRICA")]).toEqual([0.4, 0.1]);
  const america = worldParts(regions("NORTH-AMERICA"), { "NORTH-AMERICA": 60 });
  expect([america.get("US-EAST"), america.get("EUROPE")]).toEqual([0.2, 0.1]);
});
