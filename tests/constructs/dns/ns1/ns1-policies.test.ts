import { NS1_POLICIES } from "../../../../constructs/dns/ns1/ns1-policies";
import { judge, policyObject } from "../../policies/policy-object";

test("Terraform makes no key of NS1", () => {
  expect(judge(NS1_POLICIES, "ns1-no-key-in-state", policyObject("ns1_apikey", {}))).toHaveLength(1);
});

test("monitors look from three places and go by the majority", () => {
  const job = (attributes: object) =>
    judge(NS1_POLICIES, "ns1-monitors-from-afar", policyObject("ns1_monitoringjob", { ...attributes }));
  expect(job({ regions: ["ams", "lga", "sin"], policy: "quorum" })).toEqual([]);
  expect(job({ regions: ["ams"], policy: "quorum" })).toEqual(["it looks from 1"]);
  expect(job({ regions: ["ams", "lga", "sin"], policy: "one" })).toEqual(["it does not go by the majority"]);
  expect(job({})).toHaveLength(2);
});

test("the provider's block names no key, but in the sandbox", () => {
  const block = (sandbox: boolean) =>
    judge(NS1_POLICIES, "ns1-no-credentials-in-code", policyObject("provider.ns1", { apikey: "k" }), {
      sandbox,
    });
  expect(block(false)).toHaveLength(1);
  expect(block(true)).toEqual([]);
});
