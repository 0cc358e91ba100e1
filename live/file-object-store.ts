import { randomUUID } from "node:crypto";
import { link, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { PolycastError } from "../constructs/fleet/problem";
import type { ObjectStore } from "./object-store";

/** The newest version of a text that was removed; the older ones stay as its history. */
const REMOVED = `${JSON.stringify({ removed: true })}\n`;
const VERSION_FILE = /^(\d+)\.json$/;

/**
 * Texts in files: `live/1.json`, `live/2.json`, ..., the highest is the text of the key `live`, the others its history.
 *
 * A version is written beside and then linked to its name, which fails where the name is taken: that makes the write
 * complete and conditional at once, without a lock that a killed process could leave behind.
 * @param directory the environment's directory.
 */
export function fileObjectStore(directory: string): ObjectStore {
  const folderOf = (key: string) => path.join(directory, key);
  const fileOf = (key: string, version: number) => path.join(folderOf(key), `${version}.json`);

  async function newest(key: string): Promise<{ number: number; text: string | undefined }> {
    const names = (await unlessMissing(key, readdir(folderOf(key)))) ?? [];
    const number = Math.max(0, ...names.map((name) => Number(VERSION_FILE.exec(name)?.[1] ?? 0)));
    const text = number === 0 ? undefined : await unlessMissing(key, readFile(fileOf(key, number), "utf8"));
    return { number, text: text === REMOVED ? undefined : text };
  }

  async function append(key: string, text: string, number: number): Promise<boolean> {
    const folder = folderOf(key);
    const draft = path.join(folder, `.${randomUUID()}`);
    try {
      await mkdir(folder, { recursive: true });
      await writeFile(draft, text);
      await link(draft, fileOf(key, number));
      return true;
    } catch (error) {
      const { code, syscall } = error as NodeJS.ErrnoException;
      if (code === "EEXIST" && syscall === "link") return false;
      throw new PolycastError(`${fileOf(key, number)} cannot be written: ${(error as Error).message}`);
    } finally {
      await rm(draft, { force: true }).catch(() => undefined);
    }
  }

  return {
    async read(key) {
      const { number, text } = await newest(key);
      return text === undefined ? undefined : { text, version: String(number), source: fileOf(key, number) };
    },
    async write(key, text, after) {
      if (after !== undefined) return append(key, text, Number(after) + 1);
      const { number, text: there } = await newest(key);
      return there === undefined && (await append(key, text, number + 1));
    },
    remove: (key, version) => append(key, REMOVED, Number(version) + 1),
    async list(prefix) {
      const files = (await unlessMissing(prefix, readdir(directory, { recursive: true }))) ?? [];
      const versions = files.filter((file) => VERSION_FILE.test(path.basename(file)));
      const keys = [...new Set(versions.map((file) => path.dirname(file).split(path.sep).join("/")))]
        .filter((key) => key.startsWith(prefix))
        .sort();
      const texts = await Promise.all(keys.map(async (key) => (await newest(key)).text));
      return keys.filter((_, index) => texts[index] !== undefined);
    },
  };

  async function unlessMissing<T>(key: string, reading: Promise<T>): Promise<T | undefined> {
    try {
      return await reading;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw new PolycastError(`${folderOf(key)} cannot be read: ${(error as Error).message}`);
    }
  }
}
