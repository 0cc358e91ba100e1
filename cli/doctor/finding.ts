import { PolycastError } from "../../constructs/fleet/problem";

/** `fail`: something that is asked of this machine will not work. `warn`: something may not, or it is not known. */
export type Verdict = "ok" | "warn" | "fail";

/** One thing that the doctor looked at. */
export interface Finding {
  /** What it looked at: `Terraform`, `NS1`. */
  readonly topic: string;
  readonly verdict: Verdict;
  /** What it found; never a secret. */
  readonly says: string;
  /** How to mend it, where it is not well. */
  readonly remedy?: string;
}

/** What an examination finds where it cannot be carried out. */
export function unwell(topic: string, error: unknown, verdict: Verdict = "fail"): readonly Finding[] {
  if (!(error instanceof PolycastError)) {
    return [{ topic, verdict, says: error instanceof Error ? error.message : String(error) }];
  }
  const [title = ""] = error.message.split("\n");
  if (error.problems.length === 0) return [{ topic, verdict, says: error.message }];
  return error.problems.map(({ where, what, remedy }) => ({
    topic,
    verdict,
    says: `${title.replace(/[.:]$/, "")} (${where}: ${what})`,
    ...(remedy === undefined ? {} : { remedy }),
  }));
}
