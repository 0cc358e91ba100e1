import type { Command } from "commander";
import { PolycastError } from "../constructs/fleet/problem";
import { KEEP_IDENTITY } from "../live/read-secrets";
import { describeLock } from "../live/state-lock";
import { imageStackNames, stackNames } from "../live/stack-names";
import type { GracefulResult } from "../sandbox/graceful-child";
import {
  ALL_STACKS,
  commandEnvironment,
  refuseUnknownStacks,
  runCdktf,
  stackDirectory,
  withoutColours,
} from "./cdktf";
import { exitCodeOf, Stopped, USAGE } from "./exit-code";
import { NOT_NARROWED, withoutIdentities } from "./keep-identity";
import { preflight } from "./preflight";
import { requireTerraform, terraformBinary } from "./terraform";

/**
 * How many objects Terraform works on at once, instead of its own 10: most of an AWS fleet waits for AWS, and a fleet of
 * two regions is deployed in two thirds of the time (`npm run bench`).
 */
const OBJECTS_AT_ONCE = 30;

interface DeployOptions {
  readonly autoApprove?: true;
  readonly ignoreMissingStackDependencies?: true;
  readonly keepIdentity?: true;
}

/** `polycast deploy` and `polycast destroy`: cdktf's own commands, with a Ctrl-C that Terraform survives. */
export function addDeploy(program: Command): void {
  addVerb(
    program,
    "deploy",
    "Deploy stacks of the environment that POLYCAST_ENV names (default: sandbox)",
  ).option(
    "--keep-identity",
    "leave out the identities by which nodes write logs; they keep what they have, and the cloud that holds these is not asked",
  );
  addVerb(program, "destroy", "Destroy stacks of the environment that POLYCAST_ENV names (default: sandbox)");
}

function addVerb(program: Command, verb: "deploy" | "destroy", description: string): Command {
  return program
    .command(verb)
    .description(description)
    .argument("[stacks...]", "names of stacks; without one, all that run the edge: those of images are named")
    .option("--auto-approve", "do not ask before changing anything")
    .option("--ignore-missing-stack-dependencies", "leave out stacks that the named ones depend on")
    .action(async (stacks: string[], options: DeployOptions, command: Command) => {
      const flags = options.ignoreMissingStackDependencies ? ["--ignore-missing-stack-dependencies"] : [];
      await refuseUnknown(stacks);
      requireApproval(command, options);
      const named = stacks.length > 0 ? stacks : await edgeStacks(options);
      await changeStacks(command, verb, named, flags, options);
    });
}

/** Before anything is asked, or cdktf synthesizes. Patterns are cdktf's to read. */
async function refuseUnknown(stacks: readonly string[]): Promise<void> {
  const plain = stacks.filter((stack) => !/[*?!{[(]/.test(stack));
  if (plain.length === 0) return;
  const { chosenEnvironment, loadEnvironment } = await import("../environments/load-environment");
  const environment = await loadEnvironment(chosenEnvironment());
  refuseUnknownStacks(plain, [...stackNames(environment), ...imageStackNames(environment)]);
}

/** What runs the edge, without the images: to build them takes long, and nobody should do it by the way. */
async function edgeStacks({ keepIdentity }: DeployOptions): Promise<readonly string[]> {
  // To know what is retired takes the credentials of the place of the state.
  await preflight([ALL_STACKS], { ...process.env, ...(keepIdentity && { [KEEP_IDENTITY]: "1" }) });
  // An environment brings CDKTF with it, so it is loaded here only.
  const { chosenEnvironment, loadEnvironment } = await import("../environments/load-environment");
  const { openLiveStore } = await import("../live/open-live-store");
  const { withoutRetired } = await import("../live/retirement-record");
  const listed = await loadEnvironment(chosenEnvironment());
  return stackNames(await withoutRetired(listed, (await openLiveStore(listed)).objects));
}

/** Ends the command where it would have to ask and nobody is there to answer. */
export function requireApproval(command: Command, { autoApprove }: DeployOptions): void {
  if (autoApprove === undefined && !process.stdin.isTTY) {
    command.error("error: there is no terminal to ask at; add --auto-approve", { exitCode: USAGE });
  }
}

/**
 * Runs cdktf on stacks at the user's terminal and takes over its exit code.
 * @param variables what the synth is told, besides what the environment holds.
 */
export async function changeStacks(
  command: Command,
  verb: "deploy" | "destroy",
  stacks: readonly string[],
  flags: readonly string[],
  options: DeployOptions,
  variables: NodeJS.ProcessEnv = {},
): Promise<GracefulResult> {
  requireApproval(command, options);
  await requireTerraform(process.env);
  const kept = options.keepIdentity ? { ...variables, [KEEP_IDENTITY]: "1" } : variables;
  await preflight(stacks, { ...process.env, ...kept });
  // While cdktf asks about one stack it takes the terminal's Ctrl-C for itself, and would kill a Terraform that is
  // at work on another: so where it asks, one stack comes after the other.
  const approval = options.autoApprove ? ["--auto-approve"] : ["--parallelism", "1"];
  const parallelism = ["--terraform-parallelism", String(OBJECTS_AT_ONCE)];
  const attached = { ...commandEnvironment(process.env), ...kept };
  const narrowed = options.keepIdentity ? await withoutIdentities(stacks, attached) : NOT_NARROWED;
  const env = withoutColours({ ...attached, ...narrowed.variables });
  const all = [...flags, ...narrowed.flags, ...approval, ...parallelism];
  const result = await runCdktf(verb, stacks, all, { env });
  process.exitCode = exitCodeOf(result);
  if (result.stoppedBy !== undefined) process.stderr.write(`${new Stopped(result.stoppedBy).message}\n`);
  if (result.code !== 0 && result.stoppedBy === undefined) await refuseLocked(stacks, env);
  return result;
}

/**
 * Where a command has failed and a lock is in place, it was that: our own locks have ended with our Terraforms.
 *
 * @throws PolycastError that says how each lock is cleared.
 */
async function refuseLocked(stacks: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  // An environment brings CDKTF with it, so it is loaded here only.
  const { chosenEnvironment, loadEnvironment } = await import("../environments/load-environment");
  const { openLiveStore } = await import("../live/open-live-store");
  const environment = await loadEnvironment(chosenEnvironment());
  const store = await openLiveStore(environment);
  const named = stackNames(environment).filter(
    (stack) => stacks.includes(ALL_STACKS) || stacks.includes(stack),
  );
  const locks = await Promise.all(named.map((stack) => store.readLock(stack)));
  const problems = named.flatMap((stack, index) => {
    const lock = locks[index];
    return lock === undefined
      ? []
      : [describeLock(stack, lock, stackDirectory(stack, env), terraformBinary(env))];
  });
  if (problems.length > 0) throw new PolycastError("A state is locked", problems);
}
