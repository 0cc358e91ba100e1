/** How traffic is shared between the fleets of an environment. */
export interface TrafficPolicy {
  readonly kind: "round-robin";
}

/** Every fleet with a share is in every answer, in random order. */
export function roundRobin(): TrafficPolicy {
  return { kind: "round-robin" };
}
