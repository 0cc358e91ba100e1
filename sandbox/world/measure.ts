import type { Metric } from "../../constructs/fleet/cloud-life";
import { linesOf, logPlaceOf } from "./node-log";
import type { WorldNode } from "./world";

/** What can be measured in a world at one moment. */
export interface Measurable {
  readonly groups: ReadonlyMap<string, { readonly nodes: readonly WorldNode[] }>;
  /** Connections of each node, by name. */
  readonly connections: ReadonlyMap<string, number>;
  /** The sum of what was reported under a name in the last minute; undefined: nothing. */
  readonly reported: (name: string) => number | undefined;
}

/** A metric's number of the minute that ends now; undefined: there is none. */
export function measure(metric: Metric, world: Measurable): number | undefined {
  switch (metric.kind) {
    case "healthy-nodes":
      return countNodes(metric.groups, "healthy", world);
    case "unhealthy-nodes":
      return countNodes(metric.groups, "unhealthy", world);
    case "log-lines":
      return countLines(metric, world);
    case "reported":
      return world.reported(metric.name);
    case "percent": {
      const of = measure(metric.of, world);
      if (of === undefined) return undefined;
      return of < metric.atLeast ? 0 : (100 * (measure(metric.part, world) ?? 0)) / of;
    }
    case "unmeasured":
      return undefined;
  }
}

function countNodes(
  ids: readonly string[],
  health: WorldNode["health"],
  { groups }: Measurable,
): number | undefined {
  const counted = ids.flatMap((id) => groups.get(id) ?? []);
  if (counted.length === 0) return undefined;
  return counted.flatMap(({ nodes }) => nodes).filter((node) => node.health === health).length;
}

function countLines(
  { logGroup, region, counts }: Extract<Metric, { kind: "log-lines" }>,
  { groups, connections }: Measurable,
): number | undefined {
  const nodes = [...groups.values()].flatMap((group) => group.nodes);
  const writers = nodes.filter((node) => {
    const place = logPlaceOf(node);
    return place?.logGroup === logGroup && place.region === region;
  });
  const lines = writers
    .flatMap((node) => linesOf(node, connections.get(node.name) ?? 0))
    .filter(({ text, times }) => times > 0 && counts(text));
  return lines.length === 0 ? undefined : lines.reduce((sum, { times }) => sum + times, 0);
}
