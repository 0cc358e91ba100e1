// Compares Checkov's exceptions with what Checkov finds without them: one that nothing needs is refused.
// Run: npx ts-node scripts/checkov-verdict.ts CONFIGURATION FINDINGS
import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { z } from "zod";

const configurationSchema = z.object({ "skip-check": z.array(z.string()) });
const findingsSchema = z.object({
  results: z.object({ failed_checks: z.array(z.object({ check_id: z.string() })) }),
  summary: z.object({ passed: z.number(), parsing_errors: z.number() }),
});

const [configuration = "", findings = ""] = process.argv.slice(2).map((file) => readFileSync(file, "utf8"));
const { "skip-check": excepted } = configurationSchema.parse(parse(configuration));
const { results, summary } = findingsSchema.parse(JSON.parse(findings));
const found = new Set(results.failed_checks.map(({ check_id: id }) => id));
const needless = excepted.filter((id) => !found.has(id));

console.log(
  `Checkov: ${summary.passed} passed; ${found.size} of its checks are excepted, each with a reason in .ci/checkov.yaml.`,
);
if (summary.parsing_errors > 0 || summary.passed === 0) {
  console.error(`It could not read ${summary.parsing_errors} of the stacks, so this says nothing.`);
  process.exitCode = 1;
}
if (needless.length > 0) {
  console.error(`Nothing needs these exceptions of .ci/checkov.yaml any more: ${needless.join(", ")}`);
  process.exitCode = 1;
}
