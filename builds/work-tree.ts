import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { BuildRecord } from "./build-record";

/**
 * Which commit an image's folder is of.
 * @param folder absolute.
 * @returns without a commit where it is in no git work tree, or there is no git.
 */
export async function sourceOf(folder: string): Promise<BuildRecord["source"]> {
  const git = async (...args: readonly string[]): Promise<string> =>
    (await promisify(execFile)("git", ["-C", folder, ...args])).stdout.trim();
  try {
    const commit = await git("rev-parse", "HEAD");
    // What lies beside what is built: manifests say what was built, and a promotion changes them.
    const changed = await git("status", "--porcelain", "--", ".", ":(exclude)manifests", ":(exclude)*.md");
    return { commit, dirty: changed !== "" };
  } catch {
    return { dirty: true };
  }
}
