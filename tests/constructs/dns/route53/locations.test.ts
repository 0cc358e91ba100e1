import { checkRegions, locationsOf } from "../../../../constructs/dns/route53/locations";

describe("regions", () => {
  test.each<[string, object[]]>([
    ["EUROPE", [{ continent: "EU" }]],
    ["ASIAPAC", [{ continent: "AS" }, { continent: "OC" }]],
    ["SOUTH-AMERICA", [{ continent: "SA" }]],
    ["US", [{ country: "US" }]],
    ["GB", [{ country: "GB" }]],
    ["UK", []],
    ["EU", []],
    ["ZZ", []],
    ["us", []],
    ["US-EAST", []],
    ["toString", []],
  ])("%s: %j", (region, locations) => {
    expect(locationsOf(region)).toEqual(locations);
  });

  test("that Route 53 does not know, and those that overlap, are refused; all at once", () => {
    const problems = checkRegions(["US-EAST", "EUROPE", "ASIAPAC", "OCEANIA", "XX"]);
    expect(problems.map(({ where }) => where)).toEqual([
      "dns.within.US-EAST",
      "dns.within.XX",
      "dns.within.OCEANIA",
    ]);
    expect(problems[0]?.remedy).toContain('"US"');
    expect(problems[1]?.what).toContain("EUROPE");
    expect(problems[2]?.what).toContain("a part of ASIAPAC");
    expect(checkRegions(["US", "EUROPE", "ASIA", "OCEANIA"])).toEqual([]);
  });
});
