import type { Declaration } from "./declaration";
import type { Chapter, Look, Step, Story } from "./story";

/** Files of a provider's folder, as `polycast provider new NAME` writes them. */
export const PLACES = [
  ...["NAME.ts", "NAME-wish.ts", "NAME-fleet.ts", "NAME-bgp.ts", "NAME-credential.ts", "NAME-policies.ts"],
  ...["NAME-image-source.ts", "plans.ts", "sites.ts", "schema.json", "behaviour.json", "simulation.ts"],
] as const;

/** What to do next, and the file in which. */
export type ToDo = `${(typeof PLACES)[number]}: ${string}`;

/** As a person reads it who adds a provider of this name. */
export function toDoFor(provider: string, todo: ToDo): string {
  return `To do: constructs/providers/NAME/${todo}`.replaceAll("NAME", provider);
}

/** What must hold for every provider. */
export interface Assertion {
  /** As a sentence, the provider its subject: "keeps its address when a release is rolled out". */
  readonly name: string;
  /** What has to have happened; nothing: the declaration is enough. */
  readonly chapter?: Chapter;
  /** What it looks at beside what became of the fleet. */
  readonly looks: readonly Look[];
  /** What is missing, and where it belongs. */
  readonly todo: ToDo;
  /** What is wrong, a line each; nothing where it holds. */
  readonly wrong: (declaration: Declaration, story: Story) => readonly string[];
}

/** Of the declaration alone. */
export function declared(
  name: string,
  todo: ToDo,
  wrong: (declaration: Declaration) => readonly string[],
): Assertion {
  return { name, looks: [], todo, wrong };
}

/** Of one chapter, which fails where the chapter was not reached. */
export function after(
  chapter: Chapter,
  name: string,
  todo: ToDo,
  wrong: (step: Step, declaration: Declaration, story: Story) => readonly string[],
  looks: readonly Look[] = [],
): Assertion {
  return {
    name,
    chapter,
    looks,
    todo,
    wrong: (declaration, story) => {
      const step = story[chapter];
      return step === undefined ? ["it did not get that far"] : wrong(step, declaration, story);
    },
  };
}

/** What is wrong by an assertion; what it throws is wrong, too. */
export function judge(assertion: Assertion, declaration: Declaration, story: Story): readonly string[] {
  try {
    return assertion.wrong(declaration, story);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

/** A line where it does not hold. */
export function demand(holds: boolean, otherwise: string): readonly string[] {
  return holds ? [] : [otherwise];
}
