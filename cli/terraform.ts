import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { coerce, gte } from "semver";
import { z } from "zod";
import { PolycastError } from "../constructs/fleet/problem";

/** The oldest Terraform that the sandbox works with. OpenTofu began at 1.6. */
const OLDEST = "1.5.0";
const REMEDY =
  `Install Terraform ${OLDEST} or newer (https://developer.hashicorp.com/terraform/install), ` +
  "or OpenTofu with TERRAFORM_BINARY_NAME=tofu.";

/** The program that CDKTF runs as Terraform. */
export function terraformBinary(env: NodeJS.ProcessEnv): string {
  const named = env["TERRAFORM_BINARY_NAME"] ?? "";
  return named === "" ? "terraform" : named;
}

/**
 * Makes sure that there is a Terraform that is new enough.
 *
 * @returns its version.
 * @throws PolycastError with the remedy where there is none.
 */
export async function requireTerraform(env: NodeJS.ProcessEnv): Promise<string> {
  const binary = terraformBinary(env);
  const version = await versionOf(binary, env);
  // A release candidate of the oldest is good enough: only the three numbers count.
  if (gte(coerce(version) ?? "0.0.0", OLDEST)) return version;
  throw new PolycastError("Terraform is too old", [
    { where: binary, what: `is version ${version}; needed: ${OLDEST} or newer`, remedy: REMEDY },
  ]);
}

async function versionOf(binary: string, env: NodeJS.ProcessEnv): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(binary, ["version", "-json"], {
      env: { ...env, CHECKPOINT_DISABLE: "1" },
    });
    return z.object({ terraform_version: z.string() }).parse(JSON.parse(stdout)).terraform_version;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    throw new PolycastError(missing ? "Terraform was not found" : "Terraform does not say its version", [
      {
        where: binary,
        what: missing
          ? "there is no such program in PATH"
          : `"${binary} version -json" failed: ${String(error)}`,
        remedy: REMEDY,
      },
    ]);
  }
}

const shownState = z.object({
  values: z
    .object({
      outputs: z.record(z.string(), z.object({ sensitive: z.boolean(), value: z.unknown() })).optional(),
    })
    .optional(),
});

/** The outputs of the stack that Terraform runs in `directory`, but for sensitive ones. */
export async function stackOutputs(
  directory: string,
  env: NodeJS.ProcessEnv,
): Promise<Readonly<Record<string, unknown>>> {
  const { stdout } = await promisify(execFile)(terraformBinary(env), ["show", "-json"], {
    cwd: directory,
    env,
    maxBuffer: 256 * 1024 * 1024,
  });
  const { values } = shownState.parse(JSON.parse(stdout));
  const open = Object.entries(values?.outputs ?? {}).filter(([, { sensitive }]) => !sensitive);
  return Object.fromEntries(open.map(([name, { value }]) => [name, value]));
}
