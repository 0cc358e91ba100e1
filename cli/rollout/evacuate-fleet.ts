import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { PolycastError } from "../../constructs/fleet/problem";
import { command } from "../../rollout/command";
import { evacuate } from "../../rollout/evacuate";
import { firstLine } from "./finding";
import { personName } from "./person";
import { remainingFleets } from "./remaining-fleets";
import { changeRollout, readRollout } from "./rollout-store";
import { LockedState } from "./rollout-stacks";
import { openScene, openTeller, type RolloutScene } from "./scene";
import { steerFleet, type Steered } from "./steer-fleet";

export interface EvacuateOptions {
  readonly reason?: string;
  readonly json?: true;
}

/** In milliseconds: for how long and how often a step of DNS that somebody else is taking is waited for. */
const LOCK_AT_MOST = 60_000;
const LOCK_EVERY = 500;

/**
 * Takes a fleet out of traffic at once. It needs no lock of a rollout: one that goes on is paused first, so that none of its
 * steps gives the fleet its share back.
 * @throws PolycastError, with nothing changed, where the others are not known to carry it and no reason is given.
 */
export async function evacuateFleet(fleet: string, options: EvacuateOptions): Promise<void> {
  const { reason, json } = options;
  const scene = await openScene("evacuation-stacks");
  const tell = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const remaining = await remainingFleets(scene);
  const { risks } = evacuate(scene.environment, fleet, remaining, reason);
  for (const { where, what } of risks) tell(`In spite of this: ${where} ${what}`);
  await pauseRollout(scene, fleet, reason).catch((error: unknown) => {
    tell(`The rollout was not paused: ${firstLine(error)}`);
  });
  const { dns } = await steerAway(scene, fleet, remaining.percents, tell);
  const ttl = dns?.ttl ?? scene.environment.dns.ttl;
  // Since the process began: what counts in an emergency.
  const seconds = Math.round(performance.now() / 100) / 10;
  const text = `${fleet} is out of traffic after ${seconds} s: DNS gives it to nobody any more. Resolvers keep older answers for ${ttl} s.`;
  const before = remaining.percents[fleet] ?? 0;
  const back =
    before === 0
      ? "It had no share before either."
      : `To give it its share back: npx polycast live share --fleet ${fleet} --percent ${before}, then npx polycast dns apply --in-steps`;
  const told = json
    ? JSON.stringify({ fleet, share: 0, before, ttl, seconds, risks }, null, 2)
    : `${text}\n${back}`;
  process.stdout.write(`${told}\n`);
  await openTeller(scene)();
}

async function pauseRollout(
  { environment, live, clock }: RolloutScene,
  fleet: string,
  reason: string | undefined,
): Promise<void> {
  const stored = await readRollout(live.objects, environment.name);
  if (stored === undefined || stored.rollout.ended !== undefined) return;
  const occasion = { at: clock.now(), by: personName(), ...(reason !== undefined && { why: reason }) };
  await changeRollout(live.objects, environment.name, (rollout) =>
    rollout.ended === undefined ? command(rollout, { kind: "evacuate", fleet }, occasion) : rollout,
  );
}

/** @throws PolycastError where DNS has not followed the live record. */
async function steerAway(
  scene: RolloutScene,
  fleet: string,
  percents: Readonly<Record<string, number>>,
  tell: (line: string) => void,
): Promise<Steered & { readonly kind: "done" }> {
  const fleets = Object.fromEntries(Object.entries(percents).map(([name, share]) => [name, { share }]));
  const steer = (): Promise<Steered> =>
    steerFleet(scene, { fleets }, { kind: "steer", fleet, percent: 0, limit: 100 });
  const outcome = await whenUnlocked(steer, tell);
  if (outcome.kind === "done") return outcome;
  throw new PolycastError(`The live record says that ${fleet} is to have no traffic; DNS has not followed:`, [
    { where: fleet, what: outcome.why, remedy: "Try again: npx polycast dns apply --allow 100" },
  ]);
}

/** A step of a rollout, which takes seconds, may be under way. */
async function whenUnlocked<T>(act: () => Promise<T>, tell: (line: string) => void): Promise<T> {
  const until = Date.now() + LOCK_AT_MOST;
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof LockedState) || Date.now() >= until) throw error;
      if (isFirst) tell("Somebody else is at work on DNS; as soon as that has ended the fleet is taken out.");
      await sleep(LOCK_EVERY);
    }
  }
}
