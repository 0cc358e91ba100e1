import { Command, CommanderError } from "commander";
import { PolycastError } from "../constructs/fleet/problem";
import { signalCode } from "../sandbox/graceful-child";
import { thisPolycast } from "../sandbox/sandbox-record";
import { addAdopt } from "./adopt";
import { addDeploy } from "./deploy";
import { addDns } from "./dns/dns";
import { FAILED, Stopped, USAGE } from "./exit-code";
import { addLive } from "./live";
import { addSandbox } from "./sandbox/sandbox";
import { addStart } from "./start";
import { addStatus } from "./status";
import { addTunnel } from "./tunnel";

/**
 * Runs the command; the exit code is left in `process.exitCode`.
 *
 * @param args what stands behind `polycast` on the command line.
 */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await polycast().parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/** The command with all its verbs. */
export function polycast(): Command {
  const program = new Command("polycast")
    .description("One product's edge on several anycast networks at once")
    .version(thisPolycast().polycast)
    .showSuggestionAfterError()
    .showHelpAfterError("(polycast --help says more)")
    .enablePositionalOptions()
    .exitOverride();
  addStart(program);
  addStatus(program);
  addDeploy(program);
  addDns(program);
  addTunnel(program);
  addAdopt(program);
  addSandbox(program);
  addLive(program);
  return program;
}

/** Tells the user what went wrong. @returns the exit code. */
function report(error: unknown): number {
  // commander has said already what is wrong; help that was asked for is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  const expected = error instanceof PolycastError || error instanceof Stopped;
  const text = expected ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  return error instanceof Stopped ? signalCode(error.signal) : FAILED;
}
