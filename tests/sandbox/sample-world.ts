import { nodeFile } from "../../constructs/fleet/node-file";
import type { AnycastTarget } from "../../sandbox/network/forwarders";
import { scaledClock, type ScaledClock } from "../../sandbox/world/clock";
import type { World, WorldNode } from "../../sandbox/world/world";
import { PolycastError } from "../../constructs/fleet/problem";

/** In milliseconds. */
export const START = Date.UTC(2030, 0, 1);

export const LISTENERS = [
  { port: 443, protocol: "TCP" },
  { port: 443, protocol: "UDP" },
  { port: 2222, protocol: "TCP", role: "tunnel" },
] as const;

export const ADDRESS = "192.0.2.1";
export const NEW_YORK = { name: "lga", position: { latitude: 40.8, longitude: -73.9 } };

export type SampleNode = { -readonly [Key in keyof WorldNode]: WorldNode[Key] } & { latency: number };

/** A node that is well; tests change it as they like. */
export function sampleNode(name = "i-1", changes: Partial<SampleNode> = {}): SampleNode {
  const demand = {
    environment: "test",
    listeners: LISTENERS,
    health: { port: 8080, path: "/healthz", intervalSeconds: 10, unhealthyThreshold: 3 },
    clientAffinity: "none",
    controlPlaneUrl: "https://control.example.net",
  } as const;
  const node: SampleNode = {
    name,
    group: "group-1",
    location: "us-east-1",
    position: { latitude: 38.9, longitude: -77.4 },
    image: "ami-1",
    file: nodeFile(demand, { name: "edge", provider: "aws" }, "r1", { name: "east" }),
    fleet: "edge",
    site: "east",
    release: "r1",
    state: "running",
    health: "healthy",
    partitioned: false,
    since: START,
    latency: 0,
    answer: () =>
      node.state !== "running"
        ? undefined
        : {
            status: 200,
            latency: node.latency,
            body: {
              status: "healthy",
              node: name,
              provider: "aws",
              fleet: "edge",
              site: "east",
              release: "r1",
            },
          },
    ...changes,
  };
  return node;
}

export interface SampleWorld extends World {
  readonly clock: ScaledClock;
  readonly all: SampleNode[];
  /** What `load` was told. */
  readonly loads: Map<string, number>;
  /** Where new connections go; by default to the first node. */
  to: (target: AnycastTarget, from: { latitude: number; longitude: number }) => WorldNode | undefined;
}

/** A world without any life of its own. */
export function sampleWorld(...all: SampleNode[]): SampleWorld {
  const world: SampleWorld = {
    clock: scaledClock({ scale: 1, start: START }),
    all,
    to: () => all[0],
    nodes: () => all,
    groups: () => [],
    monitors: () => [],
    alarms: () => [],
    feed: () => undefined,
    pushFeed: () => undefined,
    report: () => undefined,
    anycastPorts: () => LISTENERS.map(({ port, protocol }) => ({ address: ADDRESS, port, protocol })),
    route: (target, from) => world.to(target, from),
    disturb: (effect, place) => {
      const hit = all.filter(({ fleet }) => fleet === place.fleet);
      if (hit.length === 0) throw new PolycastError(`no fleet "${place.fleet}"`);
      for (const node of hit) {
        if (effect === "partition" || effect === "heal") node.partitioned = effect === "partition";
        else node.state = effect === "kill" ? "dead" : "frozen";
      }
      return hit;
    },
    load: (fleet, connections) => {
      if (!all.some((node) => node.fleet === fleet)) throw new PolycastError(`no fleet "${fleet}"`);
      world.loads.set(fleet, connections);
    },
    connections: () => new Map(),
    loads: new Map(),
    close: () => Promise.resolve(),
  };
  return world;
}
