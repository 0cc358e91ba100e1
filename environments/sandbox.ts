import { ns1 } from "../constructs/dns/ns1/ns1";
import { roundRobin } from "../constructs/dns/traffic-policy";
import { environment } from "../constructs/fleet/environment";
import { cloudwatch } from "../constructs/management/cloudwatch/cloudwatch";
import { aws } from "../constructs/providers/aws/aws";
import { stackpath } from "../constructs/providers/stackpath/stackpath";
import { staticKey } from "../constructs/secrets/static-key";

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
      logs: staticKey({ region: "us-east-1" }),
      sites: { SEA: { nodes: 2 }, europe: { nodes: 2, locations: ["AMS", "FRA"] } },
    }),
  ],
  management: cloudwatch({ region: "us-east-1", notify: ["operators@example.net"] }),
  rollout: { peak: { connections: 60_000 }, bake: "10m" },
  state: { kind: "local" },
});
