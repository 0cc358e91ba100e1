import type { Environment } from "../constructs/fleet/environment";
import { PolycastError } from "../constructs/fleet/problem";

/**
 * Keeps the sandbox and everything else apart: an environment for the simulated clouds is synthesized only with a
 * sandbox attached, and any other only without one.
 * @param variables the process's environment; `polycast sandbox exec` sets the two that matter here.
 * @throws PolycastError otherwise.
 */
export function guardSandbox(
  { name, sandbox }: Pick<Environment, "name" | "sandbox">,
  variables: Readonly<Record<string, string | undefined>>,
): void {
  const attached =
    variables["POLYCAST_SANDBOX"] !== undefined || variables["TF_REATTACH_PROVIDERS"] !== undefined;
  if (sandbox === true && !attached) {
    throw new PolycastError(
      `The environment "${name}" runs on simulated clouds, and no sandbox is attached.`,
      [
        {
          where: "POLYCAST_ENV",
          what: `is "${name}"`,
          remedy:
            "Run `npm start`, or `npx polycast sandbox up` and then `npx polycast sandbox exec -- npx cdktf deploy ...`. For real clouds set POLYCAST_ENV.",
        },
      ],
    );
  }
  if (sandbox !== true && attached) {
    throw new PolycastError(`The environment "${name}" is a real one, and a sandbox is attached.`, [
      {
        where: "TF_REATTACH_PROVIDERS, POLYCAST_SANDBOX",
        what: "are set: Terraform would record simulated objects in this environment's state",
        remedy: "Unset both, or run outside `polycast sandbox exec`.",
      },
    ]);
  }
}
