import type { AnycastPort, Monitor, NodeGroup, NodeTemplate } from "../../../constructs/fleet/cloud-life";
import type { NodeFile } from "../../../constructs/fleet/node-file";
import { openPorts } from "../../../constructs/fleet/open-ports";
import type { CloudLife } from "../../../constructs/fleet/simulation";
import { userData } from "../../../constructs/fleet/user-data";
import { manualClock, type ManualClock } from "../../../sandbox/world/clock";
import { byId, type SimulatedImage, type SimulatedImages } from "../../../sandbox/world/images";
import { openWorld } from "../../../sandbox/world/open-world";
import type { World } from "../../../sandbox/world/world";
import type { WorldRecord, WorldStore } from "../../../sandbox/world/world-store";

/** 2026-01-01T00:00:00Z */
export const START = Date.UTC(2026, 0, 1);

export const SEATTLE = { latitude: 47.6, longitude: -122.3 };
export const AMSTERDAM = { latitude: 52.4, longitude: 4.9 };

function image(release: string, behaviour: SimulatedImage["behaviour"] = []): SimulatedImage {
  return { ids: [release], provider: "acme", release, bootSeconds: 30, latencyMs: 5, behaviour };
}

/** Images whose id is their release: `good`, `better`, and those that go wrong. All boot in 30 s. */
export const images: SimulatedImages = byId([
  image("good"),
  image("better"),
  image("fails", [{ kind: "fails", afterSeconds: 0 }]),
  image("fails-later", [{ kind: "fails", afterSeconds: 100 }]),
  image("errs", [{ kind: "errors", afterSeconds: 100, percent: 10 }]),
  image("leaks", [{ kind: "leaks", afterSeconds: 200 }]),
  image("slow", [{ kind: "slow", afterSeconds: 0, latencyMs: 900 }]),
  image("too-slow", [{ kind: "slow", afterSeconds: 0, latencyMs: 1_100 }]),
]);

export function nodeFile(changes: Partial<NodeFile> = {}): NodeFile {
  return {
    version: 1,
    environment: "test",
    provider: "acme",
    fleet: "acme",
    site: { name: "west" },
    release: "good",
    controlPlaneUrl: "https://control.example.net",
    logGroup: "/polycast/test/acme",
    health: { port: 8080, path: "/healthz" },
    listeners: [{ port: 443, protocol: "TCP", role: "edge" }],
    ...changes,
  };
}

export function template(release: string, changes: Partial<NodeFile> = {}): NodeTemplate {
  return { image: release, userData: userData(nodeFile({ release, ...changes })) };
}

/** Two nodes `i-1`, `i-2`, ... of `good` in the west; looked at each 10 s; healed by nobody. */
export function group(changes: Partial<NodeGroup> = {}): NodeGroup {
  return {
    id: "west",
    location: "west-1",
    position: SEATTLE,
    nodes: 2,
    newName: () => "unnamed",
    template: template("good"),
    replacement: { kind: "none" },
    healthCheck: {
      path: "/healthz",
      intervalSeconds: 10,
      timeoutSeconds: 1,
      healthyThreshold: 2,
      unhealthyThreshold: 2,
    },
    healing: { action: "none", on: "dead", afterSeconds: 0, graceSeconds: 0 },
    openPorts: openPorts([], () => true),
    ...changes,
  };
}

export interface TestWorld {
  readonly world: World;
  readonly clock: ManualClock;
  readonly lines: readonly string[];
  readonly store: WorldStore & { record: WorldRecord | undefined };
  /** How often the lives were asked for their groups. */
  readonly reads: () => number;
  /** Changes what the clouds' objects amount to; the world knows when the promise is kept. */
  readonly change: (to: { groups?: readonly NodeGroup[]; anycast?: readonly AnycastPort[] }) => Promise<void>;
  /** Says that an object changed, and nothing else. */
  readonly touch: () => void;
  /** `i-1 running healthy good` and so on, in order. */
  readonly nodes: () => string[];
  /** Ends the world and opens it again from its record. */
  readonly reopen: () => Promise<TestWorld>;
}

export function openTestWorld(
  amount: {
    groups?: readonly NodeGroup[];
    anycast?: readonly AnycastPort[];
    monitors?: readonly Monitor[];
    life?: CloudLife;
  },
  kept: { record?: WorldRecord; random?: () => number } = {},
): TestWorld {
  let { groups = [], anycast = [] } = amount;
  let number = kept.record?.groups.flatMap(({ nodes }) => nodes).length ?? 0;
  let reads = 0;
  const named = (spec: NodeGroup): NodeGroup => ({ ...spec, newName: () => `i-${++number}` });
  const listeners = new Set<() => void>();
  const lines: string[] = [];
  const clock = manualClock(kept.record?.time ?? START);
  const store: TestWorld["store"] = {
    record: kept.record,
    read: () => store.record,
    write: (record) => (store.record = structuredClone(record)),
  };
  const life: CloudLife = {
    nodeGroups: () => {
      reads++;
      return groups.map(named);
    },
    anycast: () => anycast,
    monitors: () => amount.monitors ?? [],
    ...amount.life,
  };
  const world = openWorld({
    objects: {
      list: () => [],
      onChange: (then) => {
        listeners.add(then);
        return () => listeners.delete(then);
      },
    },
    lives: [{}, life],
    clock,
    images,
    store,
    log: (line) => lines.push(line),
    random: kept.random ?? (() => 0.5),
  });
  const touch = (): void => {
    for (const listener of listeners) listener();
  };
  return {
    world,
    clock,
    lines,
    store,
    reads: () => reads,
    change: async (to) => {
      groups = to.groups ?? groups;
      anycast = to.anycast ?? anycast;
      touch();
      await new Promise((resolve) => setImmediate(resolve));
    },
    touch,
    nodes: () =>
      world.nodes().map(({ name, state, health, release }) => `${name} ${state} ${health} ${release}`),
    reopen: async () => {
      await world.close();
      return openTestWorld(
        { ...amount, groups, anycast },
        store.record === undefined ? {} : { record: store.record },
      );
    },
  };
}
