import { MACHINE } from "../rollout/machine";
import { modelPlan } from "../rollout/model";
import { NEVER, walk } from "../rollout/walk";

// Every state that a rollout can reach, with whatever evidence, kills, refusals and words of people: minutes of one core.
describe("the machine, in every state that it can reach", () => {
  test.each([
    [1, "rigid", { meddling: 1, clock: 1 }],
    // Somebody else changes a share, or evacuates a fleet, at any moment.
    [2, "rigid", { meddling: 1, clock: 0 }],
    [2, "rigid", NEVER],
    [2, "parts", NEVER],
    [3, "rigid", NEVER],
    [4, "rigid", NEVER],
  ] as const)(
    "keeps the invariants and can always be ended: %i fleets, %s, rare events: %j",
    (count, kind, rare) => {
      const { states, steps, violations } = walk(MACHINE, modelPlan(count, kind), { ends: true, rare });
      console.info(`${count} fleets, ${kind}, ${JSON.stringify(rare)}: ${states} states, ${steps} steps`);
      expect(violations).toEqual([]);
      expect(states).toBeGreaterThan(5_000);
    },
    600_000,
  );
});
