/** What `polycast provider new` writes: it compiles, and conformance says what it lacks. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Announcement } from "../../constructs/fleet/announcement";
import type { FleetWish } from "../../constructs/fleet/fleet-inputs";
import { staticKey } from "../../constructs/secrets/static-key";
import { PROJECT_ROOT } from "../../live/state-location";
import { judge } from "./assertion";
import { declare } from "./declaration";
import { DECLARED } from "./declared-assertions";
import { ScratchProject } from "./invented-providers";

const project = new ScratchProject();
beforeAll(() => {
  project.begin("mesa", "managed-anycast");
  project.begin("bora", "bgp");
  project.fill("skyhop", "managed-anycast");
  project.fill("peerlink", "bgp");
  project.generateBindings();
}, 60_000);
afterAll(() => {
  project.remove();
});

test("it compiles by the project's own settings, and so does what becomes of it", () => {
  const tsconfig = {
    extends: join(PROJECT_ROOT, "tsconfig.json"),
    compilerOptions: { incremental: false, tsBuildInfoFile: null },
    include: ["constructs/providers"],
  };
  writeFileSync(join(project.root, "tsconfig.json"), JSON.stringify(tsconfig));
  expect(project.node("node_modules/typescript/bin/tsc", "-p", ".")).toBe("");
}, 120_000);

test.each(["skyhop", "peerlink"])(
  "the constructs of %s have 250 lines at most, as the guide promises",
  (name) => {
    const folder = join(project.root, "constructs", "providers", name);
    const constructs = readdirSync(folder).filter((file) => file.startsWith(name));
    const lines = constructs.flatMap((file) => readFileSync(join(folder, file), "utf8").split("\n").slice(1));
    expect(constructs.length).toBeGreaterThanOrEqual(5);
    expect(lines.length).toBeLessThanOrEqual(250);
  },
);

const MANAGED: FleetWish = {
  size: { cpu: 2, memoryGiB: 4 },
  connectionsPerNode: 1_000,
  logs: staticKey({ region: "us-east-1" }),
  sites: { one: { nodes: 2 }, two: { nodes: 2 } },
};
const BGP: FleetWish & { readonly announce: Announcement } = {
  ...MANAGED,
  announce: { asn: 64_512, ipv4: { prefix: "198.51.100.0/24", address: "198.51.100.10" } },
};

test.each([
  ["mesa", MANAGED],
  ["bora", BGP],
])(
  "%s begins with decisions to take, and nothing else is wrong with it",
  (name, wish) => {
    const { make, simulations } = project.load(name);
    const declaration = declare({ make, wish, images: ["image-1", "image-2"], simulations });
    const wrong = DECLARED.filter((assertion) => judge(assertion, declaration, {}).length > 0);
    expect(wrong.map((assertion) => assertion.name)).toEqual([
      "knows what its nodes cost",
      "has IPv6, or says why not",
      "keeps clients at their node, or says why not",
      "scales with the load, or says why not",
      "carries some way to write logs, and says why not the others",
      `refuses "not an image of anybody's" as an image`,
      "says which credentials it needs",
      "makes its images, or leaves that to others",
      "is simulated after its plugin",
    ]);
  },
  60_000,
);
