type Attributes = Readonly<Record<string, unknown>>;

/**
 * The blocks that an argument holds, of which Terraform's JSON may write a single one without a list. What is no block, such
 * as a reference to a list, is not known at synth.
 */
export function blocks(value: unknown): readonly Attributes[] {
  const all = [value ?? []].flat() as readonly unknown[];
  return all.filter((each): each is Attributes => typeof each === "object" && each !== null);
}

/** The texts that an argument holds; of a reference to a list, that text alone. */
export function texts(value: unknown): readonly string[] {
  return [value ?? []].flat().map(String);
}

/** Terraform takes a flag as a text too. */
export function isTrue(value: unknown): boolean {
  return value === true || value === "true";
}

/** Whether an argument is left out, or says nothing. */
export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}
