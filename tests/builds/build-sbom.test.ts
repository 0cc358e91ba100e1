import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forgetSbom, keepSbom, readSbom } from "../../builds/build-sbom";
import type { WantedImage } from "../../builds/wanted-images";
import type { BuiltImage, ImageSource } from "../../constructs/image/image-source";
import { fileObjectStore } from "../../live/file-object-store";

const WANTED: WantedImage = {
  ...{ environment: "test", image: "edge-node", provider: "stackpath", hash: "ab".repeat(32) },
  ...{ shared: "cd".repeat(32), folder: "/images/edge-node", places: [], source: {} as ImageSource },
  ...{ settings: { baseImage: "acme/debian-12:v1" }, variables: {} },
};
const BUILT: BuiltImage = {
  ...{ entry: "acme/edge:1", checks: { ran: "in-builder", lines: [] }, tools: { packer: "1.6.6" } },
  packages: "nginx\t1.22.1-9\tamd64\tnginx\t1.22.1-9\n",
};
const NOW = new Date("2026-11-23T12:00:00Z");

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "polycast-sbom-"))));
afterEach(() => {
  rmSync(directory, { recursive: true });
});

test("is kept beside the record, replaced by a later build, and goes with it", async () => {
  const objects = fileObjectStore(directory);
  const sbom = await keepSbom(objects, WANTED, BUILT, NOW);
  expect(sbom).toBe(`images/sboms/edge-node/stackpath/${"ab".repeat(32)}`);
  const text = await readSbom(objects, { sbom: String(sbom) });
  expect(JSON.parse(String(text))).toMatchObject({
    bomFormat: "CycloneDX",
    metadata: { component: { version: "ab".repeat(32) } },
    components: [{ name: "nginx", version: "1.22.1-9" }],
  });
  await keepSbom(objects, WANTED, BUILT, new Date(NOW.getTime() + 1000));
  expect(await readSbom(objects, { sbom: String(sbom) })).not.toBe(text);
  await forgetSbom(objects, WANTED);
  expect(await readSbom(objects, { sbom: String(sbom) })).toBeUndefined();
  await expect(forgetSbom(objects, WANTED)).resolves.toBeUndefined();
});

test("names all settings of a provider that pins more than one base", async () => {
  const objects = fileObjectStore(directory);
  const sbom = await keepSbom(
    objects,
    { ...WANTED, settings: { os: "debian_12", kernel: "6.1" } },
    BUILT,
    NOW,
  );
  expect(await readSbom(objects, { sbom: String(sbom) })).toContain(
    JSON.stringify(JSON.stringify({ os: "debian_12", kernel: "6.1" })),
  );
});

test("there is none of a builder that said nothing", async () => {
  const { entry, checks, tools } = BUILT;
  const objects = fileObjectStore(directory);
  expect(await keepSbom(objects, WANTED, { entry, checks, tools }, NOW)).toBeUndefined();
  expect(await objects.list("")).toEqual([]);
  expect(await readSbom(objects, {})).toBeUndefined();
});
