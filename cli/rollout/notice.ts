import type { HistoryEntry, RolloutState } from "../../rollout/rollout-state";
import { headline, historyText } from "./rollout-text";

/** The most entries that one notice holds: whoever was out of reach for long reads the rest in the history. */
const MOST = 50;
/** The longest text, in characters: chats refuse longer ones. */
const LONGEST = 4_000;

/** How much of a history somebody was told. */
export interface Told {
  /** Id of the rollout. */
  readonly rollout: string;
  /** Entries of its history, the first ones. */
  readonly entries: number;
}

/** An entry of a rollout's history; the rollout and the number together name it, should it be told twice. */
export type NoticeEvent = HistoryEntry & {
  readonly rollout: string;
  /** From 0. */
  readonly number: number;
};

/** What somebody is told, as JSON. */
export interface Notice {
  /** For people: what chats show. */
  readonly text: string;
  readonly environment: string;
  /** Id of the last rollout, and its release. */
  readonly rollout: string;
  readonly release: string;
  readonly state: "running" | "paused" | NonNullable<RolloutState["ended"]>["result"];
  /** What is new, the oldest first. */
  readonly events: readonly NoticeEvent[];
  /** How many older ones were left out. */
  readonly leftOut: number;
}

/**
 * What somebody was not told yet.
 * @param rollouts those that are known, the oldest first; the last one is what the notice is about.
 * @param told undefined: nothing; then all of the last one's history is news.
 * @returns undefined where there is nothing new.
 */
export function newsOf(rollouts: readonly RolloutState[], told: Told | undefined): Notice | undefined {
  const last = rollouts.at(-1);
  if (last === undefined) return undefined;
  const from = rollouts.findIndex(({ id }) => id === told?.rollout);
  const news = rollouts.slice(from).flatMap(({ id, history }): NoticeEvent[] => {
    const events = history.map((entry, number) => ({ rollout: id, number, ...entry }));
    // A state that was restored by hand has a shorter history than was told.
    return id === told?.rollout && told.entries <= events.length ? events.slice(told.entries) : events;
  });
  if (news.length === 0) return undefined;
  const { id, plan, ended, paused } = last;
  const events = news.slice(-MOST);
  const leftOut = news.length - events.length;
  return {
    text: textOf(last, events, leftOut),
    environment: plan.environment,
    rollout: id,
    release: plan.release,
    state: ended?.result ?? (paused === undefined ? "running" : "paused"),
    events,
    leftOut,
  };
}

function textOf(last: RolloutState, events: readonly NoticeEvent[], leftOut: number): string {
  const earlier = leftOut === 0 ? [] : [`${leftOut} more before: npx polycast rollout history --all`];
  const head = [headline(last), ...earlier].join("\n").slice(0, LONGEST / 2);
  const lines = historyText(events);
  const room = LONGEST - head.length - 2;
  // The newest is at the end.
  return `${head}\n${lines.length <= room ? lines : `…${lines.slice(-room)}`}`;
}
