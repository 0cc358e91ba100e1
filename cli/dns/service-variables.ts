import type { Environment } from "../../constructs/fleet/environment";
import { attachedSandbox } from "../../sandbox/sandbox";

/**
 * The environment variables with which the API of the environment's DNS service is asked.
 * @throws PolycastError where the environment is the sandbox, and no sandbox runs.
 */
export function serviceVariables(
  { sandbox = false }: Pick<Environment, "sandbox">,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  return sandbox ? attachedSandbox(env).record.dnsApis : env;
}
