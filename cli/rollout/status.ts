import { setTimeout as sleep } from "node:timers/promises";
import { releaseText } from "../../live/live-release";
import { decide, type Decision } from "../../rollout/decide";
import type { Look } from "../../rollout/look";
import type { RolloutState } from "../../rollout/rollout-state";
import { readEdgeStatus, type FleetStatus } from "../edge-status";
import { plainTable } from "../plain-table";
import { listenForStop } from "../stop-wish";
import { lookAtWorld } from "./look-at-world";
import { readRollout } from "./rollout-store";
import { decisionText, percentText, rolloutText, timeText } from "./rollout-text";
import { openScene, type RolloutScene } from "./scene";

/** In milliseconds. */
const REDRAW_EVERY = 2_000;
/** Cursor to the upper left, and everything below it cleared. */
const CLEAR = "\u001b[H\u001b[J";

/** A rollout at one moment. */
export interface RolloutStatus {
  /** By the clock that it waits by, in seconds since 1970. */
  readonly now: number;
  readonly rollout: RolloutState;
  readonly fleets: readonly FleetStatus[];
  /** What was seen for this. */
  readonly look: Look;
  /** What the next advance would come to. */
  readonly next: Decision;
}

/** `polycast rollout status`: it looks as an advance does, and changes nothing. */
export async function showStatus({ json = false, watch = false }: StatusOptions): Promise<void> {
  const scene = await openScene();
  if (!watch) {
    const status = await readStatus(scene);
    process.stdout.write(`${json ? JSON.stringify(status ?? null, null, 2) : statusText(status)}\n`);
    return;
  }
  const stopped = new AbortController();
  const wish = listenForStop(() => {
    stopped.abort();
  });
  const clear = process.stdout.isTTY ? CLEAR : "";
  while (wish.signal() === undefined) {
    const status = await readStatus(scene);
    process.stdout.write(json ? `${JSON.stringify(status ?? null)}\n` : `${clear}${statusText(status)}\n`);
    await sleep(REDRAW_EVERY, undefined, { signal: stopped.signal }).catch(() => undefined);
  }
  wish.release();
}

export interface StatusOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
}

/** @returns undefined where there was no rollout yet. */
async function readStatus(scene: RolloutScene): Promise<RolloutStatus | undefined> {
  const { environment, live, clock } = scene;
  const stored = await readRollout(live.objects, environment.name);
  if (stored === undefined) return undefined;
  const { rollout } = stored;
  const look = await lookAtWorld(scene, rollout);
  const { fleets } = await readEdgeStatus(environment, process.env);
  const now = clock.now();
  return { now, rollout, fleets, look, next: decide(rollout, look, now) };
}

function statusText(status: RolloutStatus | undefined): string {
  if (status === undefined) return "There is no rollout. Start one: npx polycast rollout start --release ID";
  const { now, rollout, fleets, look, next } = status;
  const rows = fleets.map(({ name, release, siteReleases: sites, share, healthyNodes, allNodes }) => [
    name,
    release === undefined ? "" : releaseText({ release, sites }),
    percentText(look.dns?.percents[name]),
    percentText(look.dns?.applied[name]),
    percentText(share.ipv4 ?? undefined),
    `${healthyNodes}/${allNodes}`,
  ]);
  return [
    rolloutText(rollout, now),
    "",
    plainTable(["fleet", "release", "share wanted", "in DNS", "of all users", "healthy"], rows),
    "",
    `It is ${timeText(now)}. ${rollout.ended === undefined ? decisionText(next, now) : ""}`.trimEnd(),
  ].join("\n");
}
