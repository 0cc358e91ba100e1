import { setTimeout as sleep } from "node:timers/promises";
import { PolycastError } from "../constructs/fleet/problem";
import { queryDns, type DnsAddress } from "../sandbox/dns/query";
import type { WorldClient } from "../sandbox/world-api/client";
import type { WorldReport } from "../sandbox/world-api/world-report";
import { Stopped } from "./exit-code";
import { askEdge, type Asked } from "./sandbox/ask-edge";
import { describeAsked } from "./sandbox/curl";
import { chooseVantage } from "./sandbox/vantage";
import { describeSeconds } from "./status-text";
import type { StopWish } from "./stop-wish";

/** World seconds per real second while something is shown: monitors that look once a minute react in a moment. */
const SHOW_SCALE = 300;
/** In milliseconds of real time. */
const LOOK_EVERY = 20;
/** What takes longer does not happen, in world seconds. */
const LONGEST = 1_800;

/** How the edge lives and loses a fleet; times in seconds of world time. */
export interface Show {
  /** From the end of the deploy until every node and monitor was well. */
  readonly wellAfterSeconds: number;
  /** A client's way to a node. */
  readonly asked: Asked;
  /** Left out where fewer than two fleets answer. */
  readonly outage?: {
    readonly fleet: string;
    readonly address: string;
    /** Until DNS answered without the fleet that was cut off, and with it again once it was healed. */
    readonly awayAfterSeconds: number;
    readonly backAfterSeconds: number;
  };
}

export interface Stage {
  readonly client: WorldClient;
  readonly server: DnsAddress;
  readonly say: (line: string) => unknown;
  readonly wish: StopWish;
}

/** Runs something in fast world time, and leaves the clock as it was before. */
export async function inFastTime<T>({ client }: Stage, run: () => Promise<T>): Promise<T> {
  const { scale } = await client.clock();
  await client.setScale(Math.max(scale, SHOW_SCALE));
  try {
    return await run();
  } finally {
    await client.setScale(scale);
  }
}

/**
 * Waits until every node and monitor is well.
 * @returns the world seconds that it took.
 * @throws PolycastError where that does not happen, with what is not well.
 */
export async function waitUntilWell(stage: Stage): Promise<number> {
  let told = "";
  const took = await passTime(stage, async () => {
    const world = await stage.client.world();
    const { summary, well } = wellness(world);
    if (summary !== told) stage.say((told = summary));
    return well;
  });
  if (took !== undefined) return took;
  throw notWell(await stage.client.world());
}

/** Shows a client's way to a node; and a fleet that is cut off from the network, left by DNS, healed and back. */
export async function showOutage(
  stage: Stage,
  name: string,
  fleet: { readonly name: string; readonly address: string },
): Promise<Omit<Show, "wellAfterSeconds">> {
  const { client, server, say } = stage;
  const from = chooseVantage(undefined, await client.world());
  const asked = await askEdge(client, server, { name, type: "A", port: 443, protocol: "TCP" }, from);
  say(describeAsked(asked));
  if (asked.dns.addresses.length < 2 || !asked.dns.addresses.includes(fleet.address)) return { asked };
  const answers = async () => (await queryDns(server, name, "A")).answers ?? [];
  const holds = async () =>
    (await answers()).some((record) => record.type === "A" && record.data === fleet.address);
  say(`\nThe fleet ${fleet.name} is cut off from the network: npx polycast sandbox partition ${fleet.name}`);
  await client.disturb("partition", { fleet: fleet.name });
  let away;
  try {
    away = await passTime(stage, async () => !(await holds()));
  } finally {
    await client.disturb("heal", { fleet: fleet.name });
  }
  if (away === undefined) throw neverHappened(`DNS still answers ${fleet.address}`);
  say(`  DNS left ${fleet.address} after ${describeSeconds(away)} of world time`);
  say(`It is healed: npx polycast sandbox heal ${fleet.name}`);
  const back = await passTime(stage, holds);
  if (back === undefined) throw neverHappened(`DNS does not answer ${fleet.address} again`);
  say(`  DNS answers ${fleet.address} again after ${describeSeconds(back)} of world time`);
  return {
    asked,
    outage: { fleet: fleet.name, address: fleet.address, awayAfterSeconds: away, backAfterSeconds: back },
  };
}

/**
 * Waits until something is so.
 * @returns the world seconds that it took; undefined: it takes longer than anything does.
 * @throws Stopped where a signal arrives first.
 */
async function passTime({ client, wish }: Stage, isSo: () => Promise<boolean>): Promise<number | undefined> {
  const begun = (await client.clock()).now;
  for (;;) {
    const so = await isSo();
    const seconds = Math.round(((await client.clock()).now - begun) / 1000);
    if (so) return seconds;
    const signal = wish.signal();
    if (signal !== undefined) throw new Stopped(signal);
    if (seconds > LONGEST) return undefined;
    await sleep(LOOK_EVERY);
  }
}

function wellness({ groups, monitors }: WorldReport): { summary: string; well: boolean } {
  const wanted = groups.reduce((sum, group) => sum + group.wanted, 0);
  const healthy = groups.reduce((sum, group) => sum + group.healthy, 0);
  const up = monitors.filter(({ status }) => status === "up").length;
  return {
    summary: `nodes: ${healthy} of ${wanted} healthy; monitors: ${up} of ${monitors.length} up`,
    well: healthy >= wanted && up === monitors.length,
  };
}

function notWell({ nodes, monitors }: WorldReport): PolycastError {
  const sick = nodes.filter(({ health, partitioned }) => health !== "healthy" || partitioned);
  const down = monitors.filter(({ status }) => status !== "up");
  return new PolycastError(`The edge is not well after ${describeSeconds(LONGEST)} of world time`, [
    ...sick.map(({ fleet, site, name, state, health, partitioned, reason }) => ({
      where: `${fleet}/${site}/${name}`,
      what: [state, health, partitioned ? "cut off" : "", reason].filter(Boolean).join(", "),
      remedy: `npx polycast sandbox heal ${fleet}/${site}/${name}`,
    })),
    ...down.map(({ name, status }) => ({ where: `monitor ${name}`, what: `is ${status}` })),
  ]);
}

function neverHappened(what: string): PolycastError {
  return new PolycastError("The monitors did not move DNS", [
    { where: "npx polycast status", what: `${what} after ${describeSeconds(LONGEST)} of world time` },
  ]);
}
