/** The guide leads to green: an invented provider whose nodes announce, filled in from its skeleton. */
import type { Announcement } from "../../constructs/fleet/announcement";
import type { FleetWish } from "../../constructs/fleet/fleet-inputs";
import { staticKey } from "../../constructs/secrets/static-key";
import { fleetConformance } from "./fleet-conformance";
import { ScratchProject } from "./invented-providers";

const project = new ScratchProject();
project.fill("peerlink", "bgp");
project.generateBindings();
const { make, simulations } = project.load("peerlink");
afterAll(() => {
  project.remove();
});

const WISH: FleetWish & { readonly announce: Announcement } = {
  size: { cpu: 2, memoryGiB: 4 },
  connectionsPerNode: 1_000,
  logs: staticKey({ region: "us-east-1" }),
  ipv6: true,
  announce: {
    asn: 64_512,
    ipv4: { prefix: "198.51.100.0/24", address: "198.51.100.10" },
    ipv6: { prefix: "2001:db8:a::/48", address: "2001:db8:a::10" },
  },
  sites: { oslo: { nodes: 2 }, lima: { nodes: 2 } },
};
fleetConformance(make, WISH, { images: ["image-1", "image-2"], simulations });
