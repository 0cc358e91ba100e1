import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { readRollout } from "../../cli/rollout/rollout-store";
import { fileLiveStore } from "../../live/file-live-store";
import type { LiveStore } from "../../live/live-store";
import type { LiveRecord } from "../../live/live-record";
import { PROJECT_ROOT } from "../../live/state-location";
import type { HistoryEntry, RolloutState } from "../../rollout/rollout-state";
import type { Fault } from "../../sandbox/engine/fault";
import { writeFaults } from "../../sandbox/fault-file";
import { worldClient } from "../../sandbox/world-api/client";
import type { NodeReport } from "../../sandbox/world-api/world-report";
import { SandboxHome, type Done } from "./harness";
import { Users } from "./users";

/** World seconds per real second, while nothing is to be measured. */
export const SCALE = 240;
/** Of the edge's records, in seconds. */
export const TTL = 60;

interface SimulatedImage {
  readonly provider: string;
  readonly release: string;
  readonly bootSeconds: number;
  readonly behaviour?: { kind: string; afterSeconds: number; latencyMs?: number }[];
}

/** What a fleet is; the same before and after: nobody has touched it. */
export interface FleetPicture {
  readonly live: LiveRecord["fleets"][string] | undefined;
  /** Its nodes, each in the life that it has. */
  readonly lives: readonly string[];
  /** Text of its stack's state. */
  readonly state: string;
}

/** A deployed sandbox in which releases go round while users ask. */
export class RolloutStage {
  public readonly home: SandboxHome;
  public readonly store: LiveStore;

  public constructor(private readonly environment = "sandbox") {
    this.home = new SandboxHome({ POLYCAST_ENV: environment });
    this.store = fileLiveStore(environment, this.home.places.directory);
  }

  /** @param change tells what the images do that this sandbox knows. */
  public async open(change: (image: SimulatedImage) => void = () => undefined): Promise<void> {
    const images = join(this.home.directory, "images");
    cpSync(join(PROJECT_ROOT, "images"), images, { recursive: true });
    this.home.env["POLYCAST_IMAGES"] = images;
    const simulated = join(images, "edge-node", "simulated-images.json");
    const told = JSON.parse(readFileSync(simulated, "utf8")) as { images: SimulatedImage[] };
    told.images.forEach(change);
    writeFileSync(simulated, JSON.stringify(told));
    await this.home.succeed("sandbox", "up", "--environment", this.environment, "--clock", String(SCALE));
    await this.home.succeed("deploy", "--auto-approve");
  }

  public async close(): Promise<void> {
    await this.home.dispose();
    expect(this.home.processes()).toEqual([]);
  }

  public async start(release: string, ...options: string[]): Promise<Done> {
    await this.home.succeed("image", "promote", "--release", release, "--to", "candidate");
    return this.home.run("rollout", "start", "--release", release, ...options, "--auto-approve");
  }

  /** Until it has ended, as a demonstration does. */
  public follow(): Promise<Done> {
    return this.home.run("rollout", "advance", "--follow");
  }

  public async live(): Promise<LiveRecord["fleets"]> {
    return (await this.store.read()).record.fleets;
  }

  public async rollout(): Promise<RolloutState | undefined> {
    return (await readRollout(this.store.objects, this.environment))?.rollout;
  }

  public async history(): Promise<readonly HistoryEntry[]> {
    return (await this.rollout())?.history ?? [];
  }

  /**
   * Waits until something has happened to a fleet, after something else where that is given.
   * @throws Error with the history where the rollout has ended without it.
   */
  public async happened(fleet: string, what: string, after?: HistoryEntry): Promise<HistoryEntry> {
    for (;;) {
      const { history = [], ended } = (await this.rollout()) ?? {};
      const start = after === undefined ? 0 : history.findIndex((each) => each.what === after.what) + 1;
      const found = history.slice(start).find((each) => each.fleet === fleet && each.what === what);
      if (found !== undefined) return found;
      if (ended !== undefined) throw new Error(`${fleet}: no ${what} in ${JSON.stringify(history, null, 1)}`);
      await sleep(50);
    }
  }

  public async nodes(fleet: string): Promise<readonly NodeReport[]> {
    return (await worldClient(this.home.env).world()).nodes.filter((node) => node.fleet === fleet);
  }

  /** `aws r1 ami-1`: what nodes run, of all fleets. */
  public async running(): Promise<readonly string[]> {
    const { nodes } = await worldClient(this.home.env).world();
    return [...new Set(nodes.map(({ fleet, release, image }) => `${fleet} ${release} ${image}`))].sort();
  }

  public async picture(fleet: string): Promise<FleetPicture> {
    const nodes = await this.nodes(fleet);
    const state = join(this.home.places.directory, "state", `${fleet}-fleet.tfstate`);
    return {
      live: (await this.live())[fleet],
      lives: nodes.map(({ name, since }) => `${name} ${since}`).sort(),
      state: readFileSync(state, "utf8"),
    };
  }

  public faults(...faults: Fault[]): void {
    writeFaults(this.home.places.faults, faults);
  }

  /** Users who ask while something goes on; how many it were is printed. */
  public async during<T>(what: string, work: (users: Users) => Promise<T>): Promise<[T, Users]> {
    const users = await Users.of(this.home);
    try {
      return [await work(users), users];
    } finally {
      await users.stop();
      console.info(`${what}: ${users.counts}`);
    }
  }
}

/** A command has ended so, without a complaint; where it has not, all that it said is told, which says why. */
export function expectEnded({ code, stdout, stderr }: Done, expected: number): void {
  if (code !== expected || stderr !== "") {
    throw new Error(`It ended with ${code} instead of ${expected}:\n${stderr}\n${stdout}`);
  }
}

/** Nobody has noticed anything. */
export function expectUnnoticed(users: Users): void {
  expect(users.unanswered).toEqual([]);
  expect(users.troubles).toEqual([]);
  expect(users.both).toBe(0);
  expect(users.asked.length).toBeGreaterThan(100);
}

/** While the nodes of a fleet were being replaced nobody was led there, not even by what resolvers keep. */
export function expectDrained(users: Users, history: readonly HistoryEntry[]): void {
  const begun = history.filter(({ what }) => what === "enter replacing");
  expect(begun).not.toEqual([]);
  for (const { fleet, at } of begun) {
    const next = history.find(
      (entry) => entry.at >= at && entry.fleet === fleet && /^share to (?!0 %)/.test(entry.what),
    );
    const meanwhile = users.asked.filter((each) => each.at > at && each.at < (next?.at ?? Infinity));
    expect([fleet, meanwhile.filter((each) => each.fleet === fleet)]).toEqual([fleet, []]);
    expect(meanwhile.length).toBeGreaterThan(0);
  }
}
