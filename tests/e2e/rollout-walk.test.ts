import { MACHINE } from "../rollout/machine";
import { modelPlan } from "../rollout/model";
import { walk } from "../rollout/walk";

// Every state that a rollout can reach, with whatever evidence, kills, refusals and words of people: minutes of one core.
describe("the machine, in every state that it can reach", () => {
  test.each([
    // Somebody else changes shares once, and the clock goes back once.
    [1, "rigid", 1],
    [2, "rigid", 0],
    [2, "parts", 0],
    [3, "rigid", 0],
    [4, "rigid", 0],
  ] as const)(
    "keeps the invariants and can always be ended: %i fleets, %s, %i rare events",
    (count, kind, rare) => {
      const { states, steps, violations } = walk(MACHINE, modelPlan(count, kind), { ends: true, rare });
      console.info(`${count} fleets, ${kind}, ${rare} rare events: ${states} states, ${steps} steps`);
      expect(violations).toEqual([]);
      expect(states).toBeGreaterThan(5_000);
    },
    600_000,
  );
});
