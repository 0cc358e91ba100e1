import { ns1 } from "../constructs/dns/ns1/ns1";
import { weighted } from "../constructs/dns/traffic-policy";
import { environment } from "../constructs/fleet/environment";
import { cloudwatch } from "../constructs/management/cloudwatch/cloudwatch";
import { aws } from "../constructs/providers/aws/aws";
import { stackpath } from "../constructs/providers/stackpath/stackpath";
import { staticKey } from "../constructs/secrets/static-key";

const size = { cpu: 2, memoryGiB: 4 };

/** The real thing: put your zone, sites and bucket here. docs/production.md says what else it takes. */
export default environment({
  name: "production",
  zone: "edge.example.net",
  image: "edge-node",
  listeners: [
    { port: 443, protocol: "TCP" },
    { port: 2222, protocol: "TCP", role: "tunnel" },
  ],
  controlPlaneUrl: "https://control.example.net",
  dns: ns1({ policy: weighted({ aws: 25, stackpath: 75 }) }),
  fleets: [
    aws({
      size,
      connectionsPerNode: 20_000,
      sites: { "us-east-1": { nodes: 2 }, "eu-central-1": { nodes: 2 } },
    }),
    stackpath({
      size,
      connectionsPerNode: 20_000,
      logVolumeGiB: 20,
      logs: staticKey({ region: "us-east-1" }),
      sites: { SEA: { nodes: 2 }, AMS: { nodes: { min: 2, max: 4, cpuPercent: 60 } } },
    }),
  ],
  management: cloudwatch({ region: "us-east-1", notify: ["operators@example.net"] }),
  rollout: { peak: { connections: 60_000 } },
  state: { kind: "s3", bucket: "example-polycast-state", region: "us-east-1" },
});
