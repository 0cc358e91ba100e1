import { closest } from "fastest-levenshtein";

/** One thing wrong with an input. */
export interface Problem {
  /** Where it stands, as the user would name it: `fleets.aws.sites["us-esat-1"]`. */
  readonly where: string;
  /** What is wrong, what was got and what is allowed: `no such site; nearest: "us-east-1"`. */
  readonly what: string;
  /** How to mend it, where `what` does not say it already. */
  readonly remedy?: string;
}

/**
 * An error that a person can act on; it is shown without a stack trace.
 * It carries every problem of the input, not only the first one.
 */
export class PolycastError extends Error {
  public constructor(
    title: string,
    public readonly problems: readonly Problem[] = [],
  ) {
    super([title, ...problems.map(describe)].join("\n"));
    this.name = "PolycastError";
  }
}

function describe({ where, what, remedy }: Problem): string {
  return `  - ${printable(where)}: ${printable(what)}${remedy === undefined ? "" : `\n    ${remedy}`}`;
}

/** Names come from files that anybody may have written; a terminal would obey their control characters. */
function printable(text: string): string {
  // Line breaks are ours.
  return text.replace(
    /[^\P{Cc}\n]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Throws a {@link PolycastError} that names all problems, if there are any. */
export function refuseIfAny(title: (count: number) => string, problems: readonly Problem[]): void {
  if (problems.length > 0) throw new PolycastError(title(problems.length), problems);
}

/** `nearest: "us-east-1"` for a misspelt name, with the whole list where it is short. */
export function suggest(got: string, allowed: readonly string[]): string {
  if (allowed.length === 0) return "there are none";
  const nearest = `nearest: "${closest(got, [...allowed])}"`;
  return allowed.length > 12 ? nearest : `${nearest}; there are: ${allowed.join(", ")}`;
}

/** A value as an error may show it: short, on one line, control characters escaped. */
export function show(value: unknown): string {
  // What JSON has no text for (undefined, a function) has one of its own.
  const text = (JSON.stringify(value) as string | undefined) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** A URL as an error may show it: without what stands before an `@` or behind a `?` or `#`, where a credential may be. */
export function showUrl(url: string): string {
  return show(url.replace(/^([a-z]+:\/\/)?.*@/is, "$1…@").replace(/([?#]).*$/s, "$1…"));
}
