import { withRollout, changeRollout, readRollout } from "../cli/rollout/rollout-store";
import type { ObjectStore } from "../live/object-store";
import { command } from "../rollout/command";
import type { RolloutPlan } from "../rollout/rollout-plan";
import { startRollout } from "../rollout/rollout-state";
import type { Check } from "./report";

const FLEET = { provider: "aws", capacity: 1, share: 100 };
const PLAN: RolloutPlan = {
  environment: "production",
  release: "r2",
  fleets: { aws: { ...FLEET, previous: { id: "r1", image: "" }, next: { id: "r2", image: "" } } },
  waves: [{ fleet: "aws", ladder: [0, 100] }],
  ...{ bakeSeconds: 1, settleSeconds: 1, lookSeconds: 1, trafficLimit: 10, firstLimit: 10, peak: 1 },
  ...{ spare: 1, approve: "once", evidence: ["nodes"] },
};

/**
 * The state of a rollout: one at a time, and whoever was overtaken writes no more.
 * @param one the place as one person has it, `other` as another.
 */
export async function rolloutState(check: Check, one: ObjectStore, other: ObjectStore): Promise<void> {
  const name = PLAN.environment;
  const rollout = startRollout(undefined, PLAN, { id: "r", at: 1, by: "ann" });
  await withRollout(one, name, "start", async (store) => {
    check.equal("the first write", (await store.write(rollout, undefined)) === undefined, false);
    const beside = await withRollout(other, name, "advance", () => Promise.resolve("worked"));
    check.equal("another at the same time", beside !== "worked", true);

    const before = await store.read();
    const said = { at: 2, by: "ben", why: "a look" };
    await changeRollout(other, name, (state) => command(state, { kind: "pause" }, said));
    const late = await store.write(rollout, before?.version);
    check.equal("a write after a person's word", late === undefined, true);
  });
  check.equal("the word holds", (await readRollout(one, name))?.rollout.paused?.by, "ben");

  const stale = await readRollout(one, name);
  await withRollout(other, name, "advance", () => Promise.resolve());
  const overwritten = await one.write("rollout", "{}", stale?.version);
  check.equal("a write by who had the lock before", overwritten, false);
}
