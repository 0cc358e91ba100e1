import type { Environment } from "../../constructs/fleet/environment";
import type { LiveStore } from "../../live/live-store";
import { commandEnvironment } from "../cdktf";
import { openClock, type RolloutClock } from "./rollout-clock";
import { newsTeller, type TellNews } from "./tell-news";

/** What a rollout is carried out with. */
export interface RolloutScene {
  readonly environment: Environment;
  readonly live: LiveStore;
  readonly clock: RolloutClock;
  /** Folder beside the live record into which stacks are synthesized; two that work at once have one each. */
  readonly workspace: string;
  /** Variables for Terraform: attached where the environment is a sandbox's. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Opens the environment that POLYCAST_ENV names. It brings CDKTF and the providers' bindings with it; the other verbs do
 * without.
 * @throws PolycastError where it is a sandbox's, and none runs.
 */
export async function openScene(workspace = "rollout-stacks"): Promise<RolloutScene> {
  const env = commandEnvironment(process.env);
  const { environment, live } = await openRecords();
  return { environment, live, clock: await openClock(environment, process.env), workspace, env };
}

/** The environment and its records alone. */
export async function openRecords(): Promise<Pick<RolloutScene, "environment" | "live">> {
  const { chosenEnvironment, loadEnvironment } = await import("../../environments/load-environment");
  const { openLiveStore } = await import("../../live/open-live-store");
  const { withoutRetired } = await import("../../live/retirement-record");
  const listed = await loadEnvironment(chosenEnvironment());
  const live = await openLiveStore(listed);
  return { environment: await withoutRetired(listed, live.objects), live };
}

/** Tells whoever the environment names what has happened; standard error says what went wrong with that. */
export function openTeller(records: Pick<RolloutScene, "environment" | "live">): TellNews {
  // Nothing that looks like a credential is left of a sandbox's variables, and the URL is none of a cloud's.
  const env = { command: commandEnvironment(process.env), webhook: process.env };
  return newsTeller(records, env, (line) => process.stderr.write(`${line}\n`));
}
