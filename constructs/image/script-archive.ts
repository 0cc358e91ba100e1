import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { pack, type Pack } from "tar-stream";
import { PolycastError } from "../fleet/problem";
import { readRecipe } from "./image-recipe";
import type { TemplateVariables } from "./image-source";

/** What a machine makes itself a node from, where its provider keeps no images: constructs/fleet/first-boot.ts. */
export interface BuiltArchive {
  readonly content: Buffer;
  /** Of the content, 64 hexadecimal digits. */
  readonly sha256: string;
}

/** Where templates upload them to, beside each other. */
const FOLDERS = ["provision", "checks"];
/** Every file is as old as this, or the bytes would differ: the first moment that tar knows. */
const NO_TIME = new Date(0);

/**
 * An archive of an image's scripts and checks, with `install.sh`, which runs the scripts with the variables of `build.json`. The
 * same files and variables are the same bytes, with the same version of Node.
 * @param folder the image's folder, absolute.
 * @throws PolycastError where the recipe cannot be used, or a folder holds what no archive should.
 */
export async function scriptArchive(folder: string): Promise<BuiltArchive> {
  const archive = pack();
  const script = installScript(readRecipe(folder).variables);
  archive.entry({ name: "install.sh", mode: 0o755, mtime: NO_TIME }, script);
  for (const name of FOLDERS) addFolder(archive, folder, name);
  archive.finalize();
  // Node writes no time into the header of gzip; the byte for the system, which differs by platform, is made "unknown".
  const content = gzipSync(await buffer(archive), { level: 9 });
  content[9] = 255;
  return { content, sha256: createHash("sha256").update(content).digest("hex") };
}

/**
 * As `templates/ssh` runs them: a Packer variable `admin_cidrs` is the scripts' `POLYCAST_ADMIN_CIDRS`. Checks of an image are
 * left out, since they are for a machine that nobody has told anything; those of a node run at its next boot.
 */
function installScript(variables: TemplateVariables): string {
  const settings = Object.entries(variables)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `export POLYCAST_${name.toUpperCase()}=${quoted(textOf(name, value))}\n`);
  return `#!/bin/sh
# Makes this machine an edge node, with the variables of build.json.
set -eu
cd "$(dirname "$0")"
${settings.join("")}sh provision/run.sh
`;
}

function textOf(name: string, value: TemplateVariables[string]): string {
  if (typeof value === "string") return value;
  if (value instanceof Array) return value.join(",");
  throw new PolycastError("The scripts cannot be put into an archive.", [
    { where: `build.json, variables.${name}`, what: "is a map, which the scripts' variables cannot hold" },
  ]);
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
      throw new PolycastError("The scripts cannot be put into an archive.", [
        { where: at, what: "is neither a file nor a folder nor a link" },
      ]);
    }
  }
}

/** By code units: a locale would make it another order on another machine. */
function namesIn(root: string, relative: string): string[] {
  try {
    return readdirSync(path.join(root, relative)).sort();
  } catch (error) {
    throw new PolycastError("The scripts cannot be put into an archive.", [
      { where: relative, what: (error as Error).message },
    ]);
  }
}
