import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readOrBegin, writeManifest } from "../../builds/manifest-file";
import { formatManifest, type ReleaseManifest } from "../../constructs/image/release-manifest";
import { testEnvironment } from "../environment-for-tests";
import { TemporaryImages } from "../temporary-image";

const images = new TemporaryImages();
const before = process.env["POLYCAST_IMAGES"];
beforeAll(() => {
  process.env["POLYCAST_IMAGES"] = images.directory;
});
afterAll(() => {
  if (before === undefined) delete process.env["POLYCAST_IMAGES"];
  else process.env["POLYCAST_IMAGES"] = before;
  images.dispose();
});

const environment = testEnvironment();
const FILE = path.join(images.folder, "manifests", `${environment.name}.json`);
const release = (manifest: ReleaseManifest, id: string): ReleaseManifest => ({
  ...manifest,
  releases: { ...manifest.releases, [id]: { images: { aws: { "us-east-1": "ami-01234567" } } } },
});

test("of two changes at once the second is refused, and the first stays", () => {
  const read = readOrBegin(environment);
  const first = release(read, "r1");
  writeManifest(environment, read, first);
  expect(() => {
    writeManifest(environment, read, release(read, "r2"));
  }).toThrow(/Nothing was changed[^]*test.json: somebody else has changed it meanwhile[^]*again/);
  expect(readOrBegin(environment)).toEqual(first);
});

test("is read as some editors save it, with a byte order mark and Windows' line ends", () => {
  const manifest = readOrBegin(environment);
  writeFileSync(FILE, `\uFEFF${formatManifest(manifest).replaceAll("\n", "\r\n")}`);
  expect(readOrBegin(environment)).toEqual(manifest);
  const next = release(manifest, "r3");
  writeManifest(environment, manifest, next);
  expect(readFileSync(FILE, "utf8")).toBe(formatManifest(next));
});
