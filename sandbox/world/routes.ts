import type { AnycastBackend, AnycastPort, Position } from "../../constructs/fleet/cloud-life";
import { angleBetween } from "./great-circle";

/** A group of nodes, to a network that leads to it. */
interface Destination<Node> {
  readonly position: Position;
  nextHealthy(): Node | undefined;
  nextOfAll(): Node | undefined;
}

/**
 * The node that a new connection reaches: one of the nearest group that takes it, or, where that has no healthy one, of
 * the nearest group that has, whatever part of the clients it is to take:
 * https://docs.aws.amazon.com/global-accelerator/latest/dg/about-endpoints-endpoint-weights.unhealthy-endpoints.html
 * Healthy is what the cloud's checks found, so it may be a node that has just died.
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
    .map((backend) => ({ backend, destination: group(backend.group) }))
    .filter((each): each is { backend: AnycastBackend; destination: Destination<Node> } => {
      return each.destination !== undefined;
    })
    // Groups at one place, such as nodes that announce themselves, are alike to whoever comes: chance decides.
    .map((each) => ({ ...each, distance: angleBetween(from, each.destination.position), lot: random() }))
    .sort((one, other) => one.distance - other.distance || one.lot - other.lot);
  // Where nobody further on takes those whom the nearer ones leave over, the nearest does.
  const chosen =
    byDistance.find(({ backend }) => random() * 100 < backend.percent) ??
    byDistance.find(({ backend }) => backend.percent > 0);
  const inTurn = chosen === undefined ? byDistance : [chosen, ...byDistance];
  const healthy = firstOf(inTurn, ({ destination }) => destination.nextHealthy());
  if (healthy !== undefined || !failOpen) return healthy;
  return firstOf(byDistance, ({ destination }) => destination.nextOfAll());
}

function firstOf<From, To>(all: readonly From[], find: (one: From) => To | undefined): To | undefined {
  for (const one of all) {
    const found = find(one);
    if (found !== undefined) return found;
  }
  return undefined;
}
