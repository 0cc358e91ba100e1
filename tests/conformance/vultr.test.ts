import { vultr } from "../../constructs/providers/vultr/vultr";
import { staticKey } from "../../constructs/secrets/static-key";
import { fleetConformance } from "./fleet-conformance";

fleetConformance(vultr, {
  size: { cpu: 2, memoryGiB: 4 },
  connectionsPerNode: 1_000,
  logs: staticKey({ region: "us-east-1" }),
  ipv6: true,
  announce: {
    asn: 64_512,
    ipv4: { prefix: "198.51.100.0/24", address: "198.51.100.10" },
    ipv6: { prefix: "2001:db8:a::/48", address: "2001:db8:a::10" },
  },
  sites: { ewr: { nodes: 2 }, nrt: { nodes: 2 } },
});
