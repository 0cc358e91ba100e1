import type { Environment } from "../../constructs/fleet/environment";
import type { LiveStore } from "../../live/live-store";

/** What every verb of `polycast image` works with. */
export interface ImageDesk {
  readonly environment: Environment;
  readonly store: LiveStore;
  /** Variables for the programs and clients that build: in the sandbox without credentials, with its endpoints. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Opens an environment for work on its images. It brings CDKTF and the providers' bindings with it; the other verbs do
 * without.
 *
 * @param named undefined: the one that POLYCAST_ENV names.
 * @throws PolycastError where there is none, or it is the sandbox's and no sandbox runs.
 */
export async function openDesk(named?: string): Promise<ImageDesk> {
  const { chosenEnvironment, loadEnvironment } = await import("../../environments/load-environment");
  const { openLiveStore } = await import("../../live/open-live-store");
  const environment = await loadEnvironment(named ?? chosenEnvironment());
  return { environment, store: await openLiveStore(environment), env: await variablesOf(environment) };
}

async function variablesOf({ sandbox = false }: Environment): Promise<NodeJS.ProcessEnv> {
  if (!sandbox) return process.env;
  const { attachment } = await import("../../sandbox/attachment");
  const { attachedSandbox } = await import("../../sandbox/sandbox");
  const attached = attachedSandbox(process.env);
  return { ...attachment(attached, process.env, { interactive: false }), ...attached.record.imageApis };
}
