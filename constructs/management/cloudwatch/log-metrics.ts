import type { WatchedFleet } from "../management-plane";

/** A number that CloudWatch counts in a log group's lines, each minute and for each site. */
export interface LogMetric {
  readonly name: string;
  /** Which lines count. */
  readonly pattern: string;
  /** Where such a line says its site. */
  readonly site: string;
}

/** A dimension's value has to stand in the line, so the fleet is no dimension; it is part of the namespace. */
export const SITE = "Site";

/**
 * What a node writes each minute: `{"polycast":"health","healthy":true,"site":"SEA",...}`
 * (images/edge-node/provision/files/usr/lib/polycast/healthz).
 */
const health = (name: string, is: "TRUE" | "FALSE"): LogMetric => ({
  name,
  pattern: `{ ($.polycast = "health") && ($.healthy IS ${is}) }`,
  site: "$.site",
});

/**
 * What a node writes for each connection, when it ends (`log_format polycast`, written by
 * images/edge-node/provision/files/usr/lib/polycast/configure). Lines with more or fewer words do not match.
 */
const connections = (name: string, status: string): LogMetric => ({
  name,
  pattern: `[time, client, protocol = TCP || protocol = UDP, port, ${status}, received, sent, seconds, upstream, site]`,
  site: "$site",
});

/**
 * Once a minute each node says whether it is well: as many lines as nodes.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
 */
export const HEALTHY_NODES = health("HealthyNodes", "TRUE");
export const UNHEALTHY_NODES = health("UnhealthyNodes", "FALSE");
export const CONNECTIONS = connections("Connections", "status");
/**
 * Connections that the edge could not serve: no backend took them (502), a limit (503), a fault of the node's own (500).
 * https://nginx.org/en/docs/stream/ngx_stream_core_module.html#var_status
 */
export const FAILED_CONNECTIONS = connections("FailedConnections", "status = 5*");

export const LOG_METRICS: readonly LogMetric[] = [
  HEALTHY_NODES,
  UNHEALTHY_NODES,
  CONNECTIONS,
  FAILED_CONNECTIONS,
];

/** Namespace of an environment's own metrics. */
export function environmentNamespace(environment: string): string {
  return `Polycast/${environment}`;
}

/** Namespace of what a fleet's nodes write. */
export function fleetNamespace(environment: string, { name }: Pick<WatchedFleet, "name">): string {
  return `${environmentNamespace(environment)}/${name}`;
}

/** Regions that have a log group of the fleet. */
export function logRegions({ sites }: Pick<WatchedFleet, "sites">): readonly string[] {
  return [...new Set(Object.values(sites))];
}
