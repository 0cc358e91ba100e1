import type { Command } from "commander";
import { EDGE_DNS } from "../live/stack-names";
import { changeStacks } from "./deploy";

/** `polycast dns apply`: the DNS stack alone, with the fleets' addresses as their states hold them. */
export function addDns(program: Command): void {
  program
    .command("dns")
    .description("The edge's DNS")
    .command("apply")
    .description("Deploy the DNS stack alone; the fleets stay as they are")
    .option("--auto-approve", "do not ask before changing anything")
    .action(async (options: { autoApprove?: true }, command: Command) => {
      await changeStacks(command, "deploy", [EDGE_DNS], ["--ignore-missing-stack-dependencies"], options);
    });
}
