import { PolycastError } from "../../constructs/fleet/problem";
import { evacuate } from "../../rollout/evacuate";
import { knownNodes } from "../known-nodes";
import { findAt } from "./finding";
import { nodeEvidence } from "./node-evidence";
import { openScene, type RolloutScene } from "./scene";
import { steerFleet } from "./steer-fleet";

export interface EvacuateOptions {
  readonly reason?: string;
  readonly json?: true;
}

/** In milliseconds: whoever takes longer to say how the nodes are is not waited for. */
const NODES_WITHIN = 2_000;

/**
 * Takes a fleet out of traffic at once. It needs no lock of a rollout: one that goes on notices, and pauses.
 * @throws PolycastError, with nothing changed, where the others cannot carry it and no reason is given.
 */
export async function evacuateFleet(fleet: string, { reason, json }: EvacuateOptions): Promise<void> {
  const scene = await openScene("evacuation-stacks");
  const { environment, live } = scene;
  const { record } = await live.read();
  const percents = Object.fromEntries(
    environment.fleets.map(({ name }) => [name, record.fleets[name]?.share ?? 0]),
  );
  const peak = environment.rollout?.peak.connections;
  const remaining = { percents, unwell: await unwellFleets(scene), ...(peak !== undefined && { peak }) };
  evacuate(environment, fleet, remaining, reason);
  const fleets = Object.fromEntries(Object.entries(percents).map(([name, share]) => [name, { share }]));
  const outcome = await steerFleet(scene, { fleets }, { kind: "steer", fleet, percent: 0, limit: 100 });
  if (outcome.kind === "refused") {
    throw new PolycastError(
      `The live record says that ${fleet} is to have no traffic; DNS has not followed:`,
      [{ where: fleet, what: outcome.why, remedy: "Try again: npx polycast dns apply --allow 100" }],
    );
  }
  const ttl = outcome.dns?.ttl ?? environment.dns.ttl;
  const text = `${fleet} is out of traffic: DNS gives it to nobody any more. Resolvers keep older answers for ${ttl} s.`;
  const before = percents[fleet] ?? 0;
  const back =
    before === 0
      ? "It had no share before either."
      : `To give it its share back: npx polycast live share --fleet ${fleet} --percent ${before}, then npx polycast dns apply --in-steps`;
  const told = json ? JSON.stringify({ fleet, share: 0, before, ttl }, null, 2) : `${text}\n${back}`;
  process.stdout.write(`${told}\n`);
}

/** The fleets whose nodes are known not to be well, and why. Nobody who is not known is blamed. */
export async function unwellFleets({
  environment,
  env,
  clock,
}: RolloutScene): Promise<Readonly<Record<string, string>>> {
  const late = new Promise<undefined>((resolve) => {
    setTimeout(() => {
      resolve(undefined);
    }, NODES_WITHIN).unref();
  });
  const known = await Promise.race([knownNodes(environment, env).catch(() => undefined), late]);
  if (known === undefined || known.source === "none") return {};
  const found = environment.fleets.map((fleet) => ({
    name: fleet.name,
    ...nodeEvidence(fleet, known, undefined, findAt(clock.now())).nodes,
  }));
  const unwell = found.filter(({ verdict }) => verdict === "bad");
  return Object.fromEntries(unwell.map(({ name, reason }) => [name, reason]));
}
