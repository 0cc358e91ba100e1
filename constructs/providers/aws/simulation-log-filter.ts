/** A line that a pattern matches: the text of a field, by its selector (`$.site`, `$site`). */
export type MatchedLine = (selector: string) => string | undefined;

/** Undefined for a line that does not match. */
export type LogPattern = (line: string) => MatchedLine | undefined;

/**
 * A pattern of CloudWatch Logs, as far as it is simulated: JSON fields that are equal to something, all of them; words
 * between spaces, with conditions on some.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 * @returns undefined for a pattern of another kind.
 */
export function logPattern(pattern: string): LogPattern | undefined {
  const json = /^\{(.*)\}$/.exec(pattern.trim())?.[1];
  if (json !== undefined) return jsonPattern(json);
  const words = /^\[(.*)\]$/.exec(pattern.trim())?.[1];
  return words === undefined ? undefined : wordPattern(words);
}

/** `($.polycast = "health") && ($.healthy IS TRUE)` */
function jsonPattern(text: string): LogPattern | undefined {
  const conditions = text.split("&&").map((part) => {
    const [, field, equal, is] =
      /^\s*\(?\s*(\$\.[\w.]+)\s*(?:=\s*("[^"*]*"|-?[\d.]+)|IS\s+(TRUE|FALSE|NULL))\s*\)?\s*$/.exec(part) ??
      [];
    const wanted = equal ?? is?.toLowerCase();
    return field === undefined || wanted === undefined ? undefined : { field, wanted };
  });
  if (conditions.some((condition) => condition === undefined)) return undefined;
  return (line) => {
    const value = parsed(line);
    const matches = conditions.every(
      (condition) =>
        condition !== undefined && JSON.stringify(fieldOf(value, condition.field)) === condition.wanted,
    );
    if (!matches) return undefined;
    return (selector) => {
      const found = fieldOf(value, selector);
      return typeof found === "string" || typeof found === "number" ? String(found) : undefined;
    };
  };
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, selector: string): unknown {
  return selector
    .split(".")
    .slice(1)
    .reduce((inner, name) => (inner as Record<string, unknown> | null | undefined)?.[name], value);
}

/** `[time, protocol = TCP || protocol = UDP, status = 5*]`: as many words as names, else a line does not match. */
function wordPattern(text: string): LogPattern | undefined {
  const fields = text.split(",").map((part) => {
    const alternatives = part.split("||").map((each) => /^\s*(\w+)\s*(?:=\s*([\w*.:/-]+))?\s*$/.exec(each));
    const [name] = alternatives.map((match) => match?.[1]);
    if (name === undefined || alternatives.some((match) => match?.[1] !== name)) return undefined;
    return { name, wanted: alternatives.flatMap((match) => match?.[2] ?? []).map(withWildcards) };
  });
  if (fields.some((field) => field === undefined)) return undefined;
  return (line) => {
    const words = wordsOf(line);
    if (words.length !== fields.length) return undefined;
    const matches = fields.every(
      (field, i) =>
        field !== undefined &&
        (field.wanted.length === 0 || field.wanted.some((form) => form.test(words[i] ?? ""))),
    );
    return matches
      ? (selector) => words[fields.findIndex((field) => `$${field?.name ?? ""}` === selector)]
      : undefined;
  };
}

function withWildcards(pattern: string): RegExp {
  return new RegExp(`^${pattern.replaceAll(/[.+?^${}()|[\]\\/]/g, "\\$&").replaceAll("*", ".*")}$`);
}

/** What stands between quotation marks or square brackets is one word. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|\[([^\]]*)\]|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? "");
}
