import { MACHINE } from "./machine";
import { firstSitesPlan, modelPlan } from "./model";
import { MUTANTS } from "./mutants";
import { NEVER, walk } from "./walk";

describe("the machine", () => {
  test("keeps the invariants in every state of a fleet that is alone, and always comes to an end", () => {
    const walked = walk(MACHINE, modelPlan(1, "rigid"), { ends: true, rare: NEVER });
    expect(walked.violations).toEqual([]);
    expect(walked.states).toBeGreaterThan(1_000);
  });

  test("keeps them with first sites", () => {
    const plan = firstSitesPlan(modelPlan(2, "rigid"));
    const walked = walk(MACHINE, plan, { ends: true, people: false, rare: NEVER });
    expect(walked.violations).toEqual([]);
    expect(walked.states).toBeGreaterThan(1_500);
  });

  // With people, parts of a share and more fleets: tests/e2e/rollout-walk.test.ts.
  test("keeps them with two fleets that nobody touches", () => {
    const walked = walk(MACHINE, modelPlan(2, "rigid"), { ends: true, people: false, rare: NEVER });
    expect(walked.violations).toEqual([]);
    expect(walked.states).toBeGreaterThan(1_000);
  });
});

describe("the checker", () => {
  test.each(MUTANTS.map((mutant) => [mutant.fault, mutant] as const))(
    "catches a machine that %s",
    (_, { machine, breaks, firstSites }) => {
      // What people say about a bake needs no second fleet.
      const whole = modelPlan(breaks.startsWith("8") ? 1 : 2, "rigid");
      const plan = firstSites ? firstSitesPlan(whole) : whole;
      const people = /^[89] /.test(breaks);
      const { violations } = walk(machine, plan, { invariants: [breaks], rare: NEVER, people });
      expect(violations.map(({ invariant }) => invariant)).toEqual([breaks]);
    },
  );

  test("has a mutant for each invariant", () => {
    const broken = new Set(MUTANTS.map(({ breaks }) => breaks.split(" ")[0]));
    expect([...broken]).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"]);
  });
});
