/**
 * What a large world costs in one process: 5 providers x 20 sites x 10 nodes, each node looked at every 10 s of world
 * time, a monitor for each provider. Prints the memory it adds, the processor time of one second of the world, and the
 * highest scale that its clock keeps. Only prints; a slow machine fails nothing.
 *
 *   npx ts-node bench/world.ts [PROVIDERS=5] [SITES=20] [NODES=10]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { NodeGroup } from "../constructs/fleet/cloud-life";
import { DEFAULT_HEALTH_CHECK } from "../constructs/fleet/fleet-inputs";
import { nodeFile } from "../constructs/fleet/node-file";
import { openPorts } from "../constructs/fleet/open-ports";
import type { CloudLife } from "../constructs/fleet/simulation";
import { userData } from "../constructs/fleet/user-data";
import { manualClock, scaledClock, type Clock } from "../sandbox/world/clock";
import { readImages } from "../sandbox/world/images";
import { openWorld } from "../sandbox/world/open-world";
import type { World } from "../sandbox/world/world";
import { fileWorldStore } from "../sandbox/world/world-store";

const [PROVIDERS = 5, SITES = 20, NODES = 10] = process.argv.slice(2).map(Number);
const SCALES = [600, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];
/** Of its scale, what a clock must reach to be said to keep it. */
const KEPT = 0.95;
const LISTENER = { port: 443, protocol: "TCP" } as const;

/** A provider's sites around the globe, behind one address, and a monitor that looks at it. */
function provider(number: number): CloudLife {
  const name = `provider-${number}`;
  const address = `192.0.2.${number}`;
  let started = 0;
  const groups = Array.from({ length: SITES }, (_, site): NodeGroup => {
    const demand = {
      environment: "bench",
      listeners: [LISTENER],
      health: DEFAULT_HEALTH_CHECK,
      clientAffinity: "none",
      controlPlaneUrl: "https://control.example.net",
    } as const;
    const file = nodeFile(demand, { name, provider: name }, "r1", { name: `site-${site}` });
    return {
      id: `${name}/${site}`,
      location: `site-${site}`,
      position: { latitude: site * 5 - 50, longitude: site * 18 - 180 },
      nodes: NODES,
      newName: () => `${name}-${++started}`,
      template: { image: "polycast-sandbox/edge-node:r1", userData: userData(file) },
      replacement: { kind: "one-at-a-time" },
      healthCheck: {
        path: "/healthz",
        intervalSeconds: 10,
        timeoutSeconds: 2,
        healthyThreshold: 2,
        unhealthyThreshold: 3,
      },
      healing: { action: "replace", on: "unhealthy", afterSeconds: 30, graceSeconds: 60 },
      openPorts: openPorts([], () => true),
    };
  });
  return {
    nodeGroups: () => groups,
    anycast: () => [
      {
        address,
        ...LISTENER,
        failOpen: false,
        backends: groups.map(({ id }) => ({ group: id, percent: 100 })),
      },
    ],
    monitors: () => [
      {
        id: name,
        name,
        active: true,
        probe: { kind: "tcp", address, port: LISTENER.port },
        from: [-100, 0, 100].map((longitude) => ({
          name: `from-${longitude}`,
          position: { latitude: 40, longitude },
        })),
        frequencySeconds: 20,
        rapidRecheck: true,
        policy: "quorum",
        feeds: [name],
      },
    ],
  };
}

const directory = mkdtempSync(join(tmpdir(), "polycast-bench-world-"));
const images = readImages();

function open(clock: Clock): World {
  return openWorld({
    objects: { list: () => [], onChange: () => () => undefined },
    lives: Array.from({ length: PROVIDERS }, (_, i) => provider(i + 1)),
    clock,
    images,
    store: fileWorldStore(join(directory, "world.json")),
    log: () => undefined,
  });
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

function heapMiB(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Whether the clock kept its scale for some real time while the world ran. */
async function keeps(scale: number): Promise<boolean> {
  const clock = scaledClock({ scale, start: Date.now() });
  const world = open(clock);
  const [real, time] = [performance.now(), clock.now()];
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const reached = (clock.now() - time) / (performance.now() - real);
  await world.close();
  return reached >= KEPT * scale;
}

async function main(): Promise<void> {
  const before = heapMiB();
  const clock = manualClock(Date.now());
  const world = open(clock);
  clock.advance(120);
  const healthy = world.nodes().filter(({ health }) => health === "healthy").length;
  console.log(`${PROVIDERS} providers x ${SITES} sites x ${NODES} nodes: ${healthy} nodes are healthy`);
  console.log(`  memory added       ${(heapMiB() - before).toFixed(1)} MiB of heap`);

  const [seconds, start] = [6_000, process.cpuUsage()];
  clock.advance(seconds);
  const { user, system } = process.cpuUsage(start);
  const cost = (user + system) / 1000 / seconds;
  console.log(`  one world second   ${cost.toFixed(3)} ms of processor time`);
  console.log(`  at 600x            ${(cost * 60).toFixed(0)} % of one processor`);
  await world.close();

  const kept: number[] = [];
  for (const scale of SCALES) {
    rmSync(join(directory, "world.json"), { force: true });
    if (!(await keeps(scale))) break;
    kept.push(scale);
  }
  console.log(`  highest scale kept ${kept.at(-1) ?? "none"} (of ${SCALES.join(", ")})`);
}

void main().finally(() => {
  rmSync(directory, { recursive: true, force: true });
});
