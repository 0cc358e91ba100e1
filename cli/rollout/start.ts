import { randomBytes } from "node:crypto";
import { PolycastError } from "../../constructs/fleet/problem";
import { readManifest } from "../../live/read-manifest";
import { refuseWhileRetiring } from "../../live/retirement-record";
import { describeShortfall } from "../../rollout/peak-load";
import { planRollout } from "../../rollout/plan-rollout";
import { startRollout, type RolloutState } from "../../rollout/rollout-state";
import type { RolloutPlan } from "../../rollout/rollout-plan";
import { ALL_STACKS } from "../cdktf";
import { FAILED } from "../exit-code";
import { preflight } from "../preflight";
import { saysYes } from "../says-yes";
import { keepShapes, planShapes } from "./approved-shapes";
import { heldText, personName } from "./person";
import { keepEnded, withRollout } from "./rollout-store";
import { durationText, rolloutText, wasText } from "./rollout-text";
import { rolloutWish, type StartOptions } from "./asked-wish";
import { openScene, openTeller } from "./scene";

export interface StartCommandOptions extends StartOptions {
  readonly autoApprove?: true;
  readonly json?: true;
}

const QUESTION = 'Start it? Only "yes" does: ';

/** `polycast rollout start`: nothing is changed by it; `rollout advance` does. */
export async function start(options: StartCommandOptions): Promise<void> {
  // With --json only the result may be on standard output.
  const tell = (text: string): void => {
    (options.json ? process.stderr : process.stdout).write(`${text}\n`);
  };
  await preflight([ALL_STACKS], process.env);
  const terminal = { input: process.stdin, output: options.json ? process.stderr : process.stdout };
  const scene = await openScene();
  const { environment, live, clock } = scene;
  const { objects } = live;
  const result = await withRollout(objects, environment.name, "rollout start", async (store) => {
    await refuseWhileRetiring(objects, "The rollout was not started:");
    const last = await store.read();
    const { record } = await live.read();
    const wish = rolloutWish(environment, options);
    const { plan, shortfalls } = planRollout(environment, readManifest(environment), record, wish);
    const occasion = { id: newId(plan.release), at: clock.now(), by: personName() };
    const rollout = startRollout(last?.rollout, plan, occasion);
    tell(
      planText(
        plan,
        shortfalls.map(describeShortfall).map(({ where, what }) => `  ${where}: ${what}`),
      ),
    );
    tell("What Terraform does to each fleet, and no more:");
    const shapes = await planShapes(scene, plan, (line) => {
      tell(`  ${line}`);
    });
    if (options.autoApprove === undefined && !(await saysYes(QUESTION, terminal))) return undefined;
    await keepShapes(objects, rollout.id, shapes);
    if (last !== undefined) await keepEnded(objects, last.rollout);
    if ((await store.write(rollout, last?.version)) === undefined) throw overtaken(environment.name);
    return rollout;
  });
  if (result === undefined) tell("Nothing was started.");
  else if ("heldBy" in result) {
    tell(`Nothing was started. ${heldText(result)}`);
    process.exitCode = FAILED;
  } else {
    finish(result, options, tell, clock.now());
    await openTeller(scene)();
  }
}

function finish(
  rollout: RolloutState,
  { json }: StartCommandOptions,
  tell: (text: string) => void,
  now: number,
): void {
  if (json) process.stdout.write(`${JSON.stringify(rollout, null, 2)}\n`);
  tell(`${rolloutText(rollout, now)}\nIt goes on, step by step, with: npx polycast rollout advance`);
}

function planText(plan: RolloutPlan, shortfalls: readonly string[]): string {
  const rungs = plan.waves.map(
    ({ fleet, sites, ladder }, index) =>
      `  ${index + 1}. ${sites === undefined ? fleet : `${fleet} at ${sites.join(", ")} alone`}: ${wasText(plan, fleet)} to ${plan.release}; shares of ${ladder.join(", ")} %`,
  );
  return [
    `The release ${plan.release} in ${plan.environment}, one fleet after the other:`,
    ...rungs,
    `Each bakes for ${durationText(plan.bakeSeconds)}. A step moves ${plan.trafficLimit} points at most, the first after a drain ${plan.firstLimit}.`,
    `Evidence: ${plan.evidence.join(", ")}, and DNS as served. Peak: ${plan.peak} connections.`,
    ...(shortfalls.length === 0 ? [] : ["Not protected against:", ...shortfalls]),
  ].join("\n");
}

/** Unique, and it says what it is about. */
function newId(release: string): string {
  return `${release}-${randomBytes(4).toString("hex")}`;
}

function overtaken(environment: string): PolycastError {
  return new PolycastError("The rollout was not started:", [
    { where: environment, what: "somebody else has started one meanwhile, or the lock is lost" },
  ]);
}
