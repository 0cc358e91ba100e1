import { PolycastError } from "../../constructs/fleet/problem";
import type { FleetDeployment } from "../../live/deployment";
import type { LiveStore } from "../../live/live-store";
import { readReleases } from "../../live/read-deployment";
import { setShare } from "../../live/set-share";
import { EDGE_DNS } from "../../live/stack-names";
import { planTraffic, TRAFFIC_LIMIT, TRAFFIC_STEPS } from "../../live/traffic-valve";
import type { DnsLook } from "../../rollout/look";
import type { Outcome, Steer } from "../../rollout/rollout-world";
import { TerraformRefusal } from "../adopt/stack-terraform";
import type { Plan } from "../adopt/trial-plan";
import { hasArrived, readDnsState, type WholeShares } from "./dns-state";
import { Overtaken, withPlan } from "./rollout-stacks";
import type { RolloutScene } from "./scene";

/** What became of a step. */
export type Steered =
  | Extract<Outcome, { readonly kind: "refused" }>
  | { readonly kind: "done"; readonly dns?: Omit<DnsLook, "served"> };

/** Writes the share to the live record, then takes one step of DNS towards it. */
export async function steerFleet(
  scene: RolloutScene,
  rollout: WholeShares,
  { fleet, percent, limit }: Steer,
): Promise<Steered> {
  const { environment, live, env } = scene;
  try {
    await setShare(live, fleet, percent);
    const deployments = await readReleases(environment, live);
    const variables = { ...env, [TRAFFIC_LIMIT]: String(limit), [TRAFFIC_STEPS]: "1" };
    const traffic = await planTraffic(environment, deployments, live, variables);
    if (traffic.refusal !== undefined) return { kind: "refused", why: traffic.refusal.message };
    if (!hasArrived(traffic.applied, traffic.wanted)) {
      await withPlan(scene, EDGE_DNS, deployments, traffic, async ({ plan, apply }) => {
        refuseOthers(plan);
        await refuseOldShares(live, deployments);
        await apply();
      });
    }
    const dns = await readDnsState(scene, rollout);
    return { kind: "done", ...(dns !== undefined && { dns }) };
  } catch (error) {
    if (error instanceof TerraformRefusal) return { kind: "refused", why: error.said.join("; ") };
    throw error;
  }
}

/** A step is about records and what is remembered of them; zones, monitors and the rest stay as they are. */
function refuseOthers({ resource_changes: changes }: Plan): void {
  const others = changes.filter(
    ({ type, change: { actions } }) =>
      !["no-op", "read"].includes(actions.join()) && type !== "terraform_data" && !type.endsWith("_record"),
  );
  if (others.length === 0) return;
  throw new PolycastError("The step of DNS was not taken: it would change more than records.", [
    ...others.map(({ address, change }) => ({ where: address, what: change.actions.join(" and ") })),
    { where: EDGE_DNS, what: "differs from the code", remedy: "Deploy it first: npx polycast dns apply" },
  ]);
}

/**
 * Whoever evacuates a fleet waits for nobody. A step that was synthesized before that and is applied after it would give the
 * fleet its share back; what changes later than this look makes the saved plan stale.
 */
async function refuseOldShares(
  live: Pick<LiveStore, "read">,
  deployments: readonly FleetDeployment[],
): Promise<void> {
  const { record } = await live.read();
  const changed = deployments.flatMap(({ fleet: { name }, share }) => {
    const now = record.fleets[name]?.share;
    return now === undefined || now === share ? [] : [{ where: name, what: `${share} % is ${now} % by now` }];
  });
  if (changed.length === 0) return;
  throw new Overtaken(
    "Shares were changed after this step was planned; nothing was applied. Try again.",
    changed,
  );
}
