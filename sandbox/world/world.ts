import type { Position } from "../../constructs/fleet/cloud-life";
import type { NodeFile } from "../../constructs/fleet/node-file";
import type { Clock } from "./clock";

/** What is running behind the simulated clouds: nodes, the ways to them, and those who look. */
export interface World {
  readonly clock: Clock;
  /** Every node, in order of group and start. */
  nodes(): readonly WorldNode[];
  groups(): readonly GroupReport[];
  monitors(): readonly MonitorReport[];
  alarms(): readonly AlarmReport[];
  /** What a data feed last said (`{ up: false }`); undefined: nothing yet. */
  feed(id: string): Readonly<Record<string, boolean | number | string>> | undefined;
  /** What others push into a data feed; as the value of the same field of a monitor, it stays until it is replaced. */
  pushFeed(id: string, values: Readonly<Record<string, boolean | number | string>>): void;
  /** What others measure, for the alarms that look at it; it counts in the minute that it is told in. */
  report(name: string, value: number): void;
  /** The ports of all anycast addresses that exist. */
  anycastPorts(): readonly { address: string; port: number; protocol: "TCP" | "UDP" }[];
  /** The node that a new connection from there reaches; undefined: nobody answers, or a firewall stops it on its way. */
  route(
    to: { readonly address: string; readonly port: number; readonly protocol: "TCP" | "UDP" },
    from: Position,
  ): WorldNode | undefined;
  /**
   * Makes nodes go wrong, or right again. `kill`: their processes die, once. `freeze`: they keep their connections and
   * answer nothing, until healed or replaced. `partition`: no network reaches what stands there, now or later, until
   * healed.
   * @returns the nodes that it hit.
   * @throws PolycastError where the place is none.
   */
  disturb(effect: Disturbance, place: Place): readonly WorldNode[];
  /**
   * Lets a fleet have so many connections, spread evenly over its healthy nodes, from now on.
   * @throws PolycastError where there is no such fleet, or that is no number of connections.
   */
  load(fleet: string, connections: number): void;
  /** Connections of every node that is healthy, by name. */
  connections(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

export type Disturbance = "kill" | "freeze" | "partition" | "heal";

/** A fleet, one of its sites, or one node: `aws`, `aws/us-east-1`, `aws/us-east-1/i-0a1b2c3d4e5f60718`. */
export interface Place {
  readonly fleet: string;
  readonly site?: string;
  readonly node?: string;
}

/**
 * `booting`: the image has not come up yet; `running`: its processes run, well or not (see `health`); `frozen`: it holds
 * connections and answers nothing; `dead`: its processes are gone; `failed`: it never came up.
 */
export type NodeState = "booting" | "running" | "frozen" | "dead" | "failed";

/** What a node answers at its health path. */
export interface NodeAnswer {
  /** HTTP status: 200 while it is healthy, 503 otherwise. */
  readonly status: number;
  /** World milliseconds that it takes. */
  readonly latency: number;
  readonly body: {
    readonly status: "healthy" | "unhealthy";
    readonly reason?: string;
    readonly node: string;
    readonly provider: string;
    readonly fleet: string;
    readonly site: string;
    readonly release: string;
  };
}

/** The same object from its start to its end; a node that boots anew is another one. */
export interface WorldNode {
  /** Unique over all clouds while it exists. */
  readonly name: string;
  readonly group: string;
  readonly location: string;
  readonly position: Position;
  readonly image: string;
  /** The file the node was told at boot; undefined where it came up without one. */
  readonly file?: NodeFile;
  readonly fleet: string;
  readonly site: string;
  readonly release: string;
  readonly state: NodeState;
  /** Why it is not well, for a person. */
  readonly reason?: string | undefined;
  /** Percent of its connections that it fails to serve while it is well. Left out: none. */
  readonly failedPercent?: number;
  /** Whether its cloud sends it traffic. */
  readonly health: "starting" | "healthy" | "unhealthy";
  /** No network reaches it. */
  readonly partitioned: boolean;
  /** World time at which it began to boot, in milliseconds. */
  readonly since: number;
  /** What it answers now; undefined: nothing. A partition is the network's, so it does not count here. */
  answer(): NodeAnswer | undefined;
}

/** What a group's cloud is about with it. */
export interface GroupReport {
  readonly id: string;
  readonly fleet: string;
  readonly site: string;
  readonly location: string;
  readonly wanted: number;
  readonly running: number;
  readonly healthy: number;
  /** Whether nodes are being replaced since their template changed. `failed`: it has given up. */
  readonly replacement: "none" | "running" | "failed";
  /** Nodes that run the template that is wanted. */
  readonly current: number;
}

export interface MonitorReport {
  readonly id: string;
  readonly name: string;
  readonly status: "up" | "down" | "pending";
  /** By place of the check; world time of the last look in milliseconds. */
  readonly from: Readonly<Record<string, { readonly up: boolean; readonly at: number }>>;
  /** World time of the last change of `status`. */
  readonly since: number;
}

export interface AlarmReport {
  readonly id: string;
  readonly name: string;
  readonly state: "OK" | "ALARM" | "INSUFFICIENT_DATA";
  readonly reason: string;
  readonly since: number;
}
