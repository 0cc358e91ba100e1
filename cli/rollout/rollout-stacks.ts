import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { PolycastError } from "../../constructs/fleet/problem";
import type { FleetDeployment } from "../../live/deployment";
import { KEEP_IDENTITY } from "../../live/read-secrets";
import { fleetStackName } from "../../live/stack-names";
import { environmentDirectory } from "../../live/state-location";
import type { TrafficPlan } from "../../live/traffic-valve";
import { buildApp } from "../../stacks/app";
import { guardOutput } from "../../stacks/output-guard";
import { guardSandbox } from "../../stacks/sandbox-guard";
import { synth } from "../../stacks/synth";
import { TerraformRefusal, terraform } from "../adopt/stack-terraform";
import type { SynthesizedStack } from "../adopt/synthesized-stack";
import { planSchema, type Plan } from "../adopt/trial-plan";
import { keptIdentity, targetsOf } from "../keep-identity";
import { preflight } from "../preflight";
import { makeRunDirectory } from "../run-directory";
import type { RolloutScene } from "./scene";

/** How Terraform and OpenTofu say that somebody else is, or has just been, at work on a state -> what that means for us. */
const OTHERS_AT_WORK = {
  "Error acquiring the state lock": "A state is locked; nothing was changed. Try again when it is free.",
  "Saved plan is stale": "A state was changed after it was planned; nothing was changed. Try again.",
};

/** A plan of one stack that is saved: what is applied is what was looked at. */
export interface SavedPlan {
  readonly plan: Plan;
  /** @throws TerraformRefusal where it does not come to its end. */
  readonly apply: () => Promise<void>;
}

/**
 * Synthesizes the stacks into the scene's own directory, since a deploy may be under way beside it, plans one and
 * hands the plan over. The plan is gone afterwards, or with the next one where we are killed: it holds what the state holds,
 * secrets too. Where the stack's deployment keeps its identity, that is left out, and the cloud that it is in is not asked.
 *
 * @throws Overtaken where somebody else is at work on the state, TerraformRefusal where Terraform cannot plan.
 */
export async function withPlan<T>(
  { environment, live, workspace, env }: RolloutScene,
  stack: string,
  deployments: readonly FleetDeployment[],
  traffic: Pick<TrafficPlan, "next" | "refusal"> | undefined,
  use: (saved: SavedPlan) => Promise<T>,
  purpose: "deploy" | "destroy" = "deploy",
): Promise<T> {
  guardSandbox(environment, env);
  const keeping = deployments.find(
    ({ fleet, keepsIdentity }) => keepsIdentity === true && fleetStackName(fleet.name) === stack,
  );
  await preflight([stack], { ...process.env, ...(keeping !== undefined && { [KEEP_IDENTITY]: "1" }) });
  // Below the same home as the state, which the stacks find by a relative path.
  const outdir = join(environmentDirectory(environment.name), workspace, "cdktf.out");
  mkdirSync(outdir, { recursive: true });
  guardOutput(outdir, environment.name);
  synth(() => buildApp(environment, deployments, { outdir }, traffic));
  const kept = keeping && (await keptIdentity(keeping.fleet.name, live));
  const synthesized = { name: stack, directory: join(outdir, "stacks", stack), env: { ...env, ...kept } };
  const targets = keeping === undefined ? [] : targetsOf(synthesized);
  const secret = makeRunDirectory(join(environmentDirectory(environment.name), "plans"), "plan");
  try {
    const file = join(secret, "plan.bin");
    await unlocked(synthesized, ["init", "-input=false"]);
    const destroy = purpose === "destroy" ? ["-destroy"] : [];
    await unlocked(synthesized, ["plan", "-input=false", "-json", ...destroy, ...targets, `-out=${file}`]);
    const plan = planSchema.parse(JSON.parse(await terraform(synthesized, ["show", "-json", file])));
    return await use({
      plan,
      apply: async () => {
        await unlocked(synthesized, ["apply", "-input=false", "-json", file]);
      },
    });
  } finally {
    rmSync(secret, { recursive: true, force: true });
  }
}

/** Somebody else is at work on the same. That says nothing about the change: whoever tries again looks anew. */
export class Overtaken extends PolycastError {}

async function unlocked(stack: SynthesizedStack, args: readonly [string, ...string[]]): Promise<void> {
  try {
    await terraform(stack, args);
  } catch (error) {
    if (!(error instanceof TerraformRefusal)) throw error;
    const { message } = error;
    const [, meaning] = Object.entries(OTHERS_AT_WORK).find(([said]) => message.includes(said)) ?? [];
    if (meaning === undefined) throw error;
    throw new Overtaken(meaning, [{ where: stack.name, what: message }]);
  }
}
