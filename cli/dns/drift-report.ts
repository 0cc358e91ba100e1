import type { Problem } from "../../constructs/fleet/problem";

/** What a comparison of two of the three came to. */
export type Comparison = "same" | "different" | "not compared";

/** What `polycast dns check --json` prints. */
export interface DriftReport {
  readonly environment: string;
  readonly service: string;
  /** Different where any two are; not compared where none are but some could not be compared. */
  readonly verdict: Comparison;
  /** Which of the three it is that differs, and what to do. */
  readonly advice: string;
  readonly codeAndService: Comparison;
  readonly codeAndAnswers: Comparison;
  readonly serviceAndAnswers: Comparison;
  /** Where the service holds something else than the code says. */
  readonly serviceDifferences: readonly Problem[];
  readonly answers: readonly AnswersReport[];
  /** Why something was not compared. */
  readonly notCompared: readonly string[];
}

/** What the name servers answered to one question. */
export interface AnswersReport {
  readonly name: string;
  readonly type: string;
  /** Whose users were asked for; left out: whoever asks. */
  readonly region?: string;
  readonly replies: number;
  /** Answer -> percent of the replies in which it came first. */
  readonly shares: Readonly<Record<string, number>>;
  readonly code: Comparison;
  readonly service: Comparison;
  /** Where they are not what the code says. */
  readonly differences: readonly string[];
}

/** All three together. @param rollout what one that goes on does to the shares meanwhile. */
export function describeDrift(report: DriftReport, rollout?: string): string {
  const { environment, service, advice, serviceDifferences, answers, notCompared } = report;
  const questions = answers.map(({ name, type, region, replies, code, differences }) =>
    [
      `  ${name} ${type}${region === undefined ? "" : `, ${region}`}: ${
        code === "same" ? `as the code says, in ${replies} replies` : code
      }`,
      ...differences.map((each) => `    ${each}`),
    ].join("\n"),
  );
  return [
    `${environment}: ${advice}`,
    ...(rollout === undefined ? [] : [rollout]),
    "",
    `code and ${service}: ${report.codeAndService}`,
    ...serviceDifferences.map(({ where, what }) => `  ${where}: ${what}`),
    `code and answers: ${report.codeAndAnswers}`,
    ...questions,
    `${service} and answers: ${report.serviceAndAnswers}`,
    ...notCompared.map((why) => `not compared: ${why}`),
    "",
  ].join("\n");
}

type Relations = Pick<DriftReport, "service" | "codeAndService" | "codeAndAnswers" | "serviceAndAnswers">;

/**
 * Which of the three differs, in a sentence or two.
 * @param isApplied whether what the code says is what was last applied.
 */
export function adviceOn(relations: Relations, isApplied: boolean): string {
  const { service, codeAndService, codeAndAnswers, serviceAndAnswers } = relations;
  const cause = isApplied
    ? `Somebody has changed it there; terraform plan may not show that, and each apply that changes a record writes all of it. Change the TTL, apply, and change it back.`
    : `The code is not what was last applied: see npx polycast dns plan.`;
  if (codeAndService === "different") {
    if (codeAndAnswers === "same") {
      return `${service} differs: it holds something else than the code says, and the name servers do not answer so yet. ${cause}`;
    }
    const follow =
      serviceAndAnswers === "same"
        ? "and the name servers answer as it does"
        : serviceAndAnswers === "different"
          ? "and the name servers answer neither as it nor as the code says"
          : "and the answers follow neither for certain";
    return `${service} differs: it holds something else than the code says, ${follow}. ${cause}`;
  }
  if (codeAndAnswers === "different") {
    if (codeAndService === "same") {
      return `the name servers differ: they do not answer as the code says and as ${service} holds it. Ask again in a minute; if it stays so, tell ${service}.`;
    }
    return `the answers differ from the code. ${isApplied ? "" : cause}`.trimEnd();
  }
  const all = [codeAndService, codeAndAnswers].every((each) => each === "same");
  return all ? `code, ${service} and answers agree.` : "no difference, as far as it could be compared.";
}
