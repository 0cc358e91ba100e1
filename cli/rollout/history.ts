import { readRollouts } from "./rollout-store";
import { historyText } from "./rollout-text";
import { openRecords } from "./scene";

/** `polycast rollout history`: who, what, why, and what was seen. */
export async function showHistory({ all, json }: { all?: true; json?: true }): Promise<void> {
  const { environment, live } = await openRecords();
  const rollouts = (await readRollouts(live.objects, environment.name)).slice(all ? 0 : -1);
  if (json) {
    const told = rollouts.map(({ id, plan, history }) => ({ id, release: plan.release, history }));
    process.stdout.write(`${JSON.stringify(told, null, 2)}\n`);
    return;
  }
  const texts = rollouts.map(
    ({ id, plan, history }) => `Rollout ${id} of ${plan.release}\n${historyText(history)}`,
  );
  process.stdout.write(`${texts.join("\n\n") || "There was no rollout."}\n`);
}
