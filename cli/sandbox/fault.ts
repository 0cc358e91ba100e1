import { rmSync } from "node:fs";
import { Argument, Option, type Command } from "commander";
import { PolycastError, show, suggest } from "../../constructs/fleet/problem";
import { matches, type Fault } from "../../sandbox/engine/fault";
import { checkFaults, readFaults, writeFaults } from "../../sandbox/fault-file";
import { makeSandboxDirectory, sandboxPlaces } from "../../sandbox/places";

interface AddOptions {
  readonly type: string;
  readonly operation?: string;
  readonly object?: string;
  readonly times?: number;
  readonly message?: string;
  readonly milliseconds?: number;
}

/** `polycast sandbox fault add | list | clear` */
export function addFault(sandbox: Command): void {
  const fault = sandbox.command("fault").description("Let the simulated clouds go wrong");
  addAdd(fault);
  addList(fault);
  fault
    .command("clear")
    .description("Remove all faults")
    .action(() => {
      rmSync(sandboxPlaces(process.env).faults, { force: true });
      process.stdout.write("No faults are left.\n");
    });
}

function addAdd(fault: Command): void {
  fault
    .command("add")
    .description("Add a fault; a running sandbox heeds it at once")
    .addArgument(
      new Argument("<effect>", "what happens").choices(["refuse", "delay", "failAfter", "vanish", "crash"]),
    )
    .requiredOption(
      "--type <type>",
      "Terraform's resource type that it hits, * for all; stackpath_image for captures",
    )
    .addOption(
      new Option(
        "--operation <operation>",
        "the operation that it hits (default: create; read for vanish)",
      ).choices(["create", "read", "update", "delete"]),
    )
    .option("--object <pattern>", "id or name of the object that it hits; * stands for any characters")
    .option("--times <number>", "how often (default: always)", Number)
    .option("--message <text>", "what the cloud says, for refuse and failAfter")
    .option("--milliseconds <number>", "how late the cloud answers, for delay", Number)
    .action(async (effect: string, options: AddOptions) => {
      const [added] = checkFaults([faultOf(effect, options)], "fault");
      await requireKnownType(options.type);
      const { faults } = await makeSandboxDirectory(process.env);
      writeFaults(faults, [...readFaults(faults), ...(added ? [added] : [])]);
      process.stdout.write(`Added: ${describe(added as Fault)}\n`);
    });
}

/** @throws PolycastError where no simulated provider has such a type, so that the fault would hit nothing. */
async function requireKnownType(type: string): Promise<void> {
  // They bring every provider's schema with them; the other verbs do without.
  const { simulations } = await import("../../sandbox/simulations");
  const { CAPTURED_IMAGE } = await import("../../sandbox/stackpath-api/captured-images");
  // Captures are made by an API that Terraform knows nothing of.
  const known = [
    ...simulations.flatMap(({ schema }) => Object.keys(schema.resource_schemas)),
    CAPTURED_IMAGE,
  ];
  if (known.some((each) => matches(type, each))) return;
  throw new PolycastError("The fault would hit nothing; it was not added", [
    { where: "--type", what: `${show(type)} is none of the simulated types; ${suggest(type, known)}` },
  ]);
}

function addList(fault: Command): void {
  fault
    .command("list")
    .description("Show the faults")
    .option("--json", "as JSON")
    .action((options: { json?: true }) => {
      const faults = readFaults(sandboxPlaces(process.env).faults);
      const lines = faults.length === 0 ? ["There are none."] : faults.map(describe);
      process.stdout.write(`${options.json ? JSON.stringify(faults, null, 2) : lines.join("\n")}\n`);
    });
}

function faultOf(
  kind: string,
  { type, operation, object, times, message, milliseconds }: AddOptions,
): unknown {
  return {
    type,
    operation: operation ?? (kind === "vanish" ? "read" : "create"),
    ...(object !== undefined && { object }),
    ...(times !== undefined && { times }),
    effect: {
      kind,
      ...(message !== undefined && { message }),
      ...(milliseconds !== undefined && { milliseconds }),
    },
  };
}

function describe({ type, operation, object, effect, times }: Fault): string {
  const { kind, ...detail } = effect;
  const what = [kind, ...Object.values(detail).map((value) => JSON.stringify(value))].join(" ");
  const which = object === undefined ? type : `${type} ${JSON.stringify(object)}`;
  return `${what} on ${operation} of ${which}, ${times === undefined ? "always" : `${times} times`}`;
}
