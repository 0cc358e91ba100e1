import { equinix } from "../../constructs/providers/equinix/equinix";
import { staticKey } from "../../constructs/secrets/static-key";
import { fleetConformance } from "./fleet-conformance";

fleetConformance(equinix, {
  size: { cpu: 16, memoryGiB: 32 },
  connectionsPerNode: 1_000,
  logs: staticKey({ region: "us-east-1" }),
  archives: { url: "https://images.example.net/edge-node", bucket: "example-images", region: "us-east-1" },
  sites: { ny: { nodes: 2 }, am: { nodes: 2 } },
});
