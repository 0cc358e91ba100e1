import { watchedIn } from "../../constructs/management/watched-fleets";
import type { AlarmState } from "../../constructs/management/management-plane";
import type { Finding } from "../../rollout/look";
import { worldClient } from "../../sandbox/world-api/client";
import type { Find } from "./finding";
import type { RolloutScene } from "./scene";

/**
 * The alarms of a fleet.
 * @param drained nobody is sent there: an alarm looks minutes back, so it may still speak of the nodes before.
 */
export async function alarmEvidence(
  { environment, env }: RolloutScene,
  fleet: string,
  drained: boolean,
  find: Find,
): Promise<Finding> {
  const { management, sandbox = false } = environment;
  if (management === undefined) return find("unclear", "nobody watches");
  const alarms = management.alarmsOf(watchedIn(environment), fleet);
  const states: ReadonlyMap<string, AlarmState> = sandbox
    ? new Map((await worldClient(env).world()).alarms.map(({ name, ...state }) => [name, state]))
    : await management.readAlarms(alarms);
  const missing = alarms.filter(({ name }) => !states.has(name));
  if (missing.length > 0) {
    return find(
      "unclear",
      `${missing.map(({ name }) => name).join(", ")} not deployed: npx polycast deploy management`,
    );
  }
  const told = alarms.map(({ name }) => ({ name, ...(states.get(name) as AlarmState) }));
  const ringing = told.filter(({ state }) => state === "ALARM");
  const open = told.filter(({ state }) => state === "INSUFFICIENT_DATA");
  if (ringing.length > 0) {
    return find(
      drained ? "unclear" : "bad",
      ringing.map(({ name, reason }) => `${name}: ${reason}`).join("; "),
    );
  }
  if (open.length > 0) return find("unclear", `${open.map(({ name }) => name).join(", ")} cannot tell yet`);
  return find("good", `${told.length} alarms are silent`);
}
