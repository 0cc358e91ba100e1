import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack, type Pack } from "tar-stream";
import { PolycastError } from "../fleet/problem";
import type { BuildJob, TemplateVariables } from "./image-source";

/** What a machine makes itself a node from, where its provider keeps no images: constructs/fleet/first-boot.ts. */
export interface BuiltArchive {
  readonly content: Buffer;
  /** Of the content, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Below `templates/`: what becomes the archive's `install.sh`. */
export const FIRST_BOOT_TEMPLATE = "first-boot";
/** Where the other templates upload them to, beside each other. */
const FOLDERS = ["provision", "checks"];
/** Every file is as old as this, or the bytes would differ: the first moment that tar knows. */
const NO_TIME = new Date(0);

/**
 * An archive of an image's scripts and checks, with `install.sh`, which runs the scripts with the variables. The same files and
 * variables are the same bytes, with the same version of Node.
 * @param folder the image's folder, absolute.
 * @throws PolycastError where a variable is none for scripts, or a folder holds what no archive should.
 */
export async function scriptArchive({
  folder,
  variables,
}: Pick<BuildJob, "folder" | "variables">): Promise<BuiltArchive> {
  const archive = pack();
  const script = await installScript(folder);
  archive.entry({ name: "install.sh", mode: 0o755, mtime: NO_TIME }, script);
  archive.entry({ name: "variables.sh", mode: 0o644, mtime: NO_TIME }, variablesScript(variables));
  for (const name of FOLDERS) addFolder(archive, folder, name);
  archive.finalize();
  // Node writes no time into the header of gzip; the byte for the system, which differs by platform, is made "unknown".
  const content = gzipSync(await buffer(archive), { level: 9 });
  content[9] = 255;
  return { content, sha256: createHash("sha256").update(content).digest("hex") };
}

async function installScript(folder: string): Promise<Buffer> {
  const at = `templates/${FIRST_BOOT_TEMPLATE}/install.sh`;
  return readFile(path.join(folder, at)).catch((error: unknown) => {
    throw refused(at, (error as Error).message);
  });
}

/** As `templates/ssh` gives them to the scripts: a Packer variable `admin_cidrs` is their `POLYCAST_ADMIN_CIDRS`. */
function variablesScript(variables: TemplateVariables): string {
  return Object.entries(variables)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `export POLYCAST_${name.toUpperCase()}=${quoted(textOf(name, value))}\n`)
    .join("");
}

function textOf(name: string, value: TemplateVariables[string]): string {
  if (typeof value === "string") return value;
  if (value instanceof Array) return value.join(",");
  throw refused(`build.json, variables.${name}`, "is a map, which the scripts' variables cannot hold");
}

/** For the shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function addFolder(archive: Pack, root: string, relative: string): void {
  archive.entry({ name: `${relative}/`, type: "directory", mode: 0o755, mtime: NO_TIME });
  for (const name of namesIn(root, relative)) {
    const at = `${relative}/${name}`;
    const file = path.join(root, at);
    const stat = lstatSync(file);
    if (stat.isDirectory()) addFolder(archive, root, at);
    else if (stat.isSymbolicLink())
      archive.entry({ name: at, type: "symlink", linkname: readlinkSync(file), mtime: NO_TIME });
    else if (stat.isFile()) {
      // git keeps no more of a mode than this.
      const mode = (stat.mode & 0o111) === 0 ? 0o644 : 0o755;
      archive.entry({ name: at, mode, mtime: NO_TIME }, readFileSync(file));
    } else {
      throw refused(at, "is neither a file nor a folder nor a link");
    }
  }
}

/** By code units: a locale would make it another order on another machine. */
function namesIn(root: string, relative: string): string[] {
  try {
    return readdirSync(path.join(root, relative)).sort();
  } catch (error) {
    throw refused(relative, (error as Error).message);
  }
}

function refused(where: string, what: string): PolycastError {
  return new PolycastError("The scripts cannot be put into an archive.", [{ where, what }]);
}
