import { ns1 } from "../constructs/dns/ns1/ns1";
import { roundRobin } from "../constructs/dns/traffic-policy";
import { environment } from "../constructs/fleet/environment";
import { aws } from "../constructs/providers/aws/aws";
import { stackpath } from "../constructs/providers/stackpath/stackpath";

const size = { cpu: 2, memoryGiB: 4 };

/** Everything on one laptop: real Terraform, simulated clouds. */
export default environment({
  name: "sandbox",
  sandbox: true,
  zone: "edge.example.net",
  image: "edge-node",
  listeners: [
    { port: 443, protocol: "TCP" },
    { port: 443, protocol: "UDP" },
    { port: 2222, protocol: "TCP", role: "tunnel" },
  ],
  controlPlaneUrl: "https://control.example.net",
  dns: ns1({ policy: roundRobin() }),
  fleets: [
    aws({
      size,
      connectionsPerNode: 20_000,
      sites: { "us-east-1": { nodes: 2 }, "eu-central-1": { nodes: 2 } },
    }),
    stackpath({
      size,
      connectionsPerNode: 20_000,
      sites: { SEA: { nodes: 2 }, europe: { nodes: 2, locations: ["AMS", "FRA"] } },
    }),
  ],
  state: { kind: "local" },
});
