import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { PolycastError } from "../constructs/fleet/problem";

/**
 * Refuses an output directory that another environment was synthesized into: Terraform keeps the back end of a stack
 * there, and would offer to copy one environment's state over another's. From now on only its owner may read it: Terraform
 * leaves there, with all the secrets of a state, what `cdktf diff` has planned and a state that it could not put away.
 */
export function guardOutput(directory: string, environment: string): void {
  const mark = path.join(directory, "environment");
  mkdirSync(directory, { recursive: true });
  keepToOwner(directory);
  try {
    writeFileSync(mark, environment, { flag: "wx" });
  } catch {
    const other = readFileSync(mark, "utf8");
    if (other === environment) return;
    throw new PolycastError(`${path.basename(directory)} belongs to the environment "${other}".`, [
      {
        where: "output directory",
        what: `"${environment}" needs one of its own`,
        remedy: `Run with CDKTF_OUTPUT=cdktf.out.${environment}, or delete the directory; it holds nothing that a synth does not bring back.`,
      },
    ]);
  }
}

function keepToOwner(directory: string): void {
  try {
    chmodSync(directory, 0o700);
  } catch {
    throw new PolycastError("The output directory is somebody else's.", [
      {
        where: directory,
        what: "belongs to another user, who could read the secrets that Terraform leaves there",
        remedy: "Delete it, or name one of your own with CDKTF_OUTPUT.",
      },
    ]);
  }
}
