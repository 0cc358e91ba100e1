import type { WatchedFleet, WatchProps } from "../../../../constructs/management/management-plane";

/** Fleets in regions of their own, and so many with their logs elsewhere. */
export function watchedFleet(name: string, sites: Readonly<Record<string, string>>): WatchedFleet {
  return { name, logGroup: `/polycast/test/${name}`, sites };
}

export const AWS = watchedFleet("aws", { "us-east-1": "us-east-1", "eu-central-1": "eu-central-1" });
export const STACKPATH = watchedFleet("stackpath", { SEA: "us-east-1", europe: "us-east-1" });

export function watched(changes: Partial<WatchProps> = {}): WatchProps {
  return {
    environment: "test",
    fleets: [AWS, STACKPATH],
    sharesByLoad: false,
    secretsEnd: false,
    sandbox: true,
    ...changes,
  };
}

/** So many fleets with as many sites each, in turn in two regions. */
export function manyFleets(fleets: number, sites: number): readonly WatchedFleet[] {
  const regions = ["us-east-1", "eu-central-1"];
  return Array.from({ length: fleets }, (_, fleet) =>
    watchedFleet(
      `fleet-${fleet}`,
      Object.fromEntries(
        Array.from({ length: sites }, (__, site) => [`site-${site}`, regions[site % 2] ?? ""]),
      ),
    ),
  );
}
