import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Script } from "node:vm";
import type { FleetProvider } from "../../constructs/fleet/fleet-provider";
import { PolycastError, show } from "../../constructs/fleet/problem";

const SKELETON = join(__dirname, "skeleton");
const ENDING = ".template";
const ONLY_BGP = `.bgp${ENDING}`;
/** A word of the language everywhere that it goes: a folder, a function, a part of names in clouds. */
const NAME = /^[a-z][a-z0-9]{1,19}$/;

export type Reach = FleetProvider["reach"];

/**
 * Writes a provider that compiles and does next to nothing: its folder, and its conformance test. Lines of a template that
 * end in `//bgp` or `//managed` are for that reach only, and so are templates that are called `.bgp`.
 *
 * @param root the project's folder.
 * @returns the files written, relative to it.
 * @throws PolycastError where the name cannot be used or is taken; nothing is written then.
 */
export function writeSkeleton(root: string, name: string, reach: Reach): readonly string[] {
  const folder = join("constructs", "providers", name);
  if (!NAME.test(name)) {
    throw new PolycastError("No provider was made.", [
      { where: "NAME", what: `${show(name)} is not 2 to 20 small letters and digits, a letter first` },
    ]);
  }
  if (isReserved(name)) {
    throw new PolycastError("No provider was made.", [
      {
        where: "NAME",
        what: `${show(name)} is a word of TypeScript, so no function can be called that`,
        remedy: `Take another name, such as ${show(`${name}edge`.slice(0, 20))}.`,
      },
    ]);
  }
  const templates = readdirSync(SKELETON).filter((each) => reach === "bgp" || !each.endsWith(ONLY_BGP));
  const files = templates.map((template) => {
    const ending = template.endsWith(ONLY_BGP) ? ONLY_BGP : ENDING;
    const file = template.slice(0, -ending.length).replace("NAME", name);
    const place = template.endsWith(`.test.ts${ENDING}`) ? join("tests", "conformance") : folder;
    const text = fill(readFileSync(join(SKELETON, template), "utf8"), name, reach);
    return { path: join(place, file), text };
  });
  const taken = [folder, ...files.map(({ path }) => path)].filter((each) => existsSync(join(root, each)));
  if (taken.length > 0) {
    throw new PolycastError(
      "No provider was made.",
      taken.map((where) => ({
        where,
        what: "is there already",
        remedy: "Choose another name, or remove it.",
      })),
    );
  }
  mkdirSync(join(root, folder), { recursive: true });
  for (const { path, text } of files) writeFileSync(join(root, path), text);
  return files.map(({ path }) => path);
}

/** The compiler of Node.js knows best: the name is compiled, not run. */
function isReserved(name: string): boolean {
  try {
    new Script(`"use strict"; const ${name} = 0;`);
    return false;
  } catch {
    return true;
  }
}

function fill(template: string, name: string, reach: Reach): string {
  const own = reach === "bgp" ? "//bgp" : "//managed";
  const other = reach === "bgp" ? "//managed" : "//bgp";
  return template
    .split("\n")
    .filter((line) => !line.endsWith(other))
    .map((line) => (line.endsWith(own) ? line.slice(0, -own.length).trimEnd() : line))
    .join("\n")
    .replaceAll("NAME_UPPER", name.toUpperCase())
    .replaceAll("CONST_", `${name.toUpperCase()}_`)
    .replaceAll("NAME", name)
    .replaceAll("CLASS", `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`)
    .replaceAll("REACH", reach);
}
