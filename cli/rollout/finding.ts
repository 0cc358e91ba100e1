import type { Finding, Verdict } from "../../rollout/look";

/** Makes findings of one look. */
export type Find = (verdict: Verdict, reason: string) => Finding;

export function findAt(at: number): Find {
  return (verdict, reason) => ({ verdict, reason, at });
}

/** What somebody should know who does not answer is unclear, with the reason; a look goes on without it. */
export async function orUnclear(find: Find, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    return find("unclear", firstLine(error));
  }
}

export function firstLine(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n").slice(0, 2).join(" ").replaceAll(/\s+/g, " ").trim();
}
