import type { Problem } from "./problem";

/** Environment variables, as a process has them. */
export type Variables = Readonly<Record<string, string | undefined>>;

/**
 * What an API wants of whoever calls it. A provider and a DNS back end declare theirs; Polycast itself holds none and
 * writes none down: they come from the environment, or from where the tools of that API look by themselves.
 */
export interface ApiCredential {
  /** The API, as a person names it; one name stands for one credential. */
  readonly api: string;
  /** Where a person gets one, and what it must allow, as a sentence. */
  readonly obtain: string;
  /** Environment variables that hold a part of it. */
  readonly variables: readonly string[];
  /** All that is missing, empty or malformed. The API is not asked, and no problem shows a value. */
  check(variables: Variables): Promise<readonly Problem[]>;
  /**
   * Makes a call that changes nothing.
   * @returns as whom the API knows us; no secret.
   * @throws PolycastError where it cannot be reached or refuses, without any value.
   */
  reach(variables: Variables, signal: AbortSignal): Promise<string>;
}

/** One environment variable of a credential. */
export interface CredentialVariable {
  readonly name: string;
  /** What it holds: `API key`. */
  readonly holds: string;
  /** The form that the API's own documentation gives it, where it gives one. */
  readonly form?: { readonly pattern: RegExp; readonly says: string };
}

/** What is wrong with variables of which every one is needed. */
export function checkVariables(
  { api, obtain }: Pick<ApiCredential, "api" | "obtain">,
  needed: readonly CredentialVariable[],
  variables: Variables,
): readonly Problem[] {
  return needed.flatMap(({ name, holds, form }) => {
    const what = problemOf(variables[name], form);
    return what === undefined
      ? []
      : [{ where: name, what: `${what}; it holds the ${holds} for ${api}`, remedy: obtain }];
  });
}

/** Says what is wrong with a secret by its form alone: nobody may read it in an error. */
function problemOf(value: string | undefined, form: CredentialVariable["form"]): string | undefined {
  if (value === undefined) return "is not set";
  if (value === "") return "is empty";
  if (/[\r\n]/.test(value)) return "contains a line break, as from a copied file";
  if (/\s/.test(value)) return "contains a space";
  if (/[^\x21-\x7e]/.test(value)) return "contains a character that no key has, as from copied text";
  if (/^(["']).*\1$/.test(value)) return "stands in quotation marks that are part of it";
  if (form !== undefined && !form.pattern.test(value)) {
    return `has another form (${value.length} characters); expected ${form.says}`;
  }
  return undefined;
}

/** Why a request got no answer, without what was asked. */
export function whyUnanswered(error: unknown): string {
  const { name, message, cause, code } = error as NodeJS.ErrnoException & { cause?: { code?: unknown } };
  if (name === "AbortError" || name === "TimeoutError") return "no answer in time";
  // fetch says why only in the cause, and the AWS SDK only in the message: "connect ECONNREFUSED 127.0.0.1:9".
  const reason = cause?.code ?? code ?? /\bE[A-Z]{4,}\b/.exec(message)?.[0];
  return typeof reason === "string" ? `cannot be reached (${reason})` : name;
}
