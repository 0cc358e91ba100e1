import type { IConstruct } from "constructs";

/** Addresses that lead to the nearest healthy node of a fleet; tokens are fine. */
export interface AnycastAddresses {
  readonly ipv4: string;
  readonly ipv6?: string;
}

/** What a fleet can carry. */
export interface FleetCapacity {
  /** Connections at once, with every site at its fewest nodes and all of them healthy. */
  readonly connections: number;
}

/** Identical edge nodes on one provider, reachable at that provider's anycast addresses. */
export interface DataPlaneFleet extends IConstruct {
  /** Name of the fleet, unique in its environment. */
  readonly name: string;
  readonly anycast: AnycastAddresses;
  readonly capacity: FleetCapacity;
}
