import type { Command } from "commander";
import { addApply } from "./apply";
import { addCheck } from "./check";
import { addLoad } from "./load-push";
import { addPlan } from "./plan";
import { addSimulate } from "./simulate";

/** `polycast dns`: how the traffic is shared, and what the world gets to see of it. */
export function addDns(program: Command): void {
  const dns = program.command("dns").description("The edge's DNS, and how it shares the traffic");
  addPlan(dns);
  addApply(dns);
  addCheck(dns);
  addLoad(dns);
  addSimulate(dns);
}
