import { ns1 } from "../constructs/dns/ns1/ns1";
import { roundRobin } from "../constructs/dns/traffic-policy";
import { environment } from "../constructs/fleet/environment";
import { aws } from "../constructs/providers/aws/aws";
import { equinix } from "../constructs/providers/equinix/equinix";
import { stackpath } from "../constructs/providers/stackpath/stackpath";
import { vultr } from "../constructs/providers/vultr/vultr";
import { staticKey } from "../constructs/secrets/static-key";

const size = { cpu: 2, memoryGiB: 4 };
const connectionsPerNode = 20_000;
const logs = staticKey({ region: "us-east-1" });

/** Every provider in the sandbox: both kinds of reach, managed anycast and prefixes that the nodes announce themselves. */
export default environment({
  name: "everywhere",
  sandbox: true,
  zone: "edge.example.net",
  image: "edge-node",
  listeners: [
    { port: 443, protocol: "TCP" },
    { port: 443, protocol: "UDP" },
    { port: 2222, protocol: "TCP", role: "tunnel" },
  ],
  controlPlaneUrl: "https://control.example.net",
  // Of these fleets only Vultr's has IPv6: AWS has none beside UDP, StackPath and Equinix Metal none at all. With users of its own
  // that no other fleet can carry it could never be drained, so no release could go round.
  dns: ns1({ policy: roundRobin(), ipv6: "none" }),
  fleets: [
    aws({ size, connectionsPerNode, sites: { "us-east-1": { nodes: 2 }, "eu-central-1": { nodes: 2 } } }),
    stackpath({
      size,
      connectionsPerNode,
      logs,
      sites: { SEA: { nodes: 2 }, europe: { nodes: 2, locations: ["AMS", "FRA"] } },
    }),
    vultr({
      size,
      connectionsPerNode,
      logs,
      ipv6: true,
      announce: {
        asn: 64_512,
        ipv4: { prefix: "198.51.100.0/24", address: "198.51.100.10" },
        ipv6: { prefix: "2001:db8:a::/48", address: "2001:db8:a::10" },
      },
      sites: { ewr: { nodes: 2 }, nrt: { nodes: 2 } },
    }),
    equinix({
      // Its smallest machine, of which one is a site.
      size: { cpu: 16, memoryGiB: 32 },
      connectionsPerNode: 4 * connectionsPerNode,
      logs,
      archives: {
        url: "https://images.example.net/edge-node",
        bucket: "example-images",
        region: "us-east-1",
      },
      sites: { ny: { nodes: 1 }, am: { nodes: 1 } },
    }),
  ],
  rollout: { peak: { connections: 100_000 }, bake: "10m" },
  state: { kind: "local" },
});
