import type { AnycastBackend, AnycastPort, Position } from "../../constructs/fleet/cloud-life";
import { angleBetween } from "./great-circle";

/** A group of nodes, to a network that leads to it. */
interface Destination<Node> {
  readonly position: Position;
  nextHealthy(): Node | undefined;
  nextOfAll(): Node | undefined;
}

/**
 * The node that a new connection reaches: one of the nearest group with a healthy one. Healthy is what the cloud's
 * checks found, so it may be a node that has just died.
 *
 * @param group finds a group by its id.
 * @param random a number from [0, 1), each as likely.
 */
export function nodeBehind<Node>(
  { backends, failOpen }: AnycastPort,
  from: Position,
  group: (id: string) => Destination<Node> | undefined,
  random: () => number,
): Node | undefined {
  const byDistance = backends
    .filter(({ percent }) => percent > 0)
    .map((backend) => ({ backend, destination: group(backend.group) }))
    .filter((each): each is { backend: AnycastBackend; destination: Destination<Node> } => {
      return each.destination !== undefined;
    })
    .map((each) => ({ ...each, distance: angleBetween(from, each.destination.position) }))
    .sort((one, other) => one.distance - other.distance);
  let passedBy: Destination<Node> | undefined;
  for (const { backend, destination } of byDistance) {
    const node = destination.nextHealthy();
    if (node === undefined) continue;
    if (random() * 100 < backend.percent) return node;
    passedBy ??= destination;
  }
  // Nobody further on takes those whom the nearer ones left over.
  if (passedBy !== undefined) return passedBy.nextHealthy();
  if (!failOpen) return undefined;
  for (const { destination } of byDistance) {
    const node = destination.nextOfAll();
    if (node !== undefined) return node;
  }
  return undefined;
}
