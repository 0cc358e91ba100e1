import { PolycastError, show } from "../../constructs/fleet/problem";
import type { WorldNode } from "./world";

/** A number of connections that a fleet may have. @throws PolycastError for any other. */
export function checkLoad(connections: number): number {
  if (Number.isInteger(connections) && connections >= 0) return connections;
  throw new PolycastError("A fleet cannot have this many connections.", [
    { where: "connections", what: `got ${show(connections)}; allowed are whole numbers from 0 on` },
  ]);
}

/**
 * The connections of each node: those of its fleet, spread evenly over what its cloud sends traffic to.
 * @param loads connections by fleet; one that is missing has none.
 * @returns by name, of all nodes that are healthy.
 */
export function spread(
  loads: ReadonlyMap<string, number>,
  nodes: readonly WorldNode[],
): ReadonlyMap<string, number> {
  const healthy = nodes.filter(({ health }) => health === "healthy");
  const counts = new Map<string, number>();
  for (const { fleet } of healthy) counts.set(fleet, (counts.get(fleet) ?? 0) + 1);
  const given = new Map<string, number>();
  return new Map(
    healthy.map(({ name, fleet }) => {
      const [load, count, index] = [loads.get(fleet) ?? 0, counts.get(fleet) ?? 1, given.get(fleet) ?? 0];
      given.set(fleet, index + 1);
      return [name, Math.floor(load / count) + (index < load % count ? 1 : 0)];
    }),
  );
}
