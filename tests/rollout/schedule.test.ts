import { SEED, seeded } from "../seeded";
import { firstSitesPlan, modelPlan } from "./model";
import { runSchedule } from "./schedule";

/** How many; CI asks for 100,000. */
const SCHEDULES = Number(process.env["POLYCAST_ROLLOUT_SCHEDULES"] ?? 600);

/** One to four fleets, both kinds of policy, with and without a person's approval and first sites. */
const PLANS = [1, 2, 3, 4].flatMap((count) =>
  (["parts", "rigid"] as const).flatMap((kind) => [
    modelPlan(count, kind),
    modelPlan(count, kind, { approve: "each", firstLimit: 20 / count, bakeSeconds: 7 }),
    firstSitesPlan(modelPlan(count, kind)),
  ]),
);

// Processes are killed by errors whose stacks nobody reads, and making one takes longer than an advance.
Error.stackTraceLimit = 0;

test(`${SCHEDULES} schedules of faults keep the invariants, and each tenth is brought to an end (SEED=${SEED})`, async () => {
  const results = new Map<string, number>();
  let [advances, kills] = [0, 0];
  for (let index = 0; index < SCHEDULES; index++) {
    const random = seeded(SEED + index);
    const plan = PLANS[index % PLANS.length] as (typeof PLANS)[number];
    const isFollowed = index % 10 === 0;
    const scheduled = await runSchedule(plan, random, Math.floor(random() * 30), isFollowed ? 200 : 0);
    const result = scheduled.result ?? "under way";
    if (scheduled.violations.length > 0 || (isFollowed && result === "under way")) {
      throw new Error(
        `Schedule ${index} of SEED=${SEED}: ${scheduled.violations.join("; ") || "it does not end"}`,
      );
    }
    results.set(result, (results.get(result) ?? 0) + 1);
    advances += scheduled.advances;
    kills += scheduled.kills;
  }
  console.info(
    `SEED=${SEED}: ${advances} advances, ${kills} kills; ${JSON.stringify(Object.fromEntries(results))}`,
  );
  expect(kills).toBeGreaterThan(SCHEDULES / 2);
  expect(results.get("finished") ?? 0).toBeGreaterThan(SCHEDULES / 50);
  expect(results.get("rolled back") ?? 0).toBeGreaterThan(SCHEDULES / 50);
}, 600_000);
