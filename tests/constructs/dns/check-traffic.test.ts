import { checkTraffic } from "../../../constructs/dns/check-traffic";
import { ns1 } from "../../../constructs/dns/ns1/ns1";
import { cost, weighted, within, type TrafficPolicy } from "../../../constructs/dns/traffic-policy";

const check = (policy: TrafficPolicy, europe = policy) =>
  checkTraffic(ns1({ policy, within: [within("EUROPE", europe)] }).traffic, ["aws", "stackpath"]);

test("weights and prices may be as small and as large as the bounds", () => {
  const numbers = { aws: 1e-6, stackpath: 1e9 };
  expect(check(weighted(numbers), cost(numbers))).toEqual([]);
});

test.each([
  [9e-7, "9e-7 is not within 0.000001 to 1000000000"],
  [Number.MIN_VALUE, "5e-324 is not within 0.000001 to 1000000000"],
  [1_000_000_001, "1000000001 is not within 0.000001 to 1000000000"],
  [1e308, "1e+308 is not within 0.000001 to 1000000000"],
  [Infinity, "Infinity is not within 0.000001 to 1000000000"],
  [0, "0 is not above 0"],
  [-1, "-1 is not above 0"],
  [NaN, "NaN is not above 0"],
])("%p is neither a weight nor a price", (number, what) => {
  const numbers = { aws: number, stackpath: 1 };
  expect(check(weighted(numbers), cost(numbers))).toMatchObject([
    { where: "dns.policy.weights.aws", what },
    { where: "dns.within.EUROPE.prices.aws", what },
  ]);
});

test("each number beyond the bounds is a problem of its own", () => {
  expect(check(weighted({ aws: 1e-7, stackpath: 1e10 }), weighted({ aws: 1, stackpath: 1 }))).toEqual([
    {
      where: "dns.policy.weights.aws",
      what: "1e-7 is not within 0.000001 to 1000000000",
      remedy: "Only how each weight compares counts: scale all of them.",
    },
    {
      where: "dns.policy.weights.stackpath",
      what: "10000000000 is not within 0.000001 to 1000000000",
      remedy: "Only how each weight compares counts: scale all of them.",
    },
  ]);
});
