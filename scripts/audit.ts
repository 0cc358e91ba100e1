// Judges what `npm audit` says by the policy in docs/supply-chain.md. Run: .ci/audit
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

const SEVERITIES = ["info", "low", "moderate", "high", "critical"] as const;
type Severity = (typeof SEVERITIES)[number];

/** From which severity on an advisory refuses a change, by where the package is used. */
const REFUSED_FROM: { readonly run: Severity; readonly develop: Severity } = {
  run: "high",
  develop: "critical",
};

const exceptionSchema = z.strictObject({
  /** `GHSA-...` */
  advisory: z.string(),
  /** Why it does not concern us. */
  reason: z.string().min(20),
  /** Day on which it has to be looked at again. */
  until: z.iso.date(),
});
export type Exception = z.infer<typeof exceptionSchema>;

/** https://docs.npmjs.com/cli/v10/commands/npm-audit: version 2 of the report. */
const advisorySchema = z.object({ title: z.string(), url: z.string(), severity: z.enum(SEVERITIES) });
export const reportSchema = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({
      /** Advisories, and names of packages through which this one has others' weaknesses. */
      via: z.array(z.union([z.string(), advisorySchema])),
      range: z.string(),
    }),
  ),
});

/** A published weakness of a package in the lock file. */
export interface Advisory {
  readonly id: string;
  readonly packageName: string;
  readonly severity: Severity;
  readonly title: string;
}

export function advisoriesIn({ vulnerabilities }: z.infer<typeof reportSchema>): readonly Advisory[] {
  return Object.entries(vulnerabilities).flatMap(([packageName, { via }]) =>
    via.flatMap((each) =>
      typeof each === "string"
        ? []
        : [{ id: path.basename(each.url), packageName, severity: each.severity, title: each.title }],
    ),
  );
}

/**
 * What is wrong, a line each; nothing where the policy is kept.
 * @param run advisories of what users run; `all` has those of development besides.
 * @param today `2026-01-31`.
 */
export function judge(
  run: readonly Advisory[],
  all: readonly Advisory[],
  exceptions: readonly Exception[],
  today: string,
): readonly string[] {
  const isRun = ({ id, packageName }: Advisory) =>
    run.some((each) => each.id === id && each.packageName === packageName);
  const refused = all.filter(
    (advisory) =>
      SEVERITIES.indexOf(advisory.severity) >=
      SEVERITIES.indexOf(REFUSED_FROM[isRun(advisory) ? "run" : "develop"]),
  );
  const exceptionFor = ({ id }: Advisory) => exceptions.find(({ advisory }) => advisory === id);
  return [
    ...refused
      .filter((advisory) => exceptionFor(advisory) === undefined)
      .map(({ id, packageName, severity, title }) => `${packageName}: ${title} (${severity}, ${id})`),
    ...exceptions
      .filter(({ until }) => until < today)
      .map(({ advisory, until }) => `the exception for ${advisory} ended on ${until}: look at it again`),
    ...exceptions
      .filter(({ advisory }) => refused.every(({ id }) => id !== advisory))
      .map(({ advisory }) => `the exception for ${advisory} excuses nothing: delete it`),
  ];
}

/** What npm says; undefined where its registry has no audit endpoint, or none that answers. */
function audit(...flags: readonly string[]): readonly Advisory[] | undefined {
  const { stdout } = spawnSync("npm", ["audit", "--json", ...flags], {
    encoding: "utf8",
    maxBuffer: 256 * 1024 * 1024,
  });
  try {
    return advisoriesIn(reportSchema.parse(JSON.parse(stdout)));
  } catch {
    return undefined;
  }
}

function main(): number {
  const file = path.join(__dirname, "..", ".ci", "audit-exceptions.json");
  const exceptions = z.array(exceptionSchema).parse(JSON.parse(readFileSync(file, "utf8")));
  const all = audit();
  const run = all && audit("--omit=dev");
  if (all === undefined || run === undefined) {
    console.error(
      "NOTHING WAS AUDITED: this npm registry has no audit endpoint, or it does not answer. Run .ci/audit where it has.",
    );
    return process.env["GITHUB_ACTIONS"] === undefined ? 0 : 1;
  }
  const problems = judge(run, all, exceptions, new Date().toISOString().slice(0, 10));
  for (const problem of problems) console.error(`- ${problem}`);
  console.log(
    `npm audit: ${all.length} advisories, ${run.length} of them of what users run; ${exceptions.length} excepted, ${problems.length} problems.`,
  );
  return problems.length === 0 ? 0 : 1;
}

if (require.main === module) process.exitCode = main();
