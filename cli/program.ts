import { Command, CommanderError } from "commander";
import { PolycastError } from "../constructs/fleet/problem";
import { signalCode } from "../sandbox/graceful-child";
import { thisPolycast } from "../sandbox/sandbox-record";
import { FAILED, Stopped, USAGE } from "./exit-code";

type AddVerb = (program: Command) => void;

const deploy = async (): Promise<AddVerb> => (await import("./deploy")).addDeploy;

/** By the first word of a command line, in the order of the help. */
const VERBS = new Map(
  Object.entries<() => Promise<AddVerb>>({
    start: async () => (await import("./start")).addStart,
    status: async () => (await import("./status")).addStatus,
    deploy,
    destroy: deploy,
    dns: async () => (await import("./dns/dns")).addDns,
    tunnel: async () => (await import("./tunnel")).addTunnel,
    adopt: async () => (await import("./adopt")).addAdopt,
    doctor: async () => (await import("./doctor")).addDoctor,
    sandbox: async () => (await import("./sandbox/sandbox")).addSandbox,
    image: async () => (await import("./image/image")).addImage,
    rollout: async () => (await import("./rollout/rollout")).addRollout,
    evacuate: async () => (await import("./evacuate")).addEvacuate,
    fleet: async () => (await import("./fleet/fleet")).addFleet,
    live: async () => (await import("./live")).addLive,
    secrets: async () => (await import("./secrets/secrets")).addSecrets,
    provider: async () => (await import("./provider/provider")).addProvider,
  }),
);

/**
 * Runs the command; the exit code is left in `process.exitCode`.
 *
 * @param args what stands behind `polycast` on the command line.
 */
export async function run(args: readonly string[]): Promise<void> {
  try {
    await (await polycast(args[0])).parseAsync(args, { from: "user" });
  } catch (error) {
    process.exitCode = report(error);
  }
}

/**
 * The command.
 *
 * @param verb the only one that is wanted: to load them all would take longer than most of them do. Default: all.
 */
export async function polycast(verb = ""): Promise<Command> {
  const program = new Command("polycast")
    .description("One product's edge on several anycast networks at once")
    .version(thisPolycast().polycast)
    .showSuggestionAfterError()
    .showHelpAfterError("(polycast --help says more)")
    .enablePositionalOptions()
    .exitOverride();
  const wanted = VERBS.get(verb);
  const loads = wanted === undefined ? new Set(VERBS.values()) : [wanted];
  const verbs = await Promise.all([...loads].map((load) => load()));
  for (const add of verbs) add(program);
  return program;
}

/** Tells the user what went wrong. @returns the exit code. */
function report(error: unknown): number {
  // commander has said already what is wrong; help that was asked for is no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE;
  const expected = error instanceof PolycastError || error instanceof Stopped;
  const text = expected ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`${text}\n`);
  return error instanceof Stopped ? signalCode(error.signal) : FAILED;
}
