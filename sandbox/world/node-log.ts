import type { WorldNode } from "./world";

/** Lines of one kind that a node writes to its log group in a minute. */
export interface LogLines {
  readonly text: string;
  readonly times: number;
}

/** Where a node's lines go. */
export interface LogPlace {
  readonly logGroup: string;
  /** AWS region of the log group. */
  readonly region: string;
}

/** The log group that a node writes to; undefined: it writes nothing, or nothing arrives. */
export function logPlaceOf({ file, state, partitioned, location }: WorldNode): LogPlace | undefined {
  if (file === undefined || state !== "running" || partitioned) return undefined;
  // A machine with a role of its own writes to its own region.
  return { logGroup: file.logGroup, region: file.logAccess?.region ?? location };
}

/**
 * What a running node writes in a minute, in the words of the image's own parts, which a test compares: a line on its health
 * (`healthz`), and one for each connection that ended (the proxy's `log_format`, in `configure`).
 * @param connections that ended, of all listeners.
 */
export function linesOf(node: WorldNode, connections: number): readonly LogLines[] {
  const { site, failedPercent = 0 } = node;
  const healthy = node.answer()?.status === 200;
  // What a node cannot serve at all it serves nobody.
  const failed = Math.round((connections * (healthy ? failedPercent : 100)) / 100);
  const connection = (status: number): string =>
    `2026-01-01T00:00:00+00:00 192.0.2.1:50000 TCP 443 ${status} 100 1000 0.250 "198.51.100.1:443" ${site}`;
  return [
    { text: JSON.stringify({ polycast: "health", healthy, ...identityOf(node) }), times: 1 },
    { text: connection(200), times: connections - failed },
    { text: connection(502), times: failed },
  ];
}

function identityOf({ name, file, fleet, site, release }: WorldNode): object {
  return { node: name, provider: file?.provider, fleet, site, release };
}
