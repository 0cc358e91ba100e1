import type { Command } from "commander";
import { requireApproval } from "../deploy";
import { requireTerraform } from "../terraform";
import type { RetireOptions } from "./retire";

/** `polycast fleet`: what happens to a fleet as a whole. */
export function addFleet(program: Command): void {
  const fleet = program.command("fleet").description("What happens to a fleet as a whole");
  fleet
    .command("retire")
    .description("Take a fleet out of traffic step by step, prove that nobody is sent there, and destroy it")
    .argument("<fleet>", "the fleet")
    .option("--back", "give it its share back, as long as nothing is destroyed")
    .option("--reason <text>", "why, where the others are not known to carry its traffic")
    .option("--allow <points>", "move so much traffic at once, whatever the environment's limit")
    .option("--auto-approve", "do not ask before it begins")
    .option("--json", "as JSON; progress goes to standard error")
    .action(async (name: string, options: RetireOptions, command: Command) => {
      requireApproval(command, options);
      await requireTerraform(process.env);
      await (await import("./retire")).retire(name, options);
    });
}
