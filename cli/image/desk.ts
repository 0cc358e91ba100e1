import type { Environment } from "../../constructs/fleet/environment";
import type { LiveStore } from "../../live/live-store";

/** What the verbs of `polycast image` work with that only read and write down: no sandbox need run for them. */
export interface ImageShelf {
  readonly environment: Environment;
  readonly store: LiveStore;
}

/** What the verbs work with that make and remove images. */
export interface ImageDesk extends ImageShelf {
  /** Variables for the programs and clients that build: in the sandbox without credentials, with its endpoints. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Opens an environment's records of images. It brings CDKTF and the providers' bindings with it; the other verbs do without.
 *
 * @param named undefined: the one that POLYCAST_ENV names.
 * @throws PolycastError where there is none.
 */
export async function openShelf(named?: string): Promise<ImageShelf> {
  const { chosenEnvironment, loadEnvironment } = await import("../../environments/load-environment");
  const { openLiveStore } = await import("../../live/open-live-store");
  const environment = await loadEnvironment(named ?? chosenEnvironment());
  return { environment, store: await openLiveStore(environment) };
}

/** The same, for work on the images themselves. @throws PolycastError, too, where it is the sandbox's and no sandbox runs. */
export async function openDesk(named?: string): Promise<ImageDesk> {
  const shelf = await openShelf(named);
  return { ...shelf, env: await variablesOf(shelf.environment) };
}

async function variablesOf({ sandbox = false }: Environment): Promise<NodeJS.ProcessEnv> {
  if (!sandbox) return process.env;
  const { attachment } = await import("../../sandbox/attachment");
  const { attachedSandbox } = await import("../../sandbox/sandbox");
  const attached = attachedSandbox(process.env);
  return { ...attachment(attached, process.env, { interactive: false }), ...attached.record.imageApis };
}
