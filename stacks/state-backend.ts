import { LocalBackend, S3Backend, type App, type TerraformBackend, type TerraformStack } from "cdktf";
import path from "node:path";
import type { Environment } from "../constructs/fleet/environment";
import { environmentDirectory, stateKey } from "../live/state-location";

/** Directory that Terraform runs a stack in. */
export function stackDirectory(app: App, stack: string): string {
  return path.resolve(app.outdir, "stacks", stack);
}

/** The oldest Terraform, or OpenTofu, that can keep an environment's state: from 1.10 on S3 is locked by a lockfile. */
export function oldestTerraform({ kind }: Environment["state"]): string {
  return kind === "local" ? "1.5.0" : "1.10.0";
}

/** Gives a stack its state, and the Terraform version that this needs. */
export function useState(
  app: App,
  stack: TerraformStack,
  { name, state }: Pick<Environment, "name" | "state">,
): TerraformBackend {
  const id = stack.node.id;
  stack.addOverride("terraform.required_version", `>= ${oldestTerraform(state)}`);
  if (state.kind === "local") {
    const file = path.join(environmentDirectory(name), "state", `${id}.tfstate`);
    // Relative, so that synthesized output names no path of the machine; stacks lie side by side, so that a
    // stack that refers to another finds that one's state by the same path.
    return new LocalBackend(stack, { path: path.relative(stackDirectory(app, id), file) });
  }
  const backend = new S3Backend(stack, {
    bucket: state.bucket,
    region: state.region,
    key: stateKey(name, id),
    encrypt: true,
  });
  // Missing in the binding's type; Terraform and OpenTofu know it from 1.10 on.
  backend.addOverride("use_lockfile", true);
  return backend;
}
