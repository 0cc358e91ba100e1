import { performance } from "node:perf_hooks";
import type { Environment } from "../../constructs/fleet/environment";
import { worldClient } from "../../sandbox/world-api/client";

/** The clock by which a rollout waits and bakes: the world's in the sandbox, else this machine's. */
export interface RolloutClock {
  /** Whole seconds since 1970, rounded down. */
  now(): number;
  /** World seconds per real second, as last read. */
  scale(): number;
  /** Reads the clock anew: the pace of the sandbox's may have been changed. */
  read(): Promise<void>;
}

export async function openClock(
  { sandbox = false }: Pick<Environment, "sandbox">,
  env: NodeJS.ProcessEnv,
): Promise<RolloutClock> {
  if (!sandbox) {
    return { now: () => Math.floor(Date.now() / 1000), scale: () => 1, read: () => Promise.resolve() };
  }
  const client = worldClient(env);
  let known = await client.clock();
  let readAt = performance.now();
  return {
    // The answer has been on its way for a while, so this is never ahead of the world's own clock.
    now: () => Math.floor((known.now + (performance.now() - readAt) * known.scale) / 1000),
    scale: () => known.scale,
    read: async () => {
      known = await client.clock();
      readAt = performance.now();
    },
  };
}
