import { readdirSync } from "node:fs";
import path from "node:path";
import type { Environment } from "../constructs/fleet/environment";
import { checkForm } from "../constructs/fleet/environment-form";
import { PolycastError, refuseIfAny, show, suggest } from "../constructs/fleet/problem";

/** The environment that `POLYCAST_ENV` chooses. */
export function chosenEnvironment(): string {
  const named = process.env["POLYCAST_ENV"] ?? "";
  return named === "" ? "sandbox" : named;
}

/** Names of the environments in this folder. */
export function environmentNames(): readonly string[] {
  return readdirSync(__dirname)
    .filter((file) => file.endsWith(".ts") && file !== path.basename(__filename))
    .map((file) => path.basename(file, ".ts"))
    .sort();
}

/** What a file exports. Whatever stops it from running is the file's own: a word that was never imported, a path that leads nowhere. */
async function runFile(name: string): Promise<Environment> {
  try {
    return ((await import(`./${name}`)) as { default: Environment }).default;
  } catch (error) {
    if (error instanceof PolycastError) throw error;
    const { name: kind, message } = error as Error;
    throw new PolycastError(`environments/${name}.ts cannot be run:`, [
      {
        where: kind,
        what: (message.split("\n", 1)[0] ?? "").trim(),
        ...(error instanceof ReferenceError && {
          remedy: "Import it at the head of the file, as environments/sandbox.ts does.",
        }),
      },
    ]);
  }
}

/**
 * Loads an environment by name.
 * @throws PolycastError when there is none of that name, it does not run, or the file holds another one.
 */
export async function loadEnvironment(name: string): Promise<Environment> {
  const names = environmentNames();
  if (!names.includes(name)) {
    throw new PolycastError(`No environment ${show(name)}; ${suggest(name, names)}.`, [
      {
        where: "POLYCAST_ENV",
        what: "names a file in environments/, without its ending; the default is sandbox",
      },
    ]);
  }
  const environment = await runFile(name);
  refuseIfAny(
    (count) => `environments/${name}.ts has ${count === 1 ? "a problem" : `${count} problems`}:`,
    checkForm(environment),
  );
  if (environment.name !== name) {
    throw new PolycastError(
      `environments/${name}.ts holds an environment named ${show(environment.name)}; its state would be another's. Set its name to "${name}".`,
    );
  }
  return environment;
}
