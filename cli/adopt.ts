import Table from "cli-table3";
import type { Command } from "commander";
import { PolycastError, show, suggest } from "../constructs/fleet/problem";
import { fleetStackName } from "../live/stack-names";
import { adopt, prepareAdoption, type Adoption, type AdoptionScene, type Outlook } from "./adopt/adoption";
import { objectsIn } from "./adopt/held-objects";
import { rolesOf, type Role } from "./adopt/roles";
import { commandEnvironment, stackDirectory, synthesize } from "./cdktf";
import { USAGE } from "./exit-code";
import { preflight } from "./preflight";
import { saysYes } from "./says-yes";
import { requireTerraform } from "./terraform";

interface AdoptOptions {
  readonly list?: true;
  readonly autoApprove?: true;
  readonly json?: true;
}

/** `polycast adopt`: existing objects become a stack's resources, by Terraform's import. */
export function addAdopt(program: Command): void {
  program
    .command("adopt")
    .description(
      "Take existing objects over into a stack, so that it changes them instead of making new ones",
    )
    .argument("<stack>", "the stack: aws-fleet")
    .argument("[objects...]", "ROLE=ID, the id as `terraform import` takes it: accelerator=arn:aws:...")
    .option("--list", "print the stack's roles, and which of them are taken")
    .option("--auto-approve", "do not ask before the state is written")
    .option("--json", "print the result as JSON")
    .action(async (stack: string, objects: string[], options: AdoptOptions, command: Command) => {
      refuseUsage(command, objects, options);
      await requireTerraform(process.env);
      if (!options.list) await preflight([stack], process.env);
      const scene = await sceneOf(stack);
      if (options.list) await list(scene, options);
      else await adoptAll(scene, objects, options);
    });
}

function refuseUsage(command: Command, objects: readonly string[], options: AdoptOptions): void {
  const wrong =
    options.list === undefined && objects.length === 0
      ? "there is nothing to adopt; name objects as ROLE=ID, or see the roles with --list"
      : options.list === undefined && options.autoApprove === undefined && !process.stdin.isTTY
        ? "there is no terminal to ask at; add --auto-approve"
        : undefined;
  if (wrong !== undefined) command.error(`error: ${wrong}`, { exitCode: USAGE });
}

/** The environment brings CDKTF with it, so that it is loaded here only. */
async function sceneOf(name: string): Promise<AdoptionScene> {
  const env = commandEnvironment(process.env);
  const stacks = await synthesize(env);
  if (!stacks.includes(name)) {
    throw new PolycastError("There is no such stack; nothing was changed", [
      { where: show(name), what: suggest(name, stacks) },
    ]);
  }
  const { chosenEnvironment, loadEnvironment } = await import("../environments/load-environment");
  const { openLiveStore } = await import("../live/open-live-store");
  const environment = await loadEnvironment(chosenEnvironment());
  const store = await openLiveStore(environment);
  return {
    stack: { name, directory: stackDirectory(name, env), env },
    fleet: environment.fleets.find((fleet) => fleetStackName(fleet.name) === name),
    stacks,
    readState: (stack) => store.readState(stack),
  };
}

async function list({ stack, readState }: AdoptionScene, { json }: AdoptOptions): Promise<void> {
  const state = objectsIn(stack.name, await readState(stack.name));
  const idOf = (role: Role): string | undefined => state.find(({ address }) => address === role.address)?.id;
  const roles = rolesOf(stack).map((role) => ({ ...role, id: idOf(role) }));
  if (json) {
    print(JSON.stringify(roles, null, 2));
    return;
  }
  const table = new Table({ head: ["Role", "Type", "In the state"], style: { head: [], border: [] } });
  table.push(...roles.map(({ name, type, id }) => [name, type, id ?? ""]));
  print(table.toString());
}

async function adoptAll(
  scene: AdoptionScene,
  texts: readonly string[],
  options: AdoptOptions,
): Promise<void> {
  // With --json only the result may be on standard output.
  const say = (line: string): void => {
    (options.json ? process.stderr : process.stdout).write(`${line}\n`);
  };
  const { name } = scene.stack;
  const adoption = await prepareAdoption(scene, texts);
  say(describe(name, adoption));
  if (
    adoption.wanted.length > 0 &&
    options.autoApprove === undefined &&
    !(await saysYes('Write them into the state? Only "yes" does: '))
  ) {
    say("Nothing was adopted.");
    return;
  }
  const outlook = await adopt(scene, adoption, ({ role, id }) => {
    say(`${name}: ${role.name} is ${id}`);
  });
  say(`Nothing has changed in the cloud yet. The next deploy will: npx polycast deploy ${name}`);
  if (options.json) {
    const ids = (candidates: Adoption["held"]): object =>
      Object.fromEntries(candidates.map(({ role, id }) => [role.name, id]));
    const result = { stack: name, adopted: ids(adoption.wanted), held: ids(adoption.held), next: outlook };
    print(JSON.stringify(result, null, 2));
  }
}

function describe(stack: string, { wanted, held, outlook }: Adoption): string {
  const objects = [
    ...wanted.map((each) => ({ ...each, is: "" })),
    ...held.map((each) => ({ ...each, is: ", in the state already" })),
  ];
  return [
    wanted.length > 0
      ? `${stack} can adopt them; the next deploy would then do this to them:`
      : `${stack} has them already; the next deploy does this to them:`,
    ...objects.map(({ role, is }) => `  ${role.name}${is}: ${changes(outlook.changes[role.name] ?? [])}`),
    ...Object.entries(outlook.addresses).map(
      ([output, address]) => `  ${output}: ${describeAddress(address)}`,
    ),
    `And in all: ${outlook.created} created, ${outlook.changed} changed in place, ${outlook.replaced} replaced, ${outlook.destroyed} destroyed.`,
  ].join("\n");
}

function changes(attributes: readonly string[]): string {
  return attributes.length === 0 ? "stays as it is" : `changes in place: ${attributes.join(", ")}`;
}

function describeAddress({ before, after = "a new one" }: Outlook["addresses"][string]): string {
  return before === undefined || before === after ? after : `${after}, and ${before} no longer`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
