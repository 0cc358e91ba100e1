import {
  parseChannel,
  promoteRelease,
  promoteSource,
  revoke,
  type PromotionSource,
} from "../../builds/promotion";
import type { BuildRecord } from "../../builds/build-record";
import { emptyManifest, formatManifest, parseManifest } from "../../constructs/image/release-manifest";
import { FakeCloud, wanted } from "./fake-images";

const HASHES = { aws: "a".repeat(64), stackpath: "c".repeat(64) } as const;
const PROVIDERS = ["aws", "stackpath"] as const;

function record(provider: keyof typeof HASHES, changed: Partial<BuildRecord> = {}): BuildRecord {
  return {
    ...{ version: 1, image: "edge-node", provider, hash: HASHES[provider], shared: "b".repeat(64) },
    ...{ entry: `${provider}-image`, checks: { ran: "in-builder", lines: ["ok 1 - all"] }, tools: {} },
    ...{ started: "2026-11-23T10:00:00Z", finished: "2026-11-23T10:10:00Z", log: "x.log" },
    source: { commit: "c0ffee", dirty: false },
    ...changed,
  };
}

function wantedIn(places: readonly string[]): PromotionSource["wanted"] {
  const cloud = new FakeCloud();
  return PROVIDERS.map((provider) => wanted(cloud, { provider, hash: HASHES[provider], places }));
}

function source(changed: Partial<PromotionSource> = {}, ...records: BuildRecord[]): PromotionSource {
  const found = records.length === 0 ? PROVIDERS.map((provider) => record(provider)) : records;
  return {
    providers: PROVIDERS,
    wanted: wantedIn([]),
    records: new Map(found.map((each) => [each.provider, each])),
    commit: { commit: "c0ffee", dirty: false },
    sandbox: false,
    ...changed,
  };
}

const empty = emptyManifest("edge-node");
const promoted = promoteSource(empty, "candidate", source(), "r1").manifest;

describe("to promote a source", () => {
  test("makes a release of what was built, and lets the channel lead to it", () => {
    expect(promoted).toEqual({
      version: 1,
      image: "edge-node",
      channels: { candidate: "r1" },
      releases: {
        r1: {
          images: { aws: "aws-image", stackpath: "stackpath-image" },
          builds: HASHES,
          commit: "c0ffee",
        },
      },
    });
    expect(parseManifest(formatManifest(promoted), "m.json", "edge-node")).toEqual(promoted);
  });

  test("names it by day and content, always the same", () => {
    const { release, isNew } = promoteSource(empty, "candidate", source());
    expect(release).toMatch(/^20261123-[0-9a-f]{8}$/);
    expect(isNew).toBe(true);
    expect(promoteSource(empty, "stable", source()).release).toBe(release);
  });

  test("again, to another channel, finds the release of before", () => {
    const again = promoteSource(promoted, "stable", source());
    expect(again).toMatchObject({ release: "r1", isNew: false });
    expect(again.manifest.channels).toEqual({ candidate: "r1", stable: "r1" });
    expect(again.manifest.releases).toEqual(promoted.releases);
  });

  test.each<[string, PromotionSource, RegExp]>([
    [
      "a provider that is not built",
      source({}, record("aws")),
      /stackpath: the image cccccccccccc of this source is not built/,
    ],
    [
      "builds of two sources",
      source({}, record("aws"), record("stackpath", { shared: "d".repeat(64) })),
      /stackpath: was built from another source/,
    ],
    [
      "an image that is not in every region yet",
      source(
        { wanted: wantedIn(["here", "there"]) },
        record("aws", { entry: { here: "ami-1" } }),
        record("stackpath"),
      ),
      /aws: the image is not in there, where its fleets are now[^]*copies it/,
    ],
    [
      "a simulated build",
      source({}, record("aws"), record("stackpath", { checks: { ran: "simulated", lines: [] } })),
      /stackpath: its build was simulated, so no check has run/,
    ],
    [
      "a changed work tree",
      source({ commit: { commit: "c0ffee", dirty: true } }),
      /no commit says what is in the images/,
    ],
    ["a provider without a builder", source({ providers: [...PROVIDERS, "vultr"] }), /vultr: has no builder/],
  ])("is refused for %s", (_, given, message) => {
    expect(() => promoteSource(empty, "stable", given)).toThrow(message);
  });

  test("names all that is wrong at once", () => {
    const given = source({ commit: { dirty: true }, records: new Map() });
    expect(() => promoteSource(empty, "stable", given)).toThrow(
      /work tree[^]*aws: the image[^]*stackpath: the image/,
    );
  });

  test("takes simulated builds of a changed work tree in the sandbox", () => {
    const simulated: Partial<BuildRecord> = { checks: { ran: "simulated", lines: [] } };
    const given = source(
      { sandbox: true, commit: { commit: "c0ffee", dirty: true } },
      ...PROVIDERS.map((provider) => record(provider, simulated)),
    );
    const { manifest } = promoteSource(empty, "stable", given, "r1");
    expect(manifest.releases["r1"]?.commit).toBeUndefined();
  });

  test.each([
    ["an id that is taken by other images", "r1", /releases never change/],
    ["an id that is none", "r 1", /"r 1" is no id/],
  ])("is refused for %s", (_, id, message) => {
    const other = source({}, record("aws", { hash: "e".repeat(64) }), record("stackpath"));
    expect(() => promoteSource(promoted, "stable", other, id)).toThrow(message);
  });
});

describe("to promote a release of the manifest", () => {
  test("moves the channel and nothing else", () => {
    const { manifest } = promoteRelease(promoted, "stable", "r1", source());
    expect(manifest).toEqual({ ...promoted, channels: { candidate: "r1", stable: "r1" } });
  });

  test.each([
    ["one that is not there", "r2", PROVIDERS, /no release "r2"; nearest: "r1"/],
    ["one without a provider's image", "r1", [...PROVIDERS, "vultr"], /releases.r1: has no image for vultr/],
  ])("is refused for %s", (_, id, providers, message) => {
    expect(() => promoteRelease(promoted, "stable", id, source({ providers }))).toThrow(message);
  });

  test("is refused for one that is revoked, with the reason", () => {
    const revoked = revoke(promoted, "r1", "leaks keys");
    expect(() => promoteRelease(revoked, "stable", "r1", source())).toThrow(
      /releases.r1: is revoked: leaks keys/,
    );
    // Neither as what the work tree makes, nor under another id.
    for (const id of [undefined, "r1", "r2"]) {
      expect(() => promoteSource(revoked, "stable", source(), id)).toThrow(
        /releases.r1: has the same images, and is revoked: leaks keys/,
      );
    }
  });

  test("is refused for one whose images are not those that were built and checked", () => {
    const simulated = record("aws", { checks: { ran: "simulated", lines: [] } });
    for (const [records, message] of [
      [[record("aws")], /releases.r1.images.stackpath: there is no record of its build cccccccccccc/],
      [[simulated, record("stackpath")], /releases.r1.images.aws: its build was simulated/],
      [[record("aws", { entry: "other" }), record("stackpath")], /is "aws-image", but "other" was built/],
      [[record("aws"), record("stackpath", { shared: "d".repeat(64) })], /are not all of one source/],
    ] as const) {
      expect(() => promoteRelease(promoted, "stable", "r1", source({}, ...records))).toThrow(message);
    }
  });

  test("asks for no record of images that were made elsewhere", () => {
    const releases = { r0: { images: { aws: "ami", stackpath: "image" } } };
    const builds = { providers: PROVIDERS, records: new Map(), sandbox: false };
    const { manifest } = promoteRelease({ ...empty, releases }, "stable", "r0", builds);
    expect(manifest).toEqual({ ...empty, channels: { stable: "r0" }, releases });
  });
});

describe("a release whose images have changed at the provider", () => {
  const [here, both] = [{ "us-east-1": "ami-1" }, { "us-east-1": "ami-1", "eu-central-1": "ami-2" }];
  const inOne = source({}, record("aws", { entry: here }), record("stackpath"));
  const inBoth = source({}, record("aws", { entry: both }), record("stackpath"));
  const before = promoteSource(empty, "candidate", inOne, "r1").manifest;

  test("has the places too that they were copied to, and stays the same release", () => {
    const expected = { ...before.releases["r1"], images: { aws: both, stackpath: "stackpath-image" } };
    for (const done of [
      promoteSource(before, "candidate", inBoth),
      promoteSource(before, "candidate", inBoth, "r1"),
      promoteRelease(before, "candidate", "r1", inBoth),
    ]) {
      expect(done).toMatchObject({ release: "r1", isNew: false });
      expect(done.manifest.releases).toEqual({ r1: expected });
    }
  });

  test("is another release where they were built anew", () => {
    const anew = source({}, record("aws", { entry: { "us-east-1": "ami-9" } }), record("stackpath"));
    const { release, isNew, manifest } = promoteSource(before, "candidate", anew);
    expect(isNew).toBe(true);
    expect(manifest.releases["r1"]).toEqual(before.releases["r1"]);
    expect(manifest.releases[release]?.images).toMatchObject({ aws: { "us-east-1": "ami-9" } });
    expect(() => promoteSource(before, "candidate", anew, "r1")).toThrow(/or built anew since/);
  });
});

describe("to revoke a release", () => {
  test("marks it and takes the channels away that lead to it", () => {
    const both = promoteSource(promoted, "stable", source()).manifest;
    expect(revoke(both, "r1", " leaks keys ")).toEqual({
      ...both,
      channels: {},
      releases: { r1: { ...both.releases["r1"], revoked: "leaks keys" } },
    });
  });

  test.each([
    ["a release that is not there", "r9", "why", /no release "r9"/],
    ["no reason", "r1", " ", /--reason: is empty/],
  ])("is refused for %s", (_, id, reason, message) => {
    expect(() => revoke(promoted, id, reason)).toThrow(message);
  });
});

test("an unknown channel is refused, with those that there are", () => {
  expect(parseChannel("stable")).toBe("stable");
  expect(() => parseChannel("stabel")).toThrow(
    /no channel "stabel"; nearest: "stable"; there are: candidate, stable/,
  );
});
