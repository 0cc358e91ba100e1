import { readFileSync } from "node:fs";
import type { Found, FuzzReport, Stage } from "./fuzz";
import { STAGES } from "./fuzz";

/** A difference between the real plugin and the simulation that is meant to be. */
export interface AcceptedDifference {
  readonly stage: Stage;
  readonly type: string;
  /** Dotted, without indices; what lies below is meant too. */
  readonly path: string;
  readonly reason: string;
}

export function readAcceptedDifferences(file: string): readonly AcceptedDifference[] {
  return JSON.parse(readFileSync(file, "utf8")) as AcceptedDifference[];
}

export interface Judgement {
  /** Differences that nobody accepted. */
  readonly unlisted: readonly Found[];
  /** Accepted, and not met. In a random run that means little, in a long one that the entry may go. */
  readonly unused: readonly AcceptedDifference[];
}

export function judge(differences: readonly Found[], accepted: readonly AcceptedDifference[]): Judgement {
  return {
    unlisted: differences.filter((found) => !accepted.some((each) => covers(each, found))),
    unused: accepted.filter((each) => !differences.some((found) => covers(each, found))),
  };
}

function covers({ stage, type, path }: AcceptedDifference, found: Found): boolean {
  const where = withoutIndices(found.path);
  return stage === found.stage && type === found.type && (where === path || where.startsWith(`${path}.`));
}

function withoutIndices(path: string): string {
  return path.replaceAll(/\.\d+(?=\.|$)/g, "");
}

/** What a run has compared, a line a stage. */
export function summary({ tallies, types, differences }: FuzzReport): string[] {
  const cases = STAGES.reduce((sum, stage) => sum + tallies[stage].cases, 0);
  const fewest = Math.min(...types.values());
  return [
    `${String(cases)} cases of ${String(types.size)} resource types, at least ${String(fewest)} of each`,
    ...STAGES.map((stage) => {
      const { cases: some, leaves, refused } = tallies[stage];
      const wrong = differences.filter((found) => found.stage === stage).length;
      const percent = (100 * (1 - wrong / Math.max(leaves, 1))).toFixed(3);
      return `${stage}: ${String(some)} cases, ${String(refused)} refused by the plugin, ${String(leaves)} leaves, ${percent} % alike`;
    }),
  ];
}

/** The differences, the commonest first, a line each. */
export function lines(differences: readonly Found[]): string[] {
  const counts = new Map<string, number>();
  for (const { stage, type, path, real, simulated } of differences) {
    const line = `${stage} ${type} ${withoutIndices(path)}: real ${real.slice(0, 120)}, simulated ${simulated.slice(0, 120)}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  const sorted = [...counts].toSorted(([, a], [, b]) => b - a);
  return sorted.map(([line, count]) => `${String(count)} x ${line}`);
}
