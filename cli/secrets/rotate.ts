import type { Command } from "commander";
import type { Environment } from "../../constructs/fleet/environment";
import type { FleetProvider } from "../../constructs/fleet/fleet-provider";
import type { LogAccess } from "../../constructs/fleet/log-access";
import { PolycastError } from "../../constructs/fleet/problem";
import type { LiveStore } from "../../live/live-store";
import { readRotation, writeRotation, type RotationPhase } from "../../live/rotation-record";
import { decideRotation, isDeployed, type RotationDecision } from "../../live/secret-rotation";
import { appliedSlots } from "../../live/applied-identity";
import { fleetStackName } from "../../live/stack-names";
import { refuseWhileRetiring } from "../../live/retirement-record";
import { preflight } from "../preflight";
import { heldText } from "../rollout/person";
import { withRollout } from "../rollout/rollout-store";
import { fewestNodes, fleetNamed, nodeSecrets, openEnvironment } from "./fleet-secrets";

export interface RotateOptions {
  readonly fleet: string;
  readonly back?: true;
  readonly confirmed?: string;
  readonly json?: true;
}

/** What `polycast secrets rotate --json` prints. */
export interface RotationReport {
  readonly fleet: string;
  readonly phase: RotationPhase;
  /** Whether this call recorded it, or found it recorded and not deployed yet. */
  readonly recorded: boolean;
  /** What to run now; null where there is nothing to do. */
  readonly next: string | null;
}

/** What a deploy of each step does, for a person. */
const STEPS: Readonly<Record<RotationPhase, string>> = {
  created: "a second secret is made; nodes keep the first one",
  given: "nodes are given the other secret, and are replaced in their provider's way; both secrets work",
  inactive: "the secret that no node has any more is switched off, which --back undoes",
  settled: "the secret that no node has any more is deleted",
};

/** The same on the way back. */
const STEPS_BACK: Readonly<Record<RotationPhase, string>> = {
  settled: "the second secret is deleted; nodes keep the first one",
  created:
    "nodes are given the first secret again, and are replaced in their provider's way; both secrets work",
  given: "the secret that was switched off works again",
  inactive: "the secret that was to be deleted stays, switched off",
};

/** `polycast secrets rotate`: records the next step of a rotation, which a deploy then takes. */
export function addRotate(secrets: Command): void {
  secrets
    .command("rotate")
    .description("Take the next step to a new secret for a fleet's nodes; a deploy follows each step")
    .requiredOption("--fleet <name>", "the fleet")
    .option("--back", "take the last step back")
    .option(
      "--confirmed <how>",
      "how you know that every node has the secret it is given, where nodes do not say",
    )
    .option("--json", "as JSON")
    .action(async (options: RotateOptions) => {
      await preflight([], process.env);
      const { environment, store } = await openEnvironment();
      const report = await rotate(environment, store, options);
      process.stdout.write(
        `${options.json ? JSON.stringify(report, null, 2) : describe(report, options.back)}\n`,
      );
    });
}

/**
 * Records the next step, if it can be taken. Under the lock of rollouts, and never while one goes on: it would take the nodes
 * that a step replaces for ones that its release has lost, and another fleet may be drained meanwhile.
 * @throws PolycastError, with nothing changed, where it cannot.
 */
export async function rotate(
  environment: Environment,
  store: LiveStore,
  options: RotateOptions,
): Promise<RotationReport> {
  const fleet = fleetNamed(environment, options.fleet);
  const { name, logs } = fleet;
  if (logs === undefined || logs.rotation === "none") throw notHere(name, logs?.strategy);
  if (options.confirmed?.trim() === "") throw unsaid();
  const { objects } = store;
  const result = await withRollout(objects, environment.name, "secrets rotate", async (rollouts) => {
    await refuseWhileRetiring(objects, "Nothing was changed:");
    const { rollout } = (await rollouts.read()) ?? {};
    if (rollout !== undefined && rollout.ended === undefined) throw whileRollingOut(rollout.id);
    return takeStep(environment, store, fleet, logs.rotation, options);
  });
  if ("heldBy" in result) throw new PolycastError(`Nothing was changed. ${heldText(result)}`);
  return result;
}

async function takeStep(
  environment: Environment,
  store: LiveStore,
  fleet: FleetProvider,
  rotation: LogAccess["rotation"],
  { back, confirmed }: RotateOptions,
): Promise<RotationReport> {
  const { name } = fleet;
  const wanted = fewestNodes(fleet);
  for (;;) {
    const { step, version } = await readRotation(store, name);
    const applied = appliedSlots(await store.readState(fleetStackName(name)));
    if (applied === undefined && version === undefined) throw notYet(name);
    const nodes = await nodeSecrets(environment, name);
    const look = { step, applied, nodes, wanted, ...(confirmed !== undefined && { confirmed }) };
    const decision = decideRotation(look, back ? "back" : "forward", rotation);
    if (decision.kind !== "take") return stay(name, step.phase, decision);
    if (await writeRotation(store, name, decision.step, version)) {
      return {
        fleet: name,
        phase: decision.step.phase,
        recorded: true,
        next: isDeployed(decision.step, applied) ? null : deploy(name),
      };
    }
  }
}

function stay(
  fleet: string,
  phase: RotationPhase,
  decision: Exclude<RotationDecision, { kind: "take" }>,
): RotationReport {
  switch (decision.kind) {
    case "deploy":
      return { fleet, phase, recorded: false, next: deploy(fleet) };
    case "nothing to go back to":
      return { fleet, phase, recorded: false, next: null };
    case "hold":
      throw new PolycastError(
        `The next step would end a secret that nodes of "${fleet}" may need. Nothing was changed:`,
        decision.problems,
      );
  }
}

function deploy(fleet: string): string {
  return `npx polycast deploy ${fleetStackName(fleet)}`;
}

function describe({ fleet, phase, recorded, next }: RotationReport, back: true | undefined): string {
  const further = `npx polycast secrets rotate --fleet ${fleet}`;
  if (next === null) {
    return phase === "settled"
      ? `${fleet}: there is one secret, and nothing to do.`
      : `${fleet}: the step that was not deployed yet is taken back, and nothing is to be deployed.\nForward again: ${further}; further back: --back`;
  }
  const away = `npx polycast live share --fleet ${fleet} --percent 0, then npx polycast dns apply --in-steps`;
  const steps = back && recorded ? STEPS_BACK : STEPS;
  const then = back && recorded ? `${further} --back; forward again without --back` : further;
  const replaces = steps[phase].includes("are replaced");
  return [
    `${fleet}: ${recorded ? "next" : "recorded, and not deployed yet"}: ${steps[phase]}.`,
    ...(replaces ? [`To take its users away first: ${away}`] : []),
    `Now:  ${next}`,
    phase === "settled" ? "Then the rotation is done." : `Then: ${then}`,
  ].join("\n");
}

function whileRollingOut(id: string): PolycastError {
  return new PolycastError("Nothing was changed:", [
    {
      where: id,
      what: "is a rollout that goes on; nodes are not to be replaced for a secret meanwhile",
      remedy: "Let it come to its end, or take it back: npx polycast rollout abort",
    },
  ]);
}

function notYet(fleet: string): PolycastError {
  const what = "has no secret yet that could be rotated";
  return new PolycastError("Nothing was changed:", [
    { where: `fleets.${fleet}`, what, remedy: `Deploy it: ${deploy(fleet)}` },
  ]);
}

function unsaid(): PolycastError {
  return new PolycastError("Nothing was changed:", [
    {
      where: "--confirmed",
      what: "says nothing; it is recorded, for whoever asks why a key was ended",
      remedy: 'Say how you know, such as "last used eight days ago, by IAM".',
    },
  ]);
}

function notHere(fleet: string, strategy: string | undefined): PolycastError {
  return new PolycastError("Nothing was changed:", [
    {
      where: `fleets.${fleet}.logs`,
      what:
        strategy === "rolesAnywhere"
          ? "its join token is made by the certificate authority, which Polycast does not run"
          : "no secret exists that could be rotated",
      ...(strategy === "rolesAnywhere" && {
        remedy: `Have a new token made, set it in the environment (docs/secrets.md), and deploy: ${deploy(fleet)}`,
      }),
    },
  ]);
}
