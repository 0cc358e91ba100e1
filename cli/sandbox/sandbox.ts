import { Option, type Command } from "commander";
import { refuseOtherEnvironment } from "../../sandbox/attachment";
import { SANDBOX_ENVIRONMENTS } from "../../sandbox/sandbox-environments";
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
  for (const verb of sandbox.commands) addEnvironment(verb);
}

/** One of the sandbox's environments; POLYCAST_ENV says the same for all commands of a shell. */
function addEnvironment(verb: Command): void {
  verb.option("--environment <name>", `${SANDBOX_ENVIRONMENTS.join(" or ")}: each has clouds of its own`);
  verb.addOption(new Option("--env <name>", "the same, as POLYCAST_ENV has it").hideHelp());
  verb.hook("preAction", (_, command) => {
    const { env, environment = env } = command.optsWithGlobals<{ env?: string; environment?: string }>();
    if (environment === undefined) return;
    process.env["POLYCAST_ENV"] = environment;
    refuseOtherEnvironment(process.env);
  });
}
