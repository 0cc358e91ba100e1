/** What a stack has in its outputs, by name; those that are no texts are left out. */
export type StackOutputs = Readonly<Record<string, string | undefined>>;

/** @param state the stack's, parsed; undefined: it is not deployed. */
export function stackOutputs(state: unknown): StackOutputs {
  const { outputs = {} } = (state ?? {}) as { outputs?: Record<string, { value?: unknown }> };
  const texts = Object.entries(outputs).filter(([, { value }]) => typeof value === "string");
  return Object.fromEntries(texts.map(([name, { value }]) => [name, value as string]));
}
