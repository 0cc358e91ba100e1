// `npm test`: the unit suite, then everything that this machine can run. What was skipped is named at the end; with
// POLYCAST_NO_SKIPS set, as .ci/run does, a skip fails.
const { spawnSync } = require("node:child_process");
const { mkdirSync, readFileSync, rmSync } = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const cache = path.join(root, ".cache");
const SUITES = ["unit", "e2e"];

/** Runs one suite; its results as jest's own JSON gives them. */
function run(suite) {
  const file = path.join(cache, `${suite}-results.json`);
  rmSync(file, { force: true });
  const { status, signal } = spawnSync(
    process.execPath,
    [
      path.join(root, "node_modules", "jest", "bin", "jest.js"),
      ...["--selectProjects", suite, "--json", "--outputFile", file],
      // Terraform and its sandboxes are processes of their own: more than two files at once would be late for their clocks.
      ...(suite === "e2e" ? ["--maxWorkers=2"] : []),
      ...process.argv.slice(2),
    ],
    { cwd: root, stdio: ["inherit", "ignore", "inherit"] },
  );
  if (signal !== null) process.exit(130);
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    console.error(`The ${suite} suite did not come to its end (exit ${status}).`);
    process.exit(1);
  }
}

mkdirSync(cache, { recursive: true });
const results = SUITES.map(run);
const skipped = results.flatMap(({ testResults }) =>
  testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === "pending").map(({ fullName }) => fullName),
  ),
);
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
const passed = sum("numPassedTests");
const failed = sum("numFailedTests") + sum("numRuntimeErrorTestSuites");

if (skipped.length > 0) {
  console.log(
    `\nSkipped, because this machine lacks something:\n${skipped.map((name) => `  - ${name}`).join("\n")}`,
  );
}
console.log(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped`);
const strict = process.env.POLYCAST_NO_SKIPS !== undefined;
if (strict && skipped.length > 0) console.log("Nothing may be skipped here (POLYCAST_NO_SKIPS is set).");
process.exitCode = failed > 0 || passed === 0 || (strict && skipped.length > 0) ? 1 : 0;
