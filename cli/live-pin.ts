import type { Command } from "commander";

interface PinOptions {
  readonly environment?: string;
  readonly fleet: string;
  readonly release: string;
}

/** `polycast live pin`: what Terraform calls when it deploys a fleet for the first time. */
export function addLive(program: Command): void {
  program
    .command("live")
    .description("The record of what is running")
    .command("pin")
    .description(
      "Record the release that a fleet starts with; a fleet that is recorded already stays as it is",
    )
    .option("--environment <name>", "the environment (default: what POLYCAST_ENV names)")
    .requiredOption("--fleet <name>", "the fleet")
    .requiredOption("--release <id>", "the release")
    .action(async ({ environment, fleet, release }: PinOptions) => {
      // An environment brings CDKTF and the providers' bindings with it; the other verbs do without.
      const { chosenEnvironment, loadEnvironment } = await import("../environments/load-environment");
      const { openLiveStore } = await import("../live/open-live-store");
      const { pinRelease } = await import("../live/pin-release");
      const store = await openLiveStore(await loadEnvironment(environment ?? chosenEnvironment()));
      await pinRelease(store, fleet, release);
    });
}
