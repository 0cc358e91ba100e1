import type { Command } from "commander";
import { delimiter, join } from "node:path";
import { PolycastError, show } from "../../constructs/fleet/problem";
import { attachment, refuseOtherEnvironment } from "../../sandbox/attachment";
import { runGracefully } from "../../sandbox/graceful-child";
import { PROJECT_ROOT } from "../../live/state-location";
import { attachedSandbox } from "../../sandbox/sandbox";
import { exitCodeOf } from "../exit-code";
import { requireTerraform } from "../terraform";

/** `polycast sandbox exec -- CMD...` */
export function addExec(sandbox: Command): void {
  sandbox
    .command("exec")
    .description(
      "Run a command, in the project's folder, for which Terraform's providers are the simulated ones",
    )
    .usage("-- COMMAND [ARGUMENT...]")
    .argument("<command...>", "the command and its arguments, after --")
    .passThroughOptions()
    .action(async ([program = "", ...args]: string[]) => {
      refuseOtherEnvironment(process.env);
      const sandboxed = attachedSandbox(process.env);
      await requireTerraform(process.env);
      const env = attachment(sandboxed, withOwnPrograms(process.env), {
        interactive: process.stdout.isTTY,
      });
      try {
        process.exitCode = exitCodeOf(await runGracefully(program, args, { env }));
      } catch (error) {
        throw new PolycastError("The command cannot be run", [{ where: show(program), what: String(error) }]);
      }
    });
}

/** `cdktf` alone is enough, as in an npm script. */
function withOwnPrograms(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, PATH: [join(PROJECT_ROOT, "node_modules", ".bin"), env["PATH"] ?? ""].join(delimiter) };
}
