/** What one look at the world yields, and how it is judged. */
import type { EvidenceKind, RolloutPlan } from "./rollout-plan";

/** `unclear`: nobody can tell, so nothing may be built on it. */
export type Verdict = "good" | "bad" | "unclear";

export interface Finding {
  readonly verdict: Verdict;
  /** What was seen, for people: `7 of 8 nodes healthy`. */
  readonly reason: string;
  /** When it was seen, in seconds; what was seen before the look began counts as missing. */
  readonly at: number;
}

/** A fleet at one moment. What could not be had is left out, which counts as unclear. */
export interface FleetLook {
  /**
   * The replacement that was last started. good: it has ended, every node is of it; bad: the provider has given it up;
   * unclear: it goes on, or nobody can tell.
   */
  readonly replacement?: Finding;
  /** Healthy nodes of those expected. */
  readonly nodes?: Finding;
  /**
   * What the nodes report, by site. good: each reports one, and all of a site the same; which one is right is judged here.
   */
  readonly release?: Finding & { readonly sites: Readonly<Record<string, string>> };
  /** Answers through the anycast address. */
  readonly answers?: Finding;
  readonly alarms?: Finding;
  /** The user's own command. */
  readonly command?: Finding;
}

/** DNS at one moment. */
export interface DnsLook {
  /** Opaque: another one after every change of what is applied, even of one that brings back what was there before. */
  readonly mark: string;
  /** Seconds that resolvers may keep an answer. */
  readonly ttl: number;
  /** Fleet -> percent of what the policy gives it, of the live record. */
  readonly percents: Readonly<Record<string, number>>;
  /** The same as DNS has it; on the way between two shares, whatever part of it users get. */
  readonly applied: Readonly<Record<string, number>>;
  /** Whether DNS has all that the live record and the environment want; false on the way there. */
  readonly arrived: boolean;
  /** Whether the name servers answer what was applied. */
  readonly served: Finding;
}

export interface Look {
  /** When it began, in seconds of the world's clock. */
  readonly at: number;
  readonly fleets: Readonly<Record<string, FleetLook | undefined>>;
  /** Undefined: the live record or what was applied cannot be read. */
  readonly dns?: DnsLook;
}

/** The judgement of a fleet, and what it rests on. */
export interface Judgement {
  readonly verdict: Verdict;
  /** One line per finding that is not good; where all are, one per finding. */
  readonly reasons: readonly string[];
}

/** The release that the nodes of a site must report. */
export type ExpectedRelease = (site: string) => string;

/** Judges a fleet by all the evidence that the plan asks for: good where all of it is, bad where any is. */
export function judge(look: Look, plan: RolloutPlan, fleet: string, expected: ExpectedRelease): Judgement {
  const findings = plan.evidence.map((kind) => ({ kind, ...findingOf(look, fleet, kind, expected) }));
  const worst = findings.filter(({ verdict }) => verdict !== "good");
  const verdict = worst.some((finding) => finding.verdict === "bad") ? "bad" : "unclear";
  const shown = worst.length > 0 ? worst : findings;
  return {
    verdict: worst.length === 0 ? "good" : verdict,
    reasons: shown.map(({ kind, verdict, reason }) => `${fleet}, ${kind}: ${verdict}, ${reason}`),
  };
}

type Seen = Pick<Finding, "verdict" | "reason">;

function findingOf(look: Look, fleet: string, kind: EvidenceKind, expected: ExpectedRelease): Seen {
  const seen = seenNow(look, look.fleets[fleet]?.[kind]);
  if (kind !== "release" || seen.verdict !== "good") return seen;
  const sites = Object.entries(look.fleets[fleet]?.release?.sites ?? {});
  if (sites.length === 0) return { verdict: "unclear", reason: "no site reports one" };
  const wrong = sites.filter(([site, id]) => id !== expected(site));
  if (wrong.length === 0) return seen;
  const reasons = wrong.map(([site, id]) => `${site} reports ${id}, not ${expected(site)}`);
  return { verdict: "bad", reason: reasons.join("; ") };
}

/** A finding, where it is of this very look. */
export function seenNow({ at }: Look, finding: Finding | undefined): Seen {
  if (finding === undefined) return { verdict: "unclear", reason: "missing" };
  return finding.at >= at ? finding : { verdict: "unclear", reason: `${at - finding.at} s old` };
}
