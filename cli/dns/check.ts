import { InvalidArgumentError, type Command } from "commander";
import { PolycastError } from "../../constructs/fleet/problem";
import { FAILED, UNKNOWN } from "../exit-code";
import { describeDrift, type DriftReport } from "./drift-report";

const MOST_QUERIES = 1_000_000;

/**
 * `polycast dns check`: what the code says, what the DNS service's API holds, what the name servers answer. The exit code
 * is 1 where two of them differ, and 3 where not all could be compared.
 */
export function addCheck(dns: Command): void {
  dns
    .command("check")
    .description(
      "Compare what the code says, what the DNS service holds and what the name servers answer; " +
        "exit code 1 where they differ, 3 where not all could be compared",
    )
    .option("--queries <number>", "how often to ask for each name", parseQueries, 1_000)
    .option("--json", "as JSON")
    .action(async ({ queries, json }: { queries: number; json?: true }) => {
      try {
        const { report, rollout } = await drift(queries);
        const told = { ...report, rollout: rollout ?? null };
        process.stdout.write(json ? `${JSON.stringify(told, null, 2)}\n` : describeDrift(report, rollout));
        if (report.verdict === "different") process.exitCode = FAILED;
        if (report.verdict === "not compared") process.exitCode = UNKNOWN;
      } catch (error) {
        // What cannot be read leaves nothing to compare, which is not a difference.
        if (!(error instanceof PolycastError)) throw error;
        process.stderr.write(`${error.message}\n`);
        process.exitCode = UNKNOWN;
      }
    });
}

/** An environment brings CDKTF and the providers' bindings with it; the other verbs do without. */
async function drift(queries: number): Promise<{
  readonly report: DriftReport;
  readonly rollout: string | undefined;
}> {
  const { chosenEnvironment, loadEnvironment } = await import("../../environments/load-environment");
  const { openLiveStore } = await import("../../live/open-live-store");
  const { withoutRetired } = await import("../../live/retirement-record");
  const { findDrift } = await import("./find-drift");
  const { readRollout } = await import("../rollout/rollout-store");
  const { transitionText } = await import("../rollout/rollout-text");
  const listed = await loadEnvironment(chosenEnvironment());
  const { objects } = await openLiveStore(listed);
  const environment = await withoutRetired(listed, objects);
  // A damaged one says nothing about DNS.
  const stored = await readRollout(objects, environment.name).catch(() => undefined);
  const report = await findDrift(environment, queries, process.env);
  return { report, rollout: stored && transitionText(stored.rollout) };
}

function parseQueries(text: string): number {
  const queries = /^\d+$/.test(text) ? Number(text) : NaN;
  if (queries >= 1 && queries <= MOST_QUERIES) return queries;
  throw new InvalidArgumentError(`Allowed are whole numbers from 1 to ${MOST_QUERIES}.`);
}
