import { checkPolicies, policyProblems } from "../../../constructs/policies/check-policies";
import type { PolicyRule, PolicyWaiver } from "../../../constructs/policies/policy-rule";
import { CONTEXT, policyObject } from "./policy-object";

const noA: PolicyRule = {
  id: "x-no-a",
  severity: "high",
  demand: "Nothing has an a",
  reason: "It is bad.",
  types: ["x_thing"],
  violations: ({ attributes }) => ("a" in attributes ? ["it has an a"] : []),
};
const noB: PolicyRule = {
  ...noA,
  id: "x-no-b",
  violations: ({ attributes }) => ("b" in attributes ? ["b"] : []),
};
const at = (path: string, attributes: object, type = "x_thing") =>
  policyObject(type, { ...attributes }, { path });
const objects = [
  at("one-fleet/fleet/site/thing", { a: 1, b: 1 }),
  at("one-fleet/fleet/site-2/thing", { a: 1 }),
  at("two-fleet/fleet/site/thing", { a: 1 }),
  at("two-fleet/fleet/site/other", { a: 1 }, "x_other"),
];
const check = (...waivers: PolicyWaiver[]) => checkPolicies(objects, [noA, noB], waivers, CONTEXT);
const paths = (all: readonly { readonly path: string; readonly rule: PolicyRule }[]) =>
  all.map(({ path, rule }) => `${rule.id} ${path}`);

describe("policies", () => {
  test("judge the objects of their types", () => {
    expect(paths(check().violations)).toEqual([
      "x-no-a one-fleet/fleet/site/thing",
      "x-no-b one-fleet/fleet/site/thing",
      "x-no-a one-fleet/fleet/site-2/thing",
      "x-no-a two-fleet/fleet/site/thing",
    ]);
    expect(check()).toMatchObject({ waived: [], unused: [] });
  });

  test("are waived everywhere, in a stack, below a path, at an object; and nowhere else", () => {
    const remaining = (resource?: string) =>
      check({ rule: "x-no-a", reason: "for a test", ...(resource === undefined ? {} : { resource }) })
        .violations.filter(({ rule }) => rule.id === "x-no-a")
        .map(({ path }) => path);
    expect(remaining()).toEqual([]);
    expect(remaining("one-fleet")).toEqual(["two-fleet/fleet/site/thing"]);
    expect(remaining("one-fleet/fleet/site")).toEqual([
      "one-fleet/fleet/site-2/thing",
      "two-fleet/fleet/site/thing",
    ]);
    expect(remaining("two-fleet/fleet/site/thing")).toHaveLength(2);
    expect(remaining("fleet")).toHaveLength(3);
  });

  test("that are waived are still told, with the reason", () => {
    const { waived, violations } = check({ rule: "x-no-b", reason: "it is an exercise" });
    expect(waived).toMatchObject([
      { path: "one-fleet/fleet/site/thing", waiver: { reason: "it is an exercise" } },
    ]);
    expect(violations).toHaveLength(3);
  });

  test("refuse a waiver that excuses nothing, and say which rule was meant", () => {
    const waivers = [
      { rule: "x-no-a", reason: "all of it" },
      { rule: "x-no-b", resource: "two-fleet", reason: "long gone" },
      { rule: "x-no-c", reason: "mistyped" },
    ];
    const problems = policyProblems(check(...waivers), [noA, noB]);
    expect(problems.map(({ where, what }) => `${where}: ${what}`)).toEqual([
      "one-fleet/fleet/site/thing (x_thing): b [x-no-b, high]",
      'waivers: "x-no-b" is broken by nothing at "two-fleet", so the waiver excuses nothing',
      expect.stringContaining('waivers: there is no rule "x-no-c"; nearest: "x-no-'),
    ]);
  });

  test("name the rule, its reason and the waiver that would do", () => {
    const [problem] = policyProblems(check(), [noA, noB]);
    expect(problem?.remedy).toBe(
      'Nothing has an a: It is bad. Or waive it in the environment: waivers: [{ rule: "x-no-a", resource: "one-fleet/fleet/site/thing", reason: "..." }].',
    );
  });
});
