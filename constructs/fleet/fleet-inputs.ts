import type { FleetCapacity } from "./data-plane-fleet";
import type { LogAccess } from "./log-access";

/** A node's size, as any provider understands it. */
export interface Size {
  /** Virtual CPUs. */
  readonly cpu: number;
  readonly memoryGiB: number;
}

/** By which a price an hour becomes one a month: a year has 8,760. */
export const HOURS_A_MONTH = 730;

/** Nodes that come and go with their load. */
export interface ScalingNodes {
  readonly min: number;
  readonly max: number;
  /** Average CPU use, in percent, that scaling aims at. */
  readonly cpuPercent: number;
}

/** What an environment wants at one site of a fleet. */
export interface SiteWish {
  /** Nodes of the whole site, spread evenly over its locations. */
  readonly nodes: number | ScalingNodes;
  /**
   * Where the site's nodes stand, in the provider's own words (availability zone ids, city codes).
   * Default: the provider's choice for a site of this name.
   */
  readonly locations?: readonly string[];
}

/** What an environment wants of one fleet; every provider's options extend it. */
export interface FleetWish<Site extends SiteWish = SiteWish> {
  /** The fleet's name; its stack is `<name>-fleet`. Default: the provider's name. */
  readonly name?: string;
  readonly size: Size;
  /** Site name -> what stands there. */
  readonly sites: Readonly<Record<string, Site>>;
  /** Connections that one node of this size carries at once; capacity and shares follow from it. */
  readonly connectionsPerNode: number;
  /** How nodes may write to the log group. Default: their machines' role, on a provider that has such. */
  readonly logs?: LogAccess;
  /** Whether the fleet is reachable over IPv6 too. Default: false. */
  readonly ipv6?: boolean;
}

/** A port that every node of every fleet serves. */
export interface Listener {
  readonly port: number;
  readonly protocol: "TCP" | "UDP";
  /** What speaks there: the proxy (`edge`, the default) or the tunnel server. */
  readonly role?: "edge" | "tunnel";
}

/** How a provider finds out whether a node may receive traffic. */
export interface HealthCheck {
  /** Port of the node's health endpoint; never open to the public. */
  readonly port: number;
  /** Path that answers 200 while the node is healthy. */
  readonly path: string;
  readonly intervalSeconds: number;
  /** Consecutive failures until a node counts as unhealthy. */
  readonly unhealthyThreshold: number;
}

export const DEFAULT_HEALTH_CHECK: HealthCheck = {
  port: 8080,
  path: "/healthz",
  intervalSeconds: 10,
  unhealthyThreshold: 3,
};

/** Whether one client keeps reaching the same node while it stays healthy. */
export type ClientAffinity = "none" | "source-ip";

/** What a fleet carries with every site at its fewest nodes. */
export function capacityOf({ sites, connectionsPerNode }: FleetWish): FleetCapacity {
  const nodes = Object.values(sites).reduce((sum, site) => sum + minNodes(site), 0);
  return { connections: nodes * connectionsPerNode };
}

/** The fewest nodes that a site runs. */
export function minNodes({ nodes }: SiteWish): number {
  return typeof nodes === "number" ? nodes : nodes.min;
}

/** The most nodes that a site runs. */
export function maxNodes({ nodes }: SiteWish): number {
  return typeof nodes === "number" ? nodes : nodes.max;
}
