import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { PolycastError } from "../../constructs/fleet/problem";
import { command } from "../../rollout/command";
import { evacuate } from "../../rollout/evacuate";
import { waveInTransition, type RolloutState } from "../../rollout/rollout-state";
import { EDGE_DNS } from "../../live/stack-names";
import { preflight } from "../preflight";
import { firstLine } from "./finding";
import { personName } from "./person";
import { remainingFleets } from "./remaining-fleets";
import { changeRollout, readRollout } from "./rollout-store";
import { Overtaken } from "./rollout-stacks";
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
  await preflight([EDGE_DNS], process.env);
  const scene = await openScene("evacuation-stacks");
  const tell = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const remaining = await remainingFleets(scene);
  const { risks } = evacuate(scene.environment, fleet, remaining, reason);
  for (const { where, what } of risks) tell(`In spite of this: ${where} ${what}`);
  const paused = await pauseRollout(scene, fleet, reason).catch((error: unknown) => {
    tell(`The rollout was not paused: ${firstLine(error)}`);
    return undefined;
  });
  const { dns } = await steerAway(scene, fleet, remaining.percents, tell);
  const ttl = dns?.ttl ?? scene.environment.dns.ttl;
  // Since the process began: what counts in an emergency.
  const seconds = Math.round(performance.now() / 100) / 10;
  const text = `${fleet} is out of traffic after ${seconds} s: DNS gives it to nobody any more. Resolvers keep older answers for ${ttl} s.`;
  const before = remaining.percents[fleet] ?? 0;
  const told = json
    ? JSON.stringify({ fleet, share: 0, before, ttl, seconds, risks }, null, 2)
    : `${text}\n${wayBack(fleet, before, paused)}`;
  process.stdout.write(`${told}\n`);
  await openTeller(scene)();
}

/** @param paused the rollout that was, if one goes on. */
function wayBack(fleet: string, before: number, paused: RolloutState | undefined): string {
  if (paused !== undefined && waveInTransition(paused)?.plan.fleet === fleet) {
    return "The rollout is paused. It gives the fleet its share back itself: npx polycast rollout resume, or abort";
  }
  if (before === 0) return "It had no share before either.";
  const text = `To give it its share back: npx polycast live share --fleet ${fleet} --percent ${before}, then npx polycast dns apply --in-steps`;
  return paused === undefined
    ? text
    : `${text}. The rollout is paused; npx polycast rollout resume, and once more when it has seen the share that you have changed.`;
}

/** @returns the rollout that goes on, paused; undefined where none does. */
async function pauseRollout(
  { environment, live, clock }: RolloutScene,
  fleet: string,
  reason: string | undefined,
): Promise<RolloutState | undefined> {
  const stored = await readRollout(live.objects, environment.name);
  if (stored === undefined || stored.rollout.ended !== undefined) return undefined;
  const occasion = { at: clock.now(), by: personName(), ...(reason !== undefined && { why: reason }) };
  const changed = await changeRollout(live.objects, environment.name, (rollout) =>
    rollout.ended === undefined ? command(rollout, { kind: "evacuate", fleet }, occasion) : rollout,
  );
  return changed.ended === undefined ? changed : undefined;
}

/** @throws PolycastError where DNS has not followed the live record. */
async function steerAway(
  scene: RolloutScene,
  fleet: string,
  percents: Readonly<Record<string, number>>,
  tell: (line: string) => void,
): Promise<Steered & { readonly kind: "done" }> {
  const fleets = Object.fromEntries(Object.entries(percents).map(([name, share]) => [name, { share }]));
  const steer = async (): Promise<Steered> => {
    const outcome = await steerFleet(scene, { fleets }, { kind: "steer", fleet, percent: 0, limit: 100 });
    const { percents, applied } = (outcome.kind === "done" && outcome.dns) || {};
    // A step of a rollout may have been taken in between.
    if ((percents?.[fleet] ?? 0) === 0 && (applied?.[fleet] ?? 0) === 0) return outcome;
    throw new Overtaken("Somebody else gave it traffic at the same time.", [
      { where: fleet, what: `has ${percents?.[fleet]} % by the live record, ${applied?.[fleet]} % by DNS` },
    ]);
  };
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
      if (!(error instanceof Overtaken) || Date.now() >= until) throw error;
      if (isFirst) tell("Somebody else is at work on DNS; as soon as that has ended the fleet is taken out.");
      await sleep(LOCK_EVERY);
    }
  }
}
