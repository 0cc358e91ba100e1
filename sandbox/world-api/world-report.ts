import type { Position } from "../../constructs/fleet/cloud-life";
import { secretIdOf } from "../../constructs/fleet/node-file";
import type { AnycastTarget } from "../network/forwarders";
import type { Clock } from "../world/clock";
import type { AlarmReport, GroupReport, MonitorReport, NodeState, World, WorldNode } from "../world/world";

/** HTTP status of what the world refuses; the body is the error's text. */
export const REFUSED = 422;

/** The world at one moment, as plain data. */
export interface WorldReport {
  readonly clock: ClockReport;
  readonly nodes: readonly NodeReport[];
  readonly groups: readonly GroupReport[];
  readonly monitors: readonly MonitorReport[];
  readonly alarms: readonly AlarmReport[];
  readonly anycastPorts: readonly AnycastTarget[];
  /** Zones that the simulated DNS serves. */
  readonly zones: readonly string[];
}

export interface ClockReport {
  /** World time, in milliseconds since 1970. */
  readonly now: number;
  /** World seconds per real second. */
  readonly scale: number;
}

export interface NodeReport {
  readonly name: string;
  readonly group: string;
  readonly provider?: string;
  readonly fleet: string;
  readonly site: string;
  readonly location: string;
  readonly position: Position;
  readonly image: string;
  readonly release: string;
  /** Id of the secret that it was given to write logs. */
  readonly secretId?: string;
  readonly state: NodeState;
  readonly reason?: string;
  readonly health: WorldNode["health"];
  readonly partitioned: boolean;
  /** World time at which it began to boot, in milliseconds. */
  readonly since: number;
  /** Port on 127.0.0.1 of its health endpoint, once it has come up. */
  readonly port?: number;
}

export function reportWorld(
  world: World,
  zones: readonly string[],
  ports: ReadonlyMap<string, number>,
): WorldReport {
  return {
    clock: reportClock(world.clock),
    nodes: world.nodes().map((node) => reportNode(node, ports.get(node.name))),
    groups: world.groups(),
    monitors: world.monitors(),
    alarms: world.alarms(),
    anycastPorts: world.anycastPorts(),
    zones,
  };
}

export function reportClock(clock: Clock): ClockReport {
  return { now: clock.now(), scale: clock.scale };
}

export function reportNode(node: WorldNode, port?: number): NodeReport {
  const { name, group, fleet, site, location, position, image, release } = node;
  const { file, state, reason, health, partitioned, since } = node;
  const secretId = file && secretIdOf(file);
  return {
    ...{ name, group, fleet, site, location, position, image, release },
    ...{ state, health, partitioned, since },
    ...(file !== undefined && { provider: file.provider }),
    ...(secretId !== undefined && { secretId }),
    ...(reason !== undefined && { reason }),
    ...(port !== undefined && { port }),
  };
}
