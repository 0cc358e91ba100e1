import { MACHINE } from "../rollout/machine";
import { firstSitesPlan, modelPlan } from "../rollout/model";
import { NEVER, walk } from "../rollout/walk";

// Every state that a rollout can reach, with whatever evidence, kills, refusals and words of people: minutes of one core.
describe("the machine, in every state that it can reach", () => {
  test.each([
    [1, "rigid", { meddling: 1, clock: 1 }, "all sites at once"],
    // Somebody else changes a share, or evacuates a fleet, at any moment.
    [2, "rigid", { meddling: 1, clock: 0 }, "all sites at once"],
    [2, "rigid", NEVER, "all sites at once"],
    [2, "parts", NEVER, "all sites at once"],
    [2, "rigid", NEVER, "first sites"],
    [3, "rigid", NEVER, "all sites at once"],
    [4, "rigid", NEVER, "all sites at once"],
  ] as const)(
    "keeps the invariants and can always be ended: %i fleets, %s, rare events: %j, %s",
    (count, kind, rare, sites) => {
      const whole = modelPlan(count, kind);
      const plan = sites === "first sites" ? firstSitesPlan(whole) : whole;
      const { states, steps, violations } = walk(MACHINE, plan, { ends: true, rare });
      console.info(
        `${count} fleets, ${kind}, ${JSON.stringify(rare)}, ${sites}: ${states} states, ${steps} steps`,
      );
      expect(violations).toEqual([]);
      expect(states).toBeGreaterThan(5_000);
    },
    600_000,
  );
});
