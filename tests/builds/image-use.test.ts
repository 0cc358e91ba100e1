import type { BuildRecord } from "../../builds/build-record";
import { prunable, usesOf, type ImageUse } from "../../builds/image-use";
import type { Release, ReleaseManifest } from "../../constructs/image/release-manifest";

const hash = (number: number): string => String(number).repeat(64);

function record(number: number, provider = "aws"): BuildRecord {
  return {
    ...{ version: 1, image: "edge-node", provider, hash: hash(number), shared: hash(0) },
    ...{ entry: { "us-east-1": `ami-${number}` }, checks: { ran: "in-builder", lines: [] }, tools: {} },
    ...{ started: "2026-11-23T10:00:00Z", finished: `2026-11-2${number}T10:00:00Z`, log: "x.log" },
    source: { dirty: false },
  };
}

const release = (number: number, more: Partial<Release> = {}): Release => ({
  images: { aws: { "us-east-1": `ami-${number}` } },
  builds: { aws: hash(number) },
  ...more,
});

function use(manifest: Partial<ReleaseManifest> = {}, fleets: Record<string, string> = {}): ImageUse {
  const own: ReleaseManifest = { version: 1, image: "edge-node", channels: {}, releases: {}, ...manifest };
  return {
    manifest: own,
    manifests: [own],
    providers: new Map([
      ["aws", "aws"],
      ["stackpath", "stackpath"],
    ]),
    running: new Map(Object.entries(fleets).map(([fleet, id]) => [fleet, [id]])),
  };
}

describe("an image is used by", () => {
  test("a release, its channels and the fleets that run it", () => {
    const given = use({ channels: { stable: "r1" }, releases: { r1: release(1) } }, { aws: "r1" });
    expect(usesOf(record(1), given)).toEqual(["fleet aws", "channel stable", "release r1"]);
    expect(usesOf(record(2), given)).toEqual([]);
    expect(usesOf(record(1, "stackpath"), { ...given })).toEqual([]);
  });

  test("a fleet of its provider, and one of which nobody knows the provider any more", () => {
    const releases = { r1: release(1) };
    expect(usesOf(record(1), use({ releases }, { stackpath: "r1" }))).toEqual(["release r1"]);
    expect(usesOf(record(1), use({ releases }, { retired: "r1" }))).toEqual(["fleet retired", "release r1"]);
  });

  test("a fleet that runs more than one", () => {
    const given = use({ releases: { r1: release(1), r2: release(2) } });
    const mixed = { ...given, running: new Map([["aws", ["r2", "r1"]]]) };
    expect(usesOf(record(1), mixed)).toEqual(["fleet aws", "release r1"]);
    expect(usesOf(record(2), mixed)).toEqual(["fleet aws", "release r2"]);
    const lost = { ...mixed, manifest: { ...given.manifest, releases: { r2: release(2) } } };
    expect(() => usesOf(record(2), lost)).toThrow(
      /fleets.aws: runs the release "r1", which the manifest lacks/,
    );
  });

  test("a release that names its id by hand, without the build", () => {
    const { builds, ...byHand } = release(1);
    expect(builds).toBeDefined();
    expect(usesOf(record(1), use({ releases: { r1: byHand } }))).toEqual(["release r1"]);
    const copied = { ...record(1), entry: { "us-east-1": "ami-1", "eu-west-1": "ami-7" } };
    expect(usesOf(copied, use({ releases: { r1: byHand } }))).toEqual(["release r1"]);
    expect(usesOf({ ...copied, entry: { "us-east-1": "ami-2" } }, use({ releases: { r1: byHand } }))).toEqual(
      [],
    );
    const whole = { ...record(1, "stackpath"), entry: "stack/edge:1" };
    expect(usesOf(whole, use({ releases: { r1: { images: { stackpath: "stack/edge:1" } } } }))).toEqual([
      "release r1",
    ]);
  });

  test("a release of another environment", () => {
    const given = use();
    const other: ReleaseManifest = { ...given.manifest, releases: { r7: release(1) } };
    expect(usesOf(record(1), { ...given, manifests: [given.manifest, other] })).toEqual(["release r7"]);
  });

  test("a revoked release only while a fleet runs it", () => {
    const releases = { r1: release(1, { revoked: "leaks keys" }) };
    expect(usesOf(record(1), use({ releases }))).toEqual([]);
    expect(usesOf(record(1), use({ releases }, { aws: "r1" }))).toEqual(["fleet aws"]);
  });
});

test("nothing is said while a fleet runs what the manifest lacks", () => {
  expect(() => usesOf(record(1), use({}, { aws: "r9" }))).toThrow(/fleets.aws: runs the release "r9"/);
});

describe("pruning keeps", () => {
  const records = [5, 4, 3, 2, 1].map((number) => record(number));
  const hashes = (found: readonly BuildRecord[]): string[] => found.map((each) => each.hash[0] ?? "");

  test("the newest of each provider", () => {
    expect(hashes(prunable(records, use(), 3))).toEqual(["2", "1"]);
    expect(hashes(prunable(records, use(), 0))).toEqual(["5", "4", "3", "2", "1"]);
    expect(prunable([...records, record(1, "stackpath")], use(), 5)).toEqual([]);
  });

  test("what is used, however old", () => {
    const given = use({ releases: { r1: release(1), r2: release(2) } }, { aws: "r1" });
    expect(hashes(prunable(records, given, 2))).toEqual(["3"]);
  });
});
