import { performance } from "node:perf_hooks";
import { z } from "zod";
import type { Environment, RolloutNotify } from "../../constructs/fleet/environment";
import { parseVersioned } from "../../constructs/fleet/versioned-file";
import type { LiveStore } from "../../live/live-store";
import type { ObjectStore } from "../../live/object-store";
import type { RolloutState } from "../../rollout/rollout-state";
import { firstLine } from "./finding";
import { newsOf, type Notice, type Told } from "./notice";
import { readRollout, readRollouts } from "./rollout-store";
import { runShell } from "./shell-command";
import { postTo } from "./webhook";

/** Where it is kept, beside the rollout, how much was told to whom. */
const KEY = "rollout-notices";
const VERSION = 1;
const told = z.strictObject({ rollout: z.string(), entries: z.number().int().nonnegative() });
const schema = z.strictObject({
  version: z.literal(VERSION),
  /** Receiver -> what it was told. */
  told: z.record(z.string(), told),
});

/** In seconds. */
const TELL_WITHIN = 5;
/** In milliseconds: a receiver that could not be told is left alone for as long by the same process. */
const TRY_AGAIN_AFTER = 60_000;

/** Tells whoever the environment names what is new in the history. It never throws. */
export type TellNews = () => Promise<void>;

/**
 * A notice follows what it is about: it is sent once that is recorded, and its end is recorded then. So whatever ends a
 * process in between, it is told again; and what could not be told comes with the next notice.
 * @param env for the command, and where the variable with the URL is.
 * @param log for what went wrong: a rollout goes on without its notices.
 */
export function newsTeller(
  { environment, live }: { readonly environment: Environment; readonly live: Pick<LiveStore, "objects"> },
  env: { readonly command: NodeJS.ProcessEnv; readonly webhook: NodeJS.ProcessEnv },
  log: (line: string) => void,
  now: () => number = () => performance.now(),
): TellNews {
  const { objects } = live;
  const { name, rollout: { notify } = {} } = environment;
  const receivers = notify === undefined ? [] : receiversOf(notify, env);
  const failedAt = new Map<string, number>();
  const isRested = (receiver: Receiver): boolean =>
    now() >= (failedAt.get(receiver.name) ?? -Infinity) + TRY_AGAIN_AFTER;
  return async () => {
    const rested = receivers.filter(isRested);
    if (rested.length === 0) return;
    try {
      const before = await readTold(objects);
      const known = rested.flatMap((receiver) => before.told[receiver.name] ?? []);
      const rollouts = await rolloutsSince(objects, name, known);
      const last = rollouts.at(-1);
      if (last === undefined) return;
      const news = rested.flatMap((receiver) => {
        const notice = newsOf(rollouts, before.told[receiver.name]);
        return notice === undefined ? [] : [{ receiver, notice }];
      });
      const troubles = await Promise.all(news.map(({ receiver, notice }) => receiver.tell(notice)));
      const done: [string, Told][] = [];
      for (const [index, { receiver }] of news.entries()) {
        const trouble = troubles[index];
        if (trouble === undefined) {
          done.push([receiver.name, { rollout: last.id, entries: last.history.length }]);
        } else {
          failedAt.set(receiver.name, now());
          log(`The ${receiver.name} was not told, and will be later: ${trouble}`);
        }
      }
      if (done.length > 0) await keepTold(objects, Object.fromEntries(done), before);
    } catch (error) {
      for (const receiver of rested) failedAt.set(receiver.name, now());
      log(`Nobody was told what has happened: ${firstLine(error)}`);
    }
  };
}

interface Receiver {
  readonly name: "command" | "webhook";
  /** @returns what went wrong. */
  readonly tell: (notice: Notice) => Promise<string | undefined>;
}

function receiversOf(
  { command, webhookFrom, seconds = TELL_WITHIN }: RolloutNotify,
  env: Parameters<typeof newsTeller>[1],
): readonly Receiver[] {
  const receivers: Receiver[] = [];
  if (command !== undefined) {
    receivers.push({
      name: "command",
      tell: async (notice) => {
        const ended = await runShell({ command, seconds }, env.command, `${JSON.stringify(notice)}\n`);
        if (ended.kind === "not started") return ended.why;
        const tail = ended.said === "" ? "" : `: ${ended.said}`;
        if (ended.kind === "late") return `it took longer than ${seconds} s${tail}`;
        if (ended.kind === "signal") return `it was ended by ${ended.signal}${tail}`;
        return ended.code === 0 ? undefined : `exit code ${ended.code}${tail}`;
      },
    });
  }
  if (webhookFrom !== undefined) {
    receivers.push({
      name: "webhook",
      tell: (notice) => postTo(webhookFrom, JSON.stringify(notice), seconds, env.webhook),
    });
  }
  return receivers;
}

/** The last rollout; where somebody was told of an earlier one last, those since. */
async function rolloutsSince(
  objects: ObjectStore,
  environment: string,
  known: readonly Told[],
): Promise<readonly RolloutState[]> {
  const last = await readRollout(objects, environment);
  if (last === undefined) return [];
  const isLast = known.every(({ rollout }) => rollout === last.rollout.id);
  return isLast ? [last.rollout] : readRollouts(objects, environment);
}

interface Kept {
  readonly told: Readonly<Record<string, Told>>;
  readonly version?: string;
}

async function readTold(objects: ObjectStore): Promise<Kept> {
  const stored = await objects.read(KEY);
  if (stored === undefined) return { told: {} };
  const kept = parseVersioned(stored.text, VERSION, schema, `The record of notices ${stored.source}`);
  return { told: kept.told, version: stored.version };
}

/** Where another process was faster it has told the same, or will tell it again. */
async function keepTold(
  objects: ObjectStore,
  done: Kept["told"],
  { told: before, version }: Kept,
): Promise<void> {
  const next = { version: VERSION, told: { ...before, ...done } };
  await objects.write(KEY, `${JSON.stringify(next, null, 2)}\n`, version);
}
