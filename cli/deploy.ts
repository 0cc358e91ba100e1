import type { Command } from "commander";
import { ALL_STACKS, commandEnvironment, runCdktf } from "./cdktf";
import { exitCodeOf, USAGE } from "./exit-code";
import { requireTerraform } from "./terraform";

interface DeployOptions {
  readonly autoApprove?: true;
  readonly ignoreMissingStackDependencies?: true;
}

/** `polycast deploy` and `polycast destroy`: cdktf's own commands, with a Ctrl-C that Terraform survives. */
export function addDeploy(program: Command): void {
  addVerb(program, "deploy", "Deploy stacks of the environment that POLYCAST_ENV names (default: sandbox)");
  addVerb(program, "destroy", "Destroy stacks of the environment that POLYCAST_ENV names (default: sandbox)");
}

function addVerb(program: Command, verb: "deploy" | "destroy", description: string): void {
  program
    .command(verb)
    .description(description)
    .argument("[stacks...]", "names of stacks; all of them where none is named")
    .option("--auto-approve", "do not ask before changing anything")
    .option("--ignore-missing-stack-dependencies", "leave out stacks that the named ones depend on")
    .action(async (stacks: string[], options: DeployOptions, command: Command) => {
      const flags = options.ignoreMissingStackDependencies ? ["--ignore-missing-stack-dependencies"] : [];
      await changeStacks(command, verb, stacks.length > 0 ? stacks : [ALL_STACKS], flags, options);
    });
}

/** Runs cdktf on stacks at the user's terminal and takes over its exit code. */
export async function changeStacks(
  command: Command,
  verb: "deploy" | "destroy",
  stacks: readonly string[],
  flags: readonly string[],
  { autoApprove }: DeployOptions,
): Promise<void> {
  if (autoApprove === undefined && !process.stdin.isTTY) {
    command.error("error: there is no terminal to ask at; add --auto-approve", { exitCode: USAGE });
  }
  await requireTerraform(process.env);
  // While cdktf asks about one stack it takes the terminal's Ctrl-C for itself, and would kill a Terraform that is
  // at work on another: so where it asks, one stack comes after the other.
  const approval = autoApprove ? ["--auto-approve"] : ["--parallelism", "1"];
  const result = await runCdktf(verb, stacks, [...flags, ...approval], {
    env: commandEnvironment(process.env),
  });
  process.exitCode = exitCodeOf(result);
}
