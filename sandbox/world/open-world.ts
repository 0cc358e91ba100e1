import type { AnycastPort, Monitor, Position } from "../../constructs/fleet/cloud-life";
import { doorAt } from "../../constructs/fleet/open-ports";
import type { CloudLife, CloudObjects } from "../../constructs/fleet/simulation";
import { runAlarms } from "./alarms";
import type { Clock } from "./clock";
import type { SimulatedImages } from "./images";
import { measure } from "./measure";
import { runMonitors } from "./monitors";
import type { NodeSurroundings, SimulatedNode } from "./node";
import { SimulatedGroup } from "./node-group";
import { checkLoad, spread } from "./load";
import { checkPlace, isWithin, placeName } from "./places";
import { nodeBehind } from "./routes";
import type { Disturbance, Place, World, WorldNode } from "./world";
import type { FeedValues, WorldStore } from "./world-store";

/** Changes within so many real milliseconds are written together. */
const WRITE_DELAY = 100;

/** At most so many real milliseconds of the world's time are lost when the process is killed while nothing changes. */
const WRITE_INTERVAL = 10_000;

/** How long a report counts, in world milliseconds: once, as alarms measure each minute. */
const REPORTS_KEPT = 60_000;

export interface WorldOptions {
  /** What exists in the clouds; the store of the clouds has this shape. */
  readonly objects: CloudObjects & {
    /** Calls a function after each change; returns what ends that. */
    onChange(then: () => void): () => void;
  };
  /** What the objects amount to, by provider. */
  readonly lives: readonly CloudLife[];
  /** It shows the time of `store`'s record, or a later one. */
  readonly clock: Clock;
  readonly images: SimulatedImages;
  readonly store: WorldStore;
  /** Is told what happens, a line each. */
  readonly log: (line: string) => void;
  /** A number from [0, 1), each as likely; default: `Math.random`. */
  readonly random?: () => number;
}

/**
 * Brings to life what exists in the simulated clouds, and goes on where the last process ended.
 * @throws PolycastError where the record of it is damaged.
 */
export function openWorld(options: WorldOptions): World {
  const { objects, lives, clock, images, store, random = Math.random } = options;
  const kept = store.read();
  const keptGroups = new Map(kept?.groups.map((group) => [group.id, group]));
  const groups = new Map<string, SimulatedGroup>();
  const feeds = new Map<string, FeedValues>(Object.entries(kept?.feeds ?? {}));
  let partitions: readonly Place[] = kept?.partitions ?? [];
  const loads = new Map<string, number>(Object.entries(kept?.loads ?? {}));
  let reports: readonly { readonly name: string; readonly value: number; readonly at: number }[] = [];
  let ports = new Map<string, AnycastPort>();
  let writing: NodeJS.Timeout | undefined;
  let rereading: NodeJS.Immediate | undefined;

  const log = (line: string): void => {
    options.log(`${new Date(clock.now()).toISOString()} ${line}`);
  };

  const write = (): void => {
    writing = undefined;
    const records = [...groups.values()].map((group) => group.toRecord());
    try {
      const [feedRecords, loadRecords] = [Object.fromEntries(feeds), Object.fromEntries(loads)];
      store.write({
        time: clock.now(),
        scale: clock.scale,
        groups: records,
        partitions,
        feeds: feedRecords,
        loads: loadRecords,
      });
    } catch (error) {
      // The directory may be gone, or the disk full: a world that nobody can keep still runs.
      log(`the world cannot be written down: ${String(error)}`);
    }
  };
  const changed = (): void => {
    writing ??= setTimeout(write, WRITE_DELAY).unref();
  };
  const writingTime = setInterval(changed, WRITE_INTERVAL).unref();

  const surroundings: NodeSurroundings = {
    clock,
    images,
    isCutOff: (node) => partitions.some((partition) => isWithin(placeOf(node), partition)),
    log,
    changed,
  };

  const nodes = (): SimulatedNode[] => [...groups.values()].flatMap((group) => group.nodes);

  const route = (to: Parameters<World["route"]>[0], from: Position): SimulatedNode | undefined => {
    const port = ports.get(portKey(to));
    const node = port && nodeBehind<SimulatedNode>(port, from, (id) => groups.get(id), random);
    return node !== undefined && groups.get(node.group)?.letsIn(doorAt(to)) === true ? node : undefined;
  };

  /** Whether what a monitor looks at answers it. A ping reaches a node by any port of the address. */
  const probe = (what: Monitor["probe"], from: Position): boolean => {
    if (what.kind === "ping") {
      const ofAddress = [...ports.values()].filter(({ address }) => address === what.address);
      return ofAddress.some((port) => route(port, from)?.isReachable === true);
    }
    const node = route({ ...what, protocol: "TCP" }, from);
    return node?.isReachable === true && (what.kind === "tcp" || node.answer()?.status === 200);
  };

  const report: World["report"] = (name, value) => {
    const since = clock.now() - REPORTS_KEPT;
    reports = [...reports.filter(({ at }) => at >= since), { name, value, at: clock.now() }];
    log(`${name} is reported: ${value}`);
  };

  /** The sum of a minute's reports. */
  const reported = (name: string): number | undefined => {
    const now = clock.now();
    const counts = ({ at }: { at: number }): boolean => at >= now - REPORTS_KEPT && at < now;
    const values = reports.filter((each) => each.name === name && counts(each)).map(({ value }) => value);
    return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
  };

  const pushFeed: World["pushFeed"] = (id, values) => {
    const before = feeds.get(id) ?? {};
    if (Object.entries(values).every(([name, value]) => before[name] === value)) return;
    feeds.set(id, { ...before, ...values });
    log(`feed ${id} says ${JSON.stringify(values)}`);
    changed();
  };

  let seen = read(lives, objects);
  const monitors = runMonitors({ clock, specs: () => seen.monitors, probe, onFeed: pushFeed });
  const alarms = runAlarms({
    clock,
    specs: () => seen.alarms,
    measure: (metric) => measure(metric, { groups, connections: spread(loads, nodes()), reported }),
  });

  /** Makes the world as the clouds' objects say. */
  function settle(): void {
    const wanted = new Map(seen.nodeGroups.map((group) => [group.id, group]));
    for (const [id, group] of groups) {
      if (wanted.has(id)) continue;
      group.close();
      groups.delete(id);
      log(`${id} is gone, and its nodes with it`);
      changed();
    }
    for (const [id, spec] of wanted) {
      const group = groups.get(id);
      if (group !== undefined) group.update(spec);
      else groups.set(id, new SimulatedGroup(surroundings, spec, keptGroups.get(id)));
    }
    keptGroups.clear(); // a group that comes back later is another one
    ports = new Map(seen.anycast.map((port) => [portKey(port), port]));
    monitors.refresh();
    alarms.refresh();
  }

  function reread(): void {
    rereading = undefined;
    try {
      seen = read(lives, objects);
    } catch (error) {
      // Terraform may be in the middle of a change; the process also serves its plugins, and must not die of this.
      log(`what the clouds' objects amount to cannot be told, so all stays as it is: ${String(error)}`);
      return;
    }
    settle();
  }

  /** Where nodes stand, and where they would. */
  function knownPlaces(): Place[] {
    const sites = [...groups.values()].map((group) => group.report());
    return [...sites.map(({ fleet, site }) => ({ fleet, site })), ...nodes().map(placeOf)];
  }

  function cutOff(next: readonly Place[]): SimulatedNode[] {
    partitions = next;
    return nodes().filter((node) => {
      const before = node.partitioned;
      node.partitioned = surroundings.isCutOff(node);
      return node.partitioned !== before;
    });
  }

  function disturb(effect: Disturbance, place: Place): readonly WorldNode[] {
    // A partition outlives what stood there, and can be healed then too.
    checkPlace(place, effect === "heal" ? [...knownPlaces(), ...partitions] : knownPlaces());
    const here = nodes().filter((node) => isWithin(placeOf(node), place));
    log(`${effect} ${placeName(place)}`);
    changed();
    switch (effect) {
      case "kill":
        return here.filter((node) => node.kill());
      case "freeze":
        return here.filter((node) => node.freeze());
      case "partition":
        return cutOff([...partitions.filter((other) => !isWithin(other, place)), place]);
      case "heal": {
        const reached = new Set(cutOff(partitions.filter((other) => !isWithin(other, place))));
        return here.flatMap((node) => {
          if (node.state === "dead") return groups.get(node.group)?.restart(node) ?? [];
          return node.thaw() || reached.has(node) ? node : [];
        });
      }
    }
  }

  settle();
  const forget = objects.onChange(() => {
    rereading ??= setImmediate(reread);
  });

  return {
    clock,
    nodes,
    groups: () => [...groups.values()].map((group) => group.report()),
    monitors: () => monitors.reports(),
    alarms: () => alarms.reports(),
    feed: (id) => feeds.get(id),
    pushFeed,
    report,
    anycastPorts: () =>
      [...ports.values()].map(({ address, port, protocol }) => ({ address, port, protocol })),
    route,
    disturb,
    load: (fleet, connections) => {
      checkPlace({ fleet }, knownPlaces());
      loads.set(fleet, checkLoad(connections));
      log(`${fleet} has ${connections} connections`);
      changed();
    },
    connections: () => spread(loads, nodes()),
    close: () => {
      forget();
      clearImmediate(rereading);
      clearInterval(writingTime);
      clearTimeout(writing);
      monitors.close();
      alarms.close();
      for (const group of groups.values()) group.close();
      write();
      return Promise.resolve();
    },
  };
}

/** All that the objects amount to, as every provider's part says it. */
function read(lives: readonly CloudLife[], objects: CloudObjects): Required<Amount> {
  return {
    nodeGroups: lives.flatMap((life) => life.nodeGroups?.(objects) ?? []),
    anycast: lives.flatMap((life) => life.anycast?.(objects) ?? []),
    monitors: lives.flatMap((life) => life.monitors?.(objects) ?? []),
    alarms: lives.flatMap((life) => life.alarms?.(objects) ?? []),
  };
}

/** Images are looked up one by one, when a node starts. */
type Amount = { [Part in Exclude<keyof CloudLife, "images">]: ReturnType<NonNullable<CloudLife[Part]>> };

function placeOf({ fleet, site, name }: WorldNode): Required<Place> {
  return { fleet, site, node: name };
}

function portKey({ address, port, protocol }: Parameters<World["route"]>[0]): string {
  return `${protocol} ${address} ${port}`;
}
