import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { PolycastError } from "../constructs/fleet/problem";
import { emptyRecord, formatLiveRecord, parseLiveRecord } from "./live-record";
import { parseState, type LiveStore } from "./live-store";

/**
 * A live record in files: `live/1.json`, `live/2.json`, ..., the highest is the record, the others its history.
 *
 * A version is written beside and then linked to its name, which fails where the name is taken: that makes the write
 * complete and conditional at once, without a lock that a killed process could leave behind.
 * @param directory the environment's directory; its Terraform state lies in `state/` there.
 */
export function fileLiveStore(environment: string, directory: string): LiveStore {
  const folder = path.join(directory, "live");
  const fileOf = (version: number) => path.join(folder, `${version}.json`);

  return {
    async read() {
      const names = (await unlessMissing(readdir(folder))) ?? [];
      const version = Math.max(0, ...names.map((name) => Number(/^(\d+)\.json$/.exec(name)?.[1] ?? 0)));
      if (version === 0) return { record: emptyRecord(environment), version: undefined };
      const file = fileOf(version);
      const text = (await unlessMissing(readFile(file, "utf8"))) ?? "";
      return { record: parseLiveRecord(text, file, environment), version: String(version) };
    },

    async write(record, after) {
      const draft = path.join(folder, `.${randomUUID()}`);
      try {
        await mkdir(folder, { recursive: true });
        await writeFile(draft, formatLiveRecord(record));
        await link(draft, fileOf(Number(after ?? 0) + 1));
        return true;
      } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw new PolycastError(`The live record cannot be written: ${(error as Error).message}`);
      } finally {
        await rm(draft, { force: true }).catch(() => undefined);
      }
    },

    async readState(stack) {
      const text = await unlessMissing(readFile(path.join(directory, "state", `${stack}.tfstate`), "utf8"));
      return text === undefined || text === "" ? undefined : parseState(text, `${stack}.tfstate`);
    },

    // The system's own lock on the file, which ends with the process that holds it.
    readLock: () => Promise.resolve(undefined),
  };
}

async function unlessMissing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw new PolycastError(
      `The live record or the state beside it cannot be read: ${(error as Error).message}`,
    );
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
