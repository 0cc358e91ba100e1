import type { Command } from "commander";
import type { LiveStore } from "../live/live-store";

interface PinOptions {
  readonly environment?: string;
  readonly fleet: string;
  readonly release: string;
}

/** `polycast live`: the record of what is running. */
export function addLive(program: Command): void {
  const live = program.command("live").description("The record of what is running");

  live
    .command("show")
    .description("Print the record as JSON: each fleet's release and share")
    .option("--environment <name>", "the environment (default: what POLYCAST_ENV names)")
    .action(async ({ environment }: Pick<PinOptions, "environment">) => {
      const { record } = await (await storeOf(environment)).read();
      process.stdout.write(`${JSON.stringify(record, null, 2)}\n`);
    });

  // What Terraform calls when it deploys a fleet for the first time; by hand, what mends a record that was lost.
  live
    .command("pin")
    .description(
      "Record the release that a fleet starts with; a fleet that is recorded already stays as it is",
    )
    .option("--environment <name>", "the environment (default: what POLYCAST_ENV names)")
    .requiredOption("--fleet <name>", "the fleet")
    .requiredOption("--release <id>", "the release")
    .action(async ({ environment, fleet, release }: PinOptions) => {
      const { pinRelease } = await import("../live/pin-release");
      await pinRelease(await storeOf(environment), fleet, release);
    });
}

/** An environment brings CDKTF and the providers' bindings with it; the other verbs do without. */
async function storeOf(environment: string | undefined): Promise<LiveStore> {
  const { chosenEnvironment, loadEnvironment } = await import("../environments/load-environment");
  const { openLiveStore } = await import("../live/open-live-store");
  return openLiveStore(await loadEnvironment(environment ?? chosenEnvironment()));
}
