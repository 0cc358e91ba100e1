import type { Command } from "commander";
import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeStatus } from "./edge-status";
import { statusText } from "./status-text";
import { listenForStop } from "./stop-wish";

/** In milliseconds. */
const REDRAW_EVERY = 2_000;
/** Cursor to the upper left, and everything below it cleared. */
const CLEAR = "\u001b[H\u001b[J";

/** `polycast status` */
export function addStatus(program: Command): void {
  program
    .command("status")
    .description("Show fleets, nodes, shares and addresses of the environment that POLYCAST_ENV names")
    .option("--json", "as JSON; with --watch, one document a line")
    .option("--watch", "again every 2 s, until Ctrl-C")
    .action(async ({ json = false, watch = false }: { json?: boolean; watch?: boolean }) => {
      const read = await reader();
      if (watch) await follow(read, json || !process.stdout.isTTY);
      else {
        const status = await read();
        process.stdout.write(`${json ? JSON.stringify(status, null, 2) : statusText(status)}\n`);
      }
    });
}

/** An environment brings CDKTF and the providers' bindings with it; the other verbs do without. */
async function reader(): Promise<() => Promise<EdgeStatus>> {
  const { chosenEnvironment, loadEnvironment } = await import("../environments/load-environment");
  const { readEdgeStatus } = await import("./edge-status");
  const environment = await loadEnvironment(chosenEnvironment());
  return () => readEdgeStatus(environment, process.env);
}

async function follow(read: () => Promise<EdgeStatus>, asJson: boolean): Promise<void> {
  const wish = listenForStop();
  const stopped = new AbortController();
  void wish.arrival().then(() => {
    stopped.abort();
  });
  while (wish.signal() === undefined) {
    const status = await read();
    process.stdout.write(asJson ? `${JSON.stringify(status)}\n` : `${CLEAR}${statusText(status)}\n`);
    await sleep(REDRAW_EVERY, undefined, { signal: stopped.signal }).catch(() => undefined);
  }
  wish.release();
}
