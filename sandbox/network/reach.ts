import type { World, WorldNode } from "../world/world";

/** A place of the world from which somebody connects. */
export interface Vantage {
  readonly name: string;
  readonly position: WorldNode["position"];
}

/** What who sends something to a node meets: an answer, nothing at all, or nobody who would even listen. */
export type Reach = "answers" | "silent" | "gone";

/** @param from where the network lies between; undefined: on the node itself. */
export function reach(node: WorldNode | undefined, from: Vantage | undefined): Reach {
  if (node === undefined) return "gone";
  if (from !== undefined && node.partitioned) return "silent";
  if (node.state === "running") return "answers";
  return node.state === "frozen" ? "silent" : "gone";
}

/** One life of a node, from its start on. */
export type NodeLife = Pick<WorldNode, "name" | "since">;

export function lifeOf({ name, since }: WorldNode): NodeLife {
  return { name, since };
}

/** The node as it is now; undefined: it is gone, or has started anew since. */
export function stillThere({ name, since }: NodeLife, world: World): WorldNode | undefined {
  return world.nodes().find((node) => node.name === name && node.since === since);
}
