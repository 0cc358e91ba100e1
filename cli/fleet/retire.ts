import { PolycastError, refuseIfAny } from "../../constructs/fleet/problem";
import { lastTraffic, parsePoints } from "../../live/traffic-valve";
import { EDGE_DNS, fleetStackName, MANAGEMENT } from "../../live/stack-names";
import { leaveFleetOut } from "../../live/leave-fleet-out";
import { decideRetirement, type RetirementDecision } from "../../live/retirement";
import {
  clearRetirement,
  readRetirement,
  writeRetirement,
  type RetirementRecord,
  type StoredRetirement,
} from "../../live/retirement-record";
import { setShare } from "../../live/set-share";
import { evacuate } from "../../rollout/evacuate";
import { Stopped } from "../exit-code";
import { preflight } from "../preflight";
import { remainingFleets } from "../rollout/remaining-fleets";
import { personName } from "../rollout/person";
import { readRollout } from "../rollout/rollout-store";
import { saysYes } from "../says-yes";
import { listenForStop } from "../stop-wish";
import { proveGone } from "./prove-gone";
import {
  checkRemaining,
  destroyFleet,
  forgetTraces,
  objectsOf,
  openRetirement,
  rest,
  walkDns,
  watchThese,
  type RetirementScene,
} from "./retirement-steps";

export interface RetireOptions {
  readonly back?: true;
  readonly reason?: string;
  readonly allow?: string;
  readonly autoApprove?: true;
  readonly json?: true;
}

const QUESTION = 'Retire it? Only "yes" does: ';
const TERMINAL = { input: process.stdin, output: process.stderr };

/** What `polycast fleet retire --json` prints. */
export interface RetirementReport {
  readonly fleet: string;
  /** `kept`: it was taken back; `gone`: no trace of it is left. */
  readonly result: "retired" | "gone" | "kept" | "not begun";
  /** What to do now; null where there is nothing. */
  readonly next: string | null;
}

/**
 * Takes a fleet's share to zero, proves that no name server answers with it, and destroys it; or back. Whatever ended an
 * earlier call, this one goes on from there.
 * @throws PolycastError where it must not begin or go on, Stopped on Ctrl-C.
 */
export async function retire(fleet: string, options: RetireOptions): Promise<void> {
  const allow = options.allow === undefined ? undefined : parsePoints(options.allow, "--allow");
  // All that its steps need: without what destroys it, it would be left drained.
  const stacks = options.back ? [EDGE_DNS] : [fleetStackName(fleet), EDGE_DNS, MANAGEMENT];
  await preflight(stacks, process.env);
  const wish = listenForStop();
  try {
    const scene = await openRetirement({
      fleet,
      ...(allow !== undefined && { allow }),
      signal: () => wish.signal(),
      // With --json only the result may be on standard output.
      tell: (line) => (options.json ? process.stderr : process.stdout).write(`${line}\n`),
    });
    const report = await carryOut(scene, options);
    process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : describe(report)}\n`);
  } finally {
    wish.release();
  }
}

async function carryOut(scene: RetirementScene, options: RetireOptions): Promise<RetirementReport> {
  const { fleet, listed, live, clock } = scene;
  for (;;) {
    const signal = scene.signal();
    if (signal !== undefined) throw new Stopped(signal);
    // Before each step: one may have begun while a person was asked.
    await refuseDuringRollout(scene);
    await clock.read();
    const stored = await readRetirement(live.objects);
    const look = {
      fleet,
      record: stored?.record,
      listed: listed.fleets.some(({ name }) => name === fleet),
      objects: await objectsOf(scene, fleet),
      now: clock.now(),
      hold: 2 * Math.max(stored?.record.ttl ?? 0, listed.dns.ttl),
    };
    const decision = decideRetirement(look, options.back ? "back" : "forward");
    const result = await take(scene, decision, stored, options);
    if (result !== undefined) return { fleet, result, next: result === "retired" ? deleteIt(fleet) : null };
  }
}

function deleteIt(fleet: string): string {
  return `Delete ${fleet} from the environment: its line, and what the policy says of it. Then: npx polycast fleet retire ${fleet}`;
}

/** Takes one step. @returns how it ended, where it has. */
async function take(
  scene: RetirementScene,
  decision: RetirementDecision,
  stored: StoredRetirement | undefined,
  options: RetireOptions,
): Promise<RetirementReport["result"] | undefined> {
  const { fleet, listed, live, clock, tell } = scene;
  const left = leaveFleetOut(listed, fleet);
  if (decision.kind === "begin") {
    const record = await begin(scene, options);
    if (record === undefined) return "not begun";
    await writeRetirement(live.objects, record, undefined);
    return undefined;
  }
  if (decision.kind === "refuse") {
    throw new PolycastError(`${fleet} was not retired; nothing was changed:`, [decision.problem]);
  }
  if (stored === undefined) throw new Error(`${decision.kind} without a record`);
  const { record } = stored;
  const write = (changes: Partial<RetirementRecord>): Promise<void> =>
    writeRetirement(live.objects, { ...record, ...changes }, stored.version);
  switch (decision.kind) {
    case "turn":
      await write({ phase: decision.to, leftAt: undefined });
      return undefined;
    case "drain":
      tell(`${fleet}: its share goes to zero`);
      await setShare(live, fleet, 0);
      await walkDns(scene, listed);
      await write({ phase: "leaving" });
      return undefined;
    case "leave":
      tell(`${fleet}: it leaves DNS, its own names too`);
      await walkDns(scene, left);
      await clock.read();
      // The clock shows whole seconds that have passed.
      await write({ leftAt: clock.now() + 1 });
      return undefined;
    case "wait":
      tell(`Waiting ${decision.seconds} s, until all resolvers have asked again`);
      await rest(scene, decision.seconds);
      return undefined;
    case "prove":
      tell(`${await proveGone(scene)} and none leads to ${fleet}`);
      await write({ phase: "destroying" });
      return undefined;
    case "destroy":
      tell(`${fleet}: Terraform destroys it`);
      await watchThese(scene, left);
      await destroyFleet(scene);
      return undefined;
    case "forget":
      await forgetTraces(scene);
      await write({ phase: "retired" });
      return undefined;
    case "return":
      tell(`${fleet}: it gets its share back`);
      await setShare(live, fleet, record.share);
      await walkDns(scene, listed);
      await clearRetirement(live.objects, stored);
      return "kept";
    case "clear":
      await clearRetirement(live.objects, stored);
      return "gone";
    case "retired":
      return "retired";
  }
}

/** @throws PolycastError where it must not begin. @returns undefined where nobody said yes. */
async function begin(
  scene: RetirementScene,
  { reason, autoApprove }: RetireOptions,
): Promise<Omit<RetirementRecord, "version"> | undefined> {
  const { fleet, listed, live, tell } = scene;
  const { record } = await live.read();
  const title = (): string => `${fleet} was not retired; nothing was changed:`;
  const share = record.fleets[fleet]?.share;
  if (share === undefined) {
    const remedy = "Delete its line from the environment.";
    throw new PolycastError(title(), [{ where: `fleets.${fleet}`, what: "was never deployed", remedy }]);
  }
  evacuate(listed, fleet, await remainingFleets(scene, listed), reason);
  const applied = lastTraffic(await live.readState(EDGE_DNS));
  refuseIfAny(
    title,
    applied === undefined
      ? [{ where: EDGE_DNS, what: "is not deployed, so nobody can say who is sent there" }]
      : [],
  );
  await checkRemaining(scene);
  tell(
    `${fleet} is to be destroyed: ${await objectsOf(scene, fleet)} objects, its anycast address among them, for good.`,
  );
  if (autoApprove === undefined && !(await saysYes(QUESTION, TERMINAL))) return undefined;
  const ttl = typeof applied === "object" ? applied.ttl : 0;
  return { fleet, phase: "draining", share, ttl, by: personName(), ...(reason !== undefined && { reason }) };
}

/** @throws PolycastError while a rollout has not ended: two commands would set shares. */
export async function refuseDuringRollout({
  fleet,
  live,
  listed,
}: Pick<RetirementScene, "fleet" | "live" | "listed">): Promise<void> {
  const { rollout } = (await readRollout(live.objects, listed.name)) ?? {};
  if (rollout === undefined || rollout.ended !== undefined) return;
  throw new PolycastError(`The retirement of ${fleet} does not go on:`, [
    {
      where: listed.name,
      what: `the rollout ${rollout.id} of release "${rollout.plan.release}" has not ended`,
      remedy: "Let it go on, abort it, or abandon it with a reason.",
    },
  ]);
}

function describe({ fleet, result, next }: RetirementReport): string {
  const said = {
    retired: `${fleet} is retired: nothing is left of it in DNS, in the clouds, in their states or in the live record.`,
    gone: `${fleet} is gone, and so is the note of it.`,
    kept: `${fleet} has its share back.`,
    "not begun": `Nothing was changed.`,
  }[result];
  return next === null ? said : `${said}\n${next}`;
}
