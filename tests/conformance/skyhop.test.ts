/** The guide leads to green: an invented provider of managed anycast, filled in from its skeleton. */
import { staticKey } from "../../constructs/secrets/static-key";
import { fleetConformance } from "./fleet-conformance";
import { ScratchProject } from "./invented-providers";

const project = new ScratchProject();
project.fill("skyhop", "managed-anycast");
project.generateBindings();
const { make, simulations } = project.load("skyhop");
afterAll(() => {
  project.remove();
});

fleetConformance(
  make,
  {
    size: { cpu: 2, memoryGiB: 4 },
    connectionsPerNode: 1_000,
    logs: staticKey({ region: "us-east-1" }),
    sites: { oslo: { nodes: 2 }, lima: { nodes: 2 } },
  },
  { images: ["image-1", "image-2"], simulations },
);
