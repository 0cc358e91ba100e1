import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { PolycastError, refuseIfAny, suggest } from "../fleet/problem";
import { parseVersioned } from "../fleet/versioned-file";
import type { ImageSource, TemplateVariables } from "./image-source";

const VERSION = 1;

/** In an image's folder: what decides the image beside scripts, checks and templates. */
export const RECIPE_FILE = "build.json";

const schema = z.strictObject({
  version: z.literal(VERSION),
  /** Values of Packer variables that every template has. */
  variables: z.record(
    z.string().regex(/^[a-z][a-z0-9_]*$/, "is not a variable's name"),
    z.union([z.string(), z.array(z.string()), z.record(z.string(), z.string())]),
  ),
  /** Provider -> its settings; their form is the provider's own. */
  providers: z.record(z.string(), z.unknown()),
});

/** What decides an image beside scripts, checks and templates: `images/<image>/build.json`. */
export interface ImageRecipe {
  readonly variables: TemplateVariables;
  readonly providers: Readonly<Record<string, unknown>>;
}

/**
 * Reads it.
 * @param folder the image's folder, absolute.
 * @throws PolycastError where it is missing or of another form.
 */
export function readRecipe(folder: string): ImageRecipe {
  const file = path.join(folder, RECIPE_FILE);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new PolycastError(`The image "${path.basename(folder)}" cannot be built.`, [
      {
        where: `images/${path.basename(folder)}/${RECIPE_FILE}`,
        what: "does not exist; it pins the base images",
        remedy: "Write it as docs/images.md shows, or name another image in the environment.",
      },
    ]);
  }
  return parseRecipe(text, `images/${path.basename(folder)}/${RECIPE_FILE}`);
}

/** @throws PolycastError for another form; all problems at once. */
export function parseRecipe(text: string, file: string): ImageRecipe {
  return parseVersioned(text, VERSION, schema, `The recipe ${file}`);
}

/**
 * A provider's settings, checked by its own form.
 * @throws PolycastError where there are none, or they are of another form.
 */
export function settingsOf(recipe: ImageRecipe, provider: string, source: ImageSource): unknown {
  if (!Object.hasOwn(recipe.providers, provider)) {
    throw new PolycastError(`No image can be built for ${provider}.`, [
      {
        where: `${RECIPE_FILE}, providers`,
        what: `has no "${provider}"; ${suggest(provider, Object.keys(recipe.providers))}`,
      },
    ]);
  }
  const parsed = source.settingsSchema.safeParse(recipe.providers[provider]);
  refuseIfAny(
    () => `No image can be built for ${provider}.`,
    (parsed.error?.issues ?? []).map(({ path: at, message }) => ({
      where: [`${RECIPE_FILE}, providers`, provider, ...at.map(String)].join("."),
      what: message,
    })),
  );
  return parsed.data;
}
