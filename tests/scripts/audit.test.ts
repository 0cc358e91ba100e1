import { advisoriesIn, judge, reportSchema, type Advisory } from "../../scripts/audit";

const advisory = (id: string, severity: Advisory["severity"]): Advisory => ({
  id,
  packageName: `package-of-${id}`,
  severity,
  title: "It is weak",
});
const TODAY = "2026-06-01";
const exception = (id: string, until = "2026-07-01") => ({
  advisory: id,
  reason: "Only its parser is weak, which we do not call.",
  until,
});

describe("the policy", () => {
  test.each([
    ["moderate", "run", false],
    ["high", "run", true],
    ["critical", "run", true],
    ["high", "develop", false],
    ["critical", "develop", true],
  ] as const)("%s, in what people %s, refuses: %s", (severity, where, refuses) => {
    const found = advisory("GHSA-1", severity);
    const problems = judge(where === "run" ? [found] : [], [found], [], TODAY);
    expect(problems).toEqual(refuses ? [`package-of-GHSA-1: It is weak (${severity}, GHSA-1)`] : []);
  });

  test("has exceptions, which end, and which have to be needed", () => {
    const found = advisory("GHSA-1", "high");
    expect(judge([found], [found], [exception("GHSA-1")], TODAY)).toEqual([]);
    expect(judge([found], [found], [exception("GHSA-1", "2026-05-31")], TODAY)).toEqual([
      "the exception for GHSA-1 ended on 2026-05-31: look at it again",
    ]);
    expect(judge([], [], [exception("GHSA-1")], TODAY)).toEqual([
      "the exception for GHSA-1 excuses nothing: delete it",
    ]);
    expect(judge([found], [found], [exception("GHSA-2")], TODAY)).toHaveLength(2);
  });
});

test("npm's report is read: advisories, not the packages that have them through others", () => {
  const via = { title: "It is weak", url: "https://github.com/advisories/GHSA-abcd", severity: "high" };
  const report = { vulnerabilities: { a: { via: [via], range: "<2" }, b: { via: ["a"], range: "*" } } };
  expect(advisoriesIn(reportSchema.parse(report))).toEqual([
    { id: "GHSA-abcd", packageName: "a", severity: "high", title: "It is weak" },
  ]);
});
