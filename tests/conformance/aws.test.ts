import { aws } from "../../constructs/providers/aws/aws";
import { fleetConformance } from "./fleet-conformance";

fleetConformance(aws, {
  size: { cpu: 2, memoryGiB: 4 },
  connectionsPerNode: 1_000,
  ipv6: true,
  sites: { "us-east-1": { nodes: 2 }, "eu-central-1": { nodes: 2 } },
});
