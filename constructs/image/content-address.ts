import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import path from "node:path";
import { PolycastError } from "../fleet/problem";
import type { TemplateVariables } from "./image-source";

/** Grows when the way to hash changes, so that old and new addresses never meet. */
const SCHEME = 1;

/** What every provider's image is made of, in its folder. */
const SHARED_FOLDERS = ["provision", "checks"];

/** What an image is made of. */
export interface ImageIngredients {
  /** The image's folder, absolute. */
  readonly folder: string;
  readonly provider: string;
  /** Folder below `templates/`. */
  readonly template: string;
  readonly variables: TemplateVariables;
  /** The provider's own. */
  readonly settings: unknown;
}

/** Which image it is: the same ingredients, the same address, on every machine. */
export interface ContentAddress {
  /** SHA-256 of everything that decides the image, 64 hexadecimal digits. */
  readonly hash: string;
  /** The same of what all providers share: images of one source have it in common. */
  readonly shared: string;
}

/**
 * The content address of an image: scripts, checks, template, variables, settings and provider decide it. Paths are
 * relative and sorted; of a file's mode only "executable" counts, since git keeps no more; line ends count as they are.
 * README, tests, manifests and where the image will lie (regions) do not count.
 *
 * @throws PolycastError where a folder is missing, or holds what is neither file, folder nor link.
 */
export function contentAddress(ingredients: ImageIngredients): ContentAddress {
  const { folder, provider, template, variables, settings } = ingredients;
  const shared = digest([
    ["scheme", SCHEME],
    ["variables", variables],
    ...SHARED_FOLDERS.flatMap((name) => entriesBelow(folder, name)),
  ]);
  const hash = digest([
    ["shared", shared],
    ["provider", provider],
    ["settings", settings],
    ...entriesBelow(folder, path.join("templates", template)),
  ]);
  return { hash, shared };
}

type Entry = readonly unknown[];

function digest(entries: readonly Entry[]): string {
  const hash = createHash("sha256");
  for (const entry of entries) hash.update(`${JSON.stringify(entry, inOrder)}\n`);
  return hash.digest("hex");
}

/** The order of an object's keys says nothing. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => compare(one, other)));
}

/** By code units: a locale would make it another order on another machine. */
function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

function entriesBelow(root: string, relative: string): readonly Entry[] {
  const names = listed(root, relative);
  return names.sort(compare).flatMap((name): readonly Entry[] => {
    const below = path.join(relative, name);
    const file = path.join(root, below);
    // Read apart from the directory's listing, which does not know the mode.
    const stat = lstatSync(file);
    const at = below.split(path.sep).join("/");
    if (stat.isDirectory()) return entriesBelow(root, below);
    if (stat.isSymbolicLink()) return [["link", at, readlinkSync(file)]];
    if (stat.isFile()) return [["file", at, (stat.mode & 0o111) !== 0, sha256(readFileSync(file))]];
    throw new PolycastError(`The image "${path.basename(root)}" cannot be hashed.`, [
      { where: at, what: "is neither a file nor a folder nor a link" },
    ]);
  });
}

function listed(root: string, relative: string): string[] {
  try {
    return readdirSync(path.join(root, relative));
  } catch (error) {
    throw new PolycastError(`The image "${path.basename(root)}" cannot be hashed.`, [
      { where: relative, what: (error as Error).message },
    ]);
  }
}

function sha256(content: Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
