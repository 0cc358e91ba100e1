import { stackpath } from "../../constructs/providers/stackpath/stackpath";
import { staticKey } from "../../constructs/secrets/static-key";
import { fleetConformance } from "./fleet-conformance";

fleetConformance(stackpath, {
  size: { cpu: 2, memoryGiB: 4 },
  connectionsPerNode: 1_000,
  logs: staticKey({ region: "us-east-1" }),
  sites: { SEA: { nodes: 2 }, AMS: { nodes: 2 } },
});
