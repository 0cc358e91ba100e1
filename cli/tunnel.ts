import type { Command } from "commander";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { PolycastError, refuseIfAny, show } from "../constructs/fleet/problem";
import { sshConfig, WRITTEN_BY } from "./ssh-config";

interface ConfigOptions {
  readonly user?: string;
  readonly identity?: string;
  readonly forward?: readonly string[];
  readonly output?: string;
}

/** `polycast tunnel config` */
export function addTunnel(program: Command): void {
  program
    .command("tunnel")
    .description("The tunnels that clients hold, one to each fleet")
    .command("config")
    .description("Write an OpenSSH client configuration with one host for each fleet")
    .option("--user <name>", "who logs in (default: tunnel, the only one whom the image lets in)")
    .option("--identity <file>", "the client's private key (default: those that ssh tries)")
    .option("--forward <spec...>", "[BIND:]PORT:HOST:HOSTPORT, as for ssh -R; on every tunnel")
    .option("--output <file>", "write it there instead of to the standard output")
    .action(async ({ user, identity, forward: forwards = [], output }: ConfigOptions) => {
      // An environment brings CDKTF and the providers' bindings with it; the other verbs do without.
      const { chosenEnvironment, loadEnvironment } = await import("../environments/load-environment");
      const { checkEnvironment } = await import("../constructs/fleet/check-environment");
      const environment = await loadEnvironment(chosenEnvironment());
      refuseIfAny(
        (count) =>
          `The environment "${environment.name}" has ${count === 1 ? "a problem" : `${count} problems`}:`,
        checkEnvironment(environment, () => undefined),
      );
      const text = sshConfig(environment, {
        ...(user !== undefined && { user }),
        ...(identity !== undefined && { identity }),
        forwards,
      });
      if (output === undefined) process.stdout.write(text);
      else write(output, text);
    });
}

/** Never over a file that a person wrote, such as their whole ~/.ssh/config. */
function write(file: string, text: string): void {
  try {
    if (existsSync(file) && !readFileSync(file, "utf8").startsWith(WRITTEN_BY)) {
      throw new PolycastError("The configuration is not written", [
        {
          where: show(file),
          what: "exists, and was not written by this command",
          remedy: "Choose a file of its own, and name it in ~/.ssh/config: Include FILE",
        },
      ]);
    }
    writeFileSync(file, text, { mode: 0o600 });
  } catch (error) {
    if (error instanceof PolycastError) throw error;
    throw new PolycastError("The configuration is not written", [
      { where: show(file), what: (error as Error).message },
    ]);
  }
}
