import type { Command } from "commander";
import { addClock } from "./clock";
import { addCurl } from "./curl";
import { addDisturbances } from "./disturb";
import { addDown } from "./down";
import { addExec } from "./exec";
import { addFault } from "./fault";
import { addHold } from "./hold";
import { addLoad } from "./load";
import { addStatus } from "./status";
import { addUp } from "./up";

/** `polycast sandbox …` */
export function addSandbox(program: Command): void {
  const sandbox = program.command("sandbox").description("The simulated clouds on this machine");
  addUp(sandbox);
  addDown(sandbox);
  addStatus(sandbox);
  addExec(sandbox);
  addFault(sandbox);
  addCurl(sandbox);
  addHold(sandbox);
  addDisturbances(sandbox);
  addLoad(sandbox);
  addClock(sandbox);
}
