import { ns1 } from "../constructs/dns/ns1/ns1";
import { roundRobin } from "../constructs/dns/traffic-policy";
import { environment, type Environment } from "../constructs/fleet/environment";
import type { FleetProvider } from "../constructs/fleet/fleet-provider";
import { aws } from "../constructs/providers/aws/aws";
import type { AwsWish } from "../constructs/providers/aws/aws-wish";
import { stackpath } from "../constructs/providers/stackpath/stackpath";
import type { StackPathWish } from "../constructs/providers/stackpath/stackpath-wish";

const size = { cpu: 2, memoryGiB: 4 };

export function awsFleet(changes: Partial<AwsWish> = {}): FleetProvider {
  return aws({ size, connectionsPerNode: 1_000, sites: { "us-east-1": { nodes: 2 } }, ...changes });
}

export function stackpathFleet(changes: Partial<StackPathWish> = {}): FleetProvider {
  return stackpath({ size, connectionsPerNode: 1_000, sites: { SEA: { nodes: 2 } }, ...changes });
}

/** A valid environment, but for the changes. */
export function testEnvironment(changes: Partial<Environment> = {}): Environment {
  return environment({
    name: "test",
    sandbox: true,
    zone: "edge.example.net",
    image: "edge-node",
    listeners: [{ port: 443, protocol: "TCP" }],
    controlPlaneUrl: "https://control.example.net",
    dns: ns1({ policy: roundRobin() }),
    fleets: [awsFleet(), stackpathFleet()],
    state: { kind: "local" },
    ...changes,
  });
}
