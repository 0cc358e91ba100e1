import type { Command } from "commander";
import { refuseOtherEnvironment } from "../../sandbox/attachment";
import { signalCode } from "../../sandbox/graceful-child";
import { sandboxStop, sandboxUp } from "../../sandbox/sandbox";
import { DEFAULT_SANDBOX_ENVIRONMENT, sandboxEnvironmentOf } from "../../sandbox/sandbox-environments";
import { worldClient } from "../../sandbox/world-api/client";
import { listenForStop } from "../stop-wish";
import { parseScale } from "./clock";

/** `polycast sandbox up` */
export function addUp(sandbox: Command): void {
  sandbox
    .command("up")
    .description("Start the simulated clouds and their DNS, or attach to those that run")
    .option("--clock <scale>", "world seconds per real second (default: as it ran; 60 at first)")
    .action(async (options: { clock?: string }) => {
      const scale = options.clock === undefined ? undefined : parseScale(options.clock);
      refuseOtherEnvironment(process.env);
      const wish = listenForStop();
      const { record, started } = await sandboxUp({
        env: process.env,
        onProgress: (what) => process.stderr.write(`sandbox: ${what}\n`),
      });
      if (scale !== undefined) await worldClient(process.env).setScale(scale);
      const signal = wish.signal();
      if (signal !== undefined) {
        if (started) await sandboxStop(process.env);
        process.exitCode = signalCode(signal);
      } else {
        process.stdout.write(
          `The sandbox ${started ? "is up" : "was up already"}: process ${record.pid}, ` +
            `DNS on ${record.dns.address} port ${record.dns.port}\n` +
            (scale === undefined ? "" : `World time runs at ${scale}x\n`) +
            `Try: ${whatToTry(sandboxEnvironmentOf(process.env))}\n`,
        );
      }
      wish.release();
    });
}

function whatToTry(environment: string): string {
  const deploy = (stacks: string) => `npx polycast sandbox exec -- npx cdktf deploy ${stacks} --auto-approve`;
  return environment === DEFAULT_SANDBOX_ENVIRONMENT
    ? deploy("aws-fleet stackpath-fleet")
    : `export POLYCAST_ENV=${environment}; ${deploy("'*'")}`;
}
