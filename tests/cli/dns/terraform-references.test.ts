import { openReferences, withReferences } from "../../../cli/dns/terraform-references";

const lookUp = (reference: string): string | undefined =>
  ({
    "ns1_datafeed.f-1.id": "abc",
    "data.terraform_remote_state.aws-fleet.outputs.anycast_ipv4": "192.0.2.1",
  })[reference];

test.each([
  ["plain", "plain"],
  ["${ns1_datafeed.f-1.id}", "abc"],
  ["a ${ns1_datafeed.f-1.id} b ${ns1_datafeed.f-1.id}", "a abc b abc"],
  ['${jsonencode({"feed" = ns1_datafeed.f-1.id})}', '{"feed":"abc"}'],
  ["${data.terraform_remote_state.aws-fleet.outputs.anycast_ipv4}", "192.0.2.1"],
  ["${ns1_datafeed.unknown.id}", "${ns1_datafeed.unknown.id}"],
  ['${jsonencode({"feed" = ns1_datafeed.unknown.id})}', '${jsonencode({"feed" = ns1_datafeed.unknown.id})}'],
])("%s", (given, expected) => {
  expect(withReferences(given, lookUp)).toBe(expected);
});

test("in everything that a value is made of", () => {
  const value = { a: ["${ns1_datafeed.f-1.id}", 5, true, null], b: { c: "${ns1_datafeed.f-1.id}" } };
  expect(withReferences(value, lookUp)).toEqual({ a: ["abc", 5, true, null], b: { c: "abc" } });
});

test("those that are left are found", () => {
  const reference = "${data.terraform_remote_state.aws-fleet.outputs.anycast_ipv4}";
  expect(openReferences({ a: [reference], b: "plain" })).toEqual([reference]);
  expect(openReferences({ a: "plain" })).toEqual([]);
});
