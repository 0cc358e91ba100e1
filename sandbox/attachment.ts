import { devNull } from "node:os";
import { PolycastError, show, suggest } from "../constructs/fleet/problem";
import { withoutCredentials } from "./credentials";
import type { AttachedSandbox } from "./sandbox";
import { isSandboxEnvironment, SANDBOX_ENVIRONMENTS, sandboxEnvironmentOf } from "./sandbox-environments";

/**
 * The environment of a command that works in the sandbox: Terraform finds the simulated providers, cdktf writes
 * into the sandbox's directory and to no server, and nothing that looks like a credential is left.
 *
 * @param interactive whether a person sees the command's output at a terminal; otherwise cdktf draws nothing.
 */
export function attachment(
  { places, record }: AttachedSandbox,
  env: NodeJS.ProcessEnv,
  { interactive }: { interactive: boolean },
): NodeJS.ProcessEnv {
  return {
    ...withoutCredentials(env),
    POLYCAST_ENV: sandboxEnvironmentOf(env),
    POLYCAST_HOME: places.home,
    POLYCAST_SANDBOX: places.directory,
    TF_REATTACH_PROVIDERS: JSON.stringify(record.reattach),
    // Terraform and cdktf would ask servers for newer versions, and report their use.
    CHECKPOINT_DISABLE: "1",
    DISABLE_VERSION_CHECK: "1",
    // Asks the registry for each provider's checksums; there are no plugins here.
    CDKTF_SKIP_PROVIDER_LOCK: "true",
    CDKTF_OUTPUT: places.synthesized,
    CDKTF_HOME: places.cdktfHome,
    // Otherwise cdktf makes ~/.terraform.d.
    CDKTF_DISABLE_PLUGIN_CACHE_ENV: "1",
    // The user's own settings may hold credentials, and overrides that stand before the simulated providers.
    TF_CLI_CONFIG_FILE: devNull,
    ...(interactive ? {} : { CI: "1" }),
  };
}

/**
 * Refuses everything but the sandbox's environments, before anything is started.
 *
 * @throws PolycastError where POLYCAST_ENV names another one.
 */
export function refuseOtherEnvironment(env: NodeJS.ProcessEnv): void {
  const named = env["POLYCAST_ENV"];
  if (named === undefined || named === "" || isSandboxEnvironment(named)) return;
  throw new PolycastError("The sandbox takes the sandbox's environments only", [
    {
      where: "POLYCAST_ENV",
      what: `is ${show(named)}, which is none of them; ${suggest(named, SANDBOX_ENVIRONMENTS)}`,
      remedy:
        "Unset it for the sandbox. One of your own that says `sandbox: true` needs its name in sandbox/sandbox-environments.ts; " +
        "any other is deployed outside of it: npx polycast deploy",
    },
  ]);
}
