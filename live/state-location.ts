import path from "node:path";

/** Root of this project: commands that Terraform runs start there. */
export const PROJECT_ROOT = path.join(__dirname, "..");

/** Directory of all local state: POLYCAST_HOME, or `.polycast` in the project; absolute. */
export function stateHome(variables: Readonly<Record<string, string | undefined>>): string {
  const named = variables["POLYCAST_HOME"] ?? "";
  return named === "" ? path.join(PROJECT_ROOT, ".polycast") : path.resolve(named);
}

/** Directory of an environment's local files: state and live record, below POLYCAST_HOME. */
export function environmentDirectory(environment: string): string {
  return path.join(stateHome(process.env), environment);
}

/** Directory of all images: POLYCAST_IMAGES, or `images` in the project; absolute. */
export function imagesDirectory(
  variables: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const named = variables["POLYCAST_IMAGES"] ?? "";
  return named === "" ? path.join(PROJECT_ROOT, "images") : path.resolve(named);
}

/** S3 key of a stack's state; the environment is part of it, so that one's state is never another's. */
export function stateKey(environment: string, stack: string): string {
  return `polycast/${environment}/${stack}.tfstate`;
}
