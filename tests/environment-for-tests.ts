import { ns1 } from "../constructs/dns/ns1/ns1";
import { roundRobin } from "../constructs/dns/traffic-policy";
import { environment, type Environment } from "../constructs/fleet/environment";
import type { FleetProvider } from "../constructs/fleet/fleet-provider";
import { aws } from "../constructs/providers/aws/aws";
import type { AwsWish } from "../constructs/providers/aws/aws-wish";
import { equinix } from "../constructs/providers/equinix/equinix";
import type { EquinixWish } from "../constructs/providers/equinix/equinix-wish";
import { stackpath } from "../constructs/providers/stackpath/stackpath";
import { staticKey } from "../constructs/secrets/static-key";
import type { StackPathWish } from "../constructs/providers/stackpath/stackpath-wish";
import { vultr } from "../constructs/providers/vultr/vultr";
import type { VultrWish } from "../constructs/providers/vultr/vultr-wish";

const size = { cpu: 2, memoryGiB: 4 };

export function awsFleet(changes: Partial<AwsWish> = {}): FleetProvider {
  return aws({ size, connectionsPerNode: 1_000, sites: { "us-east-1": { nodes: 2 } }, ...changes });
}

export function stackpathFleet(changes: Partial<StackPathWish> = {}): FleetProvider {
  return stackpath({
    size,
    connectionsPerNode: 1_000,
    sites: { SEA: { nodes: 2 } },
    logs: staticKey({ region: "us-east-1" }),
    ...changes,
  });
}

export function vultrFleet(changes: Partial<VultrWish> = {}): FleetProvider {
  return vultr({
    size,
    connectionsPerNode: 1_000,
    sites: { ewr: { nodes: 2 } },
    logs: staticKey({ region: "us-east-1" }),
    announce: { asn: 64_512, ipv4: { prefix: "198.51.100.0/24", address: "198.51.100.10" } },
    ...changes,
  });
}

export function equinixFleet(changes: Partial<EquinixWish> = {}): FleetProvider {
  return equinix({
    size: { cpu: 16, memoryGiB: 32 },
    connectionsPerNode: 4_000,
    sites: { ny: { nodes: 2 } },
    logs: staticKey({ region: "us-east-1" }),
    archives: { url: "https://images.example.net/edge-node", bucket: "example-images", region: "us-east-1" },
    ...changes,
  });
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
    // A real one may not have a fleet's secret in a file.
    state:
      changes.sandbox === false
        ? { kind: "s3", bucket: "test-state", region: "us-east-1" }
        : { kind: "local" },
    ...changes,
  });
}
