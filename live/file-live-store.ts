import { readFile } from "node:fs/promises";
import path from "node:path";
import { PolycastError } from "../constructs/fleet/problem";
import { fileObjectStore } from "./file-object-store";
import { liveStore, parseState, type LiveStore } from "./live-store";

/**
 * The live record of an environment with local state.
 * @param directory the environment's directory; its Terraform state lies in `state/` there.
 */
export function fileLiveStore(environment: string, directory: string): LiveStore {
  return liveStore(environment, {
    objects: fileObjectStore(directory),
    async readState(stack) {
      const file = path.join(directory, "state", `${stack}.tfstate`);
      const text = await readIfThere(file);
      return text === undefined || text === "" ? undefined : parseState(text, `${stack}.tfstate`);
    },
    // The system's own lock on the file, which ends with the process that holds it.
    readLock: () => Promise.resolve(undefined),
  });
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new PolycastError(`Terraform's state cannot be read: ${(error as Error).message}`);
  }
}
