import { adviceOn, describeDrift, type Comparison, type DriftReport } from "../../../cli/dns/drift-report";

const advice = (
  [codeAndService, codeAndAnswers, serviceAndAnswers]: readonly [Comparison, Comparison, Comparison],
  isApplied = true,
) => adviceOn({ service: "ns1", codeAndService, codeAndAnswers, serviceAndAnswers }, isApplied);

test.each([
  [["same", "same", "same"], "code, ns1 and answers agree"],
  [
    ["different", "different", "same"],
    "ns1 differs: it holds something else than the code says, and the name servers answer as it does",
  ],
  [["different", "same", "different"], "the name servers do not answer so yet"],
  [["different", "different", "different"], "answer neither as it nor as the code says"],
  [["different", "not compared", "not compared"], "the answers follow neither for certain"],
  [["same", "different", "different"], "the name servers differ"],
  [["not compared", "different", "not compared"], "the answers differ from the code"],
  [["not compared", "same", "not compared"], "no difference, as far as it could be compared"],
  [["same", "not compared", "not compared"], "no difference, as far as it could be compared"],
] as const)("%j", (relations, text) => {
  expect(advice(relations)).toContain(text);
});

test("who did it: somebody there, or nobody has applied the code yet", () => {
  expect(advice(["different", "different", "same"])).toContain("Somebody has changed it there");
  expect(advice(["different", "different", "same"], false)).toContain("not what was last applied");
});

test("a rollout that goes on is named before anything that may come of it", () => {
  const report: DriftReport = {
    environment: "test",
    service: "ns1",
    verdict: "same",
    advice: "all agree",
    codeAndService: "same",
    codeAndAnswers: "same",
    serviceAndAnswers: "same",
    serviceDifferences: [],
    answers: [],
    notCompared: [],
  };
  expect(describeDrift(report, "A rollout goes on.").split("\n").slice(0, 2)).toEqual([
    "test: all agree",
    "A rollout goes on.",
  ]);
  expect(describeDrift(report)).not.toContain("undefined");
});
