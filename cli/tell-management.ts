import type { Environment } from "../constructs/fleet/environment";
import { PolycastError } from "../constructs/fleet/problem";
import type { Measurement } from "../constructs/management/management-plane";
import { worldClient } from "../sandbox/world-api/client";

/**
 * Tells whoever watches an environment what only a command knows. What was measured has happened all the same, so that it
 * cannot be told is no failure of the command: the alarm on its absence will say so.
 * @returns why it could not be told; undefined: it was, or nobody watches.
 */
export async function tellManagement(
  { name, sandbox = false, management }: Environment,
  measurement: Measurement,
  value: number,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  if (management === undefined) return undefined;
  try {
    if (sandbox) await worldClient(env).report(management.metricOf(name, measurement), value);
    else await management.report(name, measurement, value);
    return undefined;
  } catch (error) {
    if (error instanceof PolycastError) return error.message;
    throw error;
  }
}
