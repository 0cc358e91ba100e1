import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { billOfMaterials, type ListedImage } from "../../../constructs/image/bill-of-materials";

const LISTED: ListedImage = {
  ...{ image: "edge-node", provider: "stackpath", hash: "ab".repeat(32), baseImage: "acme/debian-12:v1" },
  packages: [
    "nginx\t1.22.1-9+deb12u1\tamd64\tnginx\t1.22.1-9+deb12u1",
    "libnftables1\t1.0.6-2+deb12u2\tamd64\tnftables\t1.0.6-2+deb12u2",
    "tzdata\t2024a-0+deb12u1\tall\ttzdata\t2024a-0+deb12u1",
    "openssh-server\t1:9.2p1-2+deb12u3\tamd64\topenssh\t1:9.2p1-2+deb12u3",
    "libstdc++6\t12.2.0-14\tamd64\tgcc-12\t12.2.0-14",
    "amazon-cloudwatch-agent\t1.300\tamd64\tamazon-cloudwatch-agent\t1.300",
    "",
  ].join("\n"),
  variables: {
    cloudwatch_agent_url: "https://example.net/agent.deb",
    cloudwatch_agent_sha256: "cd".repeat(32),
    apt_mirror: "http://deb.debian.org/debian",
    signing_helper_url: "",
    signing_helper_sha256: "",
  },
  builtAt: new Date("2026-11-23T12:00:00Z"),
  tools: { packer: "1.6.6", terraform: "1.11.4" },
};

interface Bom {
  readonly serialNumber: string;
  readonly metadata: { readonly component: object; readonly tools: unknown; readonly timestamp: string };
  readonly components: readonly {
    name: string;
    version: string;
    purl: string;
    hashes?: unknown;
    properties: unknown;
  }[];
  readonly dependencies: readonly { ref: string; dependsOn?: readonly string[] }[];
}
const bomOf = (changes: Partial<ListedImage> = {}): Bom =>
  JSON.parse(billOfMaterials({ ...LISTED, ...changes })) as Bom;
const part = (name: string) => bomOf().components.find((each) => each.name === name);

test("CycloneDX's own schema has nothing to say, also in its strict form", async () => {
  const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
  expect(await validator.validate(billOfMaterials(LISTED))).toBeNull();
  // It would say something.
  expect(await validator.validate(billOfMaterials(LISTED).replace('"purl"', '"pearl"'))).not.toBeNull();
});

test("which image it is, from what, and by what", () => {
  const { component, timestamp, tools } = bomOf().metadata;
  expect(timestamp).toBe("2026-11-23T12:00:00.000Z");
  expect(component).toMatchObject({
    ...{ type: "operating-system", name: "edge-node", version: LISTED.hash },
    properties: [
      { name: "polycast:base-image", value: "acme/debian-12:v1" },
      { name: "polycast:provider", value: "stackpath" },
    ],
  });
  expect(JSON.stringify(tools)).toContain("1.11.4");
});

test("every package, with a package URL as Debian's are written", () => {
  expect(bomOf().components.map(({ purl }) => purl)).toEqual(
    expect.arrayContaining([
      "pkg:deb/debian/nginx@1.22.1-9+deb12u1?arch=amd64&distro=debian-12",
      "pkg:deb/debian/openssh-server@1:9.2p1-2+deb12u3?arch=amd64&distro=debian-12",
      "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=debian-12",
      "pkg:deb/debian/tzdata@2024a-0+deb12u1?arch=all&distro=debian-12",
    ]),
  );
  expect(bomOf().components).toHaveLength(6);
  expect(part("libnftables1")?.properties).toEqual([
    { name: "polycast:source-package", value: "nftables 1.0.6-2+deb12u2" },
  ]);
});

test("what is pinned by URL and checksum is not Debian's", () => {
  const agent = part("amazon-cloudwatch-agent");
  expect(agent?.purl).toMatch(/^pkg:generic\/amazon-cloudwatch-agent@1\.300\?/);
  const { searchParams } = new URL(agent?.purl ?? "");
  expect(searchParams.get("download_url")).toBe("https://example.net/agent.deb");
  expect(searchParams.get("checksum")).toBe(`sha256:${"cd".repeat(32)}`);
  expect(agent?.hashes).toEqual([{ alg: "SHA-256", content: "cd".repeat(32) }]);
});

test("the image depends on all of them", () => {
  const { components, dependencies } = bomOf();
  const root = dependencies.find(({ ref }) => ref === `edge-node@${LISTED.hash}`);
  expect([...(root?.dependsOn ?? [])].sort()).toEqual(components.map(({ purl }) => purl).sort());
});

test("the same build has the same text, another one another number", () => {
  expect(billOfMaterials(LISTED)).toBe(billOfMaterials(LISTED));
  expect(bomOf().serialNumber).toMatch(
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(bomOf({ hash: "ef".repeat(32) }).serialNumber).not.toBe(bomOf().serialNumber);
});

test.each(["", "nginx\n", "nginx\t1\tamd64\tnginx\t1\textra\n", "\t1\tamd64\tnginx\t1\n"])(
  "%j is no list of packages",
  (packages) => {
    expect(() => billOfMaterials({ ...LISTED, packages })).toThrow(/no bill of materials[^]*packages\.tsv/);
  },
);
