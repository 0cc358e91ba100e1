import path from "node:path";
import { withoutCredentials } from "../sandbox/credentials";
import { GlobalAccelerator } from "./global-accelerator";
import { serveHttp } from "./http-service";
import { InstanceRefreshes } from "./instance-refresh";
import { findMoto, startMoto } from "./moto";
import { MotoFront } from "./moto-front";

/** Long enough that the plugin has to wait for it, short enough for nobody else to. */
export const DEPLOY_MS = 1_500;

/** An empty AWS account on this machine: moto, and what moto lacks. */
export interface EmulatedAws {
  /** moto's version and where it was found, for the record. */
  readonly description: string;
  /** `http://127.0.0.1:PORT` of every service but Global Accelerator. */
  readonly url: string;
  /** An environment for the AWS plugin and SDKs: they reach this account, and no other. */
  readonly env: NodeJS.ProcessEnv;
  readonly accelerator: GlobalAccelerator;
  readonly refreshes: InstanceRefreshes;
  /** Lets the time of instance refreshes pass faster. */
  skip(seconds: number): Promise<void>;
  /** Stops everything; nothing is left when this returns. */
  close(): Promise<void>;
}

/**
 * Starts the account's services.
 * @param env what the caller's process has; its credentials are left out.
 * @param cache directory for what is fetched, kept from run to run
 */
export async function startEmulatedAws(
  env: NodeJS.ProcessEnv,
  cache: string,
  say: (line: string) => void,
): Promise<EmulatedAws> {
  const clean = withoutCredentials(env);
  const found = await findMoto(path.resolve(cache), clean, say);
  const moto = await startMoto(found.python, clean);
  let skipped = 0;
  const refreshes = new InstanceRefreshes(() => Date.now() + skipped);
  const front = new MotoFront(moto.url, refreshes);
  const accelerator = new GlobalAccelerator({ deployMs: DEPLOY_MS, now: Date.now });
  const [frontService, acceleratorService] = await Promise.all([
    serveHttp(front.answer),
    serveHttp(accelerator.answer),
  ]);
  return {
    description: `moto ${found.version} (${found.python})`,
    url: frontService.url,
    env: {
      ...clean,
      AWS_ENDPOINT_URL: frontService.url,
      AWS_ENDPOINT_URL_GLOBAL_ACCELERATOR: acceleratorService.url,
      NO_PROXY: [clean["NO_PROXY"], "127.0.0.1"].filter(Boolean).join(","),
    },
    accelerator,
    refreshes,
    skip: async (seconds) => {
      skipped += seconds * 1_000;
      await refreshes.advance();
    },
    close: async () => {
      front.close();
      await Promise.all([frontService.close(), acceleratorService.close(), moto.close()]);
    },
  };
}
