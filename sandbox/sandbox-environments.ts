/**
 * The environments that the sandbox takes, the default first: the files of `environments/` that say `sandbox: true`. A list,
 * since loading an environment brings all of CDKTF with it, and most verbs need no more than the name.
 */
export const SANDBOX_ENVIRONMENTS: readonly string[] = ["sandbox", "everywhere"];

export const DEFAULT_SANDBOX_ENVIRONMENT = "sandbox";

export function isSandboxEnvironment(name: string): boolean {
  return SANDBOX_ENVIRONMENTS.includes(name);
}

/** The sandbox's environment that is meant: each has a sandbox of its own, with its own clouds and state. */
export function sandboxEnvironmentOf(env: NodeJS.ProcessEnv): string {
  const named = env["POLYCAST_ENV"] ?? "";
  return isSandboxEnvironment(named) ? named : DEFAULT_SANDBOX_ENVIRONMENT;
}
