import type { Command } from "commander";
import type { EvacuateOptions } from "./rollout/evacuate-fleet";
import { requireTerraform } from "./terraform";

/** `polycast evacuate FLEET`: no question is asked, since every second counts. */
export function addEvacuate(program: Command): void {
  program
    .command("evacuate")
    .description("Take a fleet out of traffic now, all at once, if the others carry it or a reason is given")
    .argument("<fleet>", "the fleet")
    .option("--reason <text>", "why, where the others are not known to carry it")
    .option("--json", "as JSON")
    .action(async (fleet: string, options: EvacuateOptions) => {
      await requireTerraform(process.env);
      await (await import("./rollout/evacuate-fleet")).evacuateFleet(fleet, options);
    });
}
