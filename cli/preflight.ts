import type { Environment } from "../constructs/fleet/environment";
import type { Variables } from "../constructs/fleet/api-credential";
import { PolycastError, refuseIfAny } from "../constructs/fleet/problem";
import { DEFAULT_SANDBOX_ENVIRONMENT, isSandboxEnvironment } from "../sandbox/sandbox-environments";
import { KEEP_IDENTITY } from "../live/read-secrets";
import { ALL_STACKS } from "./cdktf";

/**
 * Makes sure, before anything is changed, that stacks of the environment that POLYCAST_ENV names have all that they need
 * from outside: credentials for every API, and a guarded place for secrets in their state. Nothing is asked of the sandbox.
 * @param stacks names, or cdktf's patterns.
 * @throws PolycastError that names everything that is missing, empty or malformed; never a value.
 */
export async function preflight(stacks: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  if (isSandboxEnvironment(env["POLYCAST_ENV"] ?? DEFAULT_SANDBOX_ENVIRONMENT)) return;
  // An environment brings CDKTF with it; the other verbs do without.
  const { chosenEnvironment, loadEnvironment } = await import("../environments/load-environment");
  const environment = await loadEnvironment(chosenEnvironment());
  await requireCredentials(environment, await stacksOf(environment, stacks), env);
  await requireGuardedState(environment);
}

async function stacksOf(environment: Environment, asked: readonly string[]): Promise<readonly string[]> {
  const { stackNames } = await import("../live/stack-names");
  const isPattern = asked.some((stack) => stack.includes(ALL_STACKS));
  return isPattern ? stackNames(environment) : asked;
}

/** @throws PolycastError with every problem of every credential. */
export async function requireCredentials(
  environment: Environment,
  stacks: readonly string[],
  variables: Variables,
): Promise<void> {
  const { credentialsOf } = await import("../live/stack-credentials");
  const problems = await Promise.all(
    credentialsOf(environment, stacks, variables[KEEP_IDENTITY] === "1").map(
      async ({ credential, neededFor }) =>
        (await credential.check(variables)).map((problem) => ({
          ...problem,
          what: `${problem.what} (needed for ${neededFor.join(", ")})`,
        })),
    ),
  );
  refuseIfAny(() => "Credentials are missing; nothing was changed", problems.flat());
}

/** A bucket that holds secrets is closed to the public and encrypted, or nothing is written into it. */
async function requireGuardedState(environment: Environment): Promise<void> {
  const { fleetsWithSecrets } = await import("../constructs/fleet/secrets-in-state");
  const { state } = environment;
  const secret = fleetsWithSecrets(environment).map(({ name }) => name);
  // A local one is refused at synth.
  if (state.kind === "local" || secret.length === 0) return;
  const { checkStateBucket } = await import("../live/state-protection");
  const problems = await checkStateBucket(state);
  if (problems.length === 0) return;
  throw new PolycastError(
    `The state of ${secret.join(", ")} holds a secret, and its bucket does not guard it; nothing was changed`,
    problems,
  );
}
