/** `${jsonencode({"feed" = ns1_datafeed.x.id})}`: the one function that values of the DNS stack use. */
const POINTER = /\$\{jsonencode\(\{"feed" = ([^{}()]+)\}\)\}/g;
const REFERENCE = /\$\{([^{}()]+)\}/g;

/**
 * A value of a synthesized stack with its references replaced.
 * @param lookUp what `ns1_zone.dns_zone.zone` is; undefined: nobody knows, and the reference stays.
 */
export function withReferences(value: unknown, lookUp: (reference: string) => string | undefined): unknown {
  if (typeof value === "string") {
    const pointer = (whole: string, reference: string): string => {
      const feed = lookUp(reference);
      return feed === undefined ? whole : JSON.stringify({ feed });
    };
    const plain = (whole: string, reference: string): string => lookUp(reference) ?? whole;
    return value.replace(POINTER, pointer).replace(REFERENCE, plain);
  }
  if (Array.isArray(value)) return value.map((each: unknown) => withReferences(each, lookUp));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, withReferences(each, lookUp)]),
  );
}

/** The references that are left in a value. */
export function openReferences(value: unknown): readonly string[] {
  const text = JSON.stringify(value);
  return [...text.matchAll(/\$\{[^{}()]*(?:\([^)]*\))?\}/g)].map(([reference]) => reference);
}
