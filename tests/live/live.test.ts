import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseManifest } from "../../constructs/image/release-manifest";
import { fileLiveStore } from "../../live/file-live-store";
import { lostAddresses, lostFleets, planDeployment } from "../../live/deployment";
import { emptyRecord, formatLiveRecord, parseLiveRecord, type LiveRecord } from "../../live/live-record";
import { forgetFleet } from "../../live/forget-fleet";
import { updateLiveRecord } from "../../live/live-store";
import { pinRelease } from "../../live/pin-release";
import { environmentDirectory } from "../../live/state-location";
import { awsFleet, stackpathFleet, testEnvironment } from "../environment-for-tests";
import { MANIFEST } from "../synthesize";

const record = (fleets: LiveRecord["fleets"]): LiveRecord => ({ version: 1, environment: "test", fleets });

describe("the live record", () => {
  const text = formatLiveRecord(record({ aws: { release: "r1", share: 100 } }));
  const parse = (changed: string) => () => parseLiveRecord(changed, "live/1.json", "test");

  test("is read as it was written", () => {
    expect(parse(text)()).toEqual(record({ aws: { release: "r1", share: 100 } }));
  });

  test("may say that some sites run another release", () => {
    const mixed = record({ aws: { release: "r1", sites: { "us-east-1": "r2" }, share: 100 } });
    expect(parse(formatLiveRecord(mixed))()).toEqual(mixed);
  });

  test.each([
    [
      "a release of a site that is none",
      text.replace('"r1"', '"r1", "sites": { "a": 7 }'),
      /fleets.aws.sites.a: /,
    ],
    ["text that is not JSON", text.slice(0, 20), /The live record live\/1.json is not JSON/],
    [
      "a newer version",
      text.replace('"version": 1', '"version": 2'),
      /has version 2; this Polycast reads up to version 1/,
    ],
    [
      "another environment's",
      text.replace('"test"', '"prod"'),
      /belongs to the environment "prod", not to "test"/,
    ],
    ["a share over 100", text.replace("100", "101"), /fleets.aws.share: Too big/],
    [
      "an unknown key",
      text.replace('"release"', '"releese"'),
      /fleets.aws.release: [^]*Unrecognized key: "releese"/,
    ],
    ["nothing", "null", /is malformed/],
  ])("refuses %s", (_, changed, message) => {
    expect(parse(changed)).toThrow(message);
  });
});

describe("the manifest", () => {
  const text = JSON.stringify(MANIFEST);
  const parse = (changed: string | undefined) => () => parseManifest(changed, "m.json", "edge-node");

  test.each([
    ["a missing file", undefined, /m.json does not exist/],
    ["text that is not JSON", "{", /is not JSON/],
    ["a newer version", text.replace('"version":1', '"version":9'), /has version 9/],
    [
      "another image's",
      text.replace('"edge-node"', '"other"'),
      /is for "other", the environment runs "edge-node"/,
    ],
    [
      "a stable release that it lacks",
      text.replace('"stable":"r1"', '"stable":"r3"'),
      /no such release "r3"; nearest: "r1"/,
    ],
    [
      "an address of a build without an image",
      text.replace('"images":{', `"builds":{"nowhere":"${"a".repeat(64)}"},"images":{`),
      /releases.r1.builds.nowhere: is a build of nowhere, but the release has no image for it/,
    ],
    [
      "an address that is none",
      text.replace('"images":{', '"builds":{"aws":"abc"},"images":{'),
      /releases.r1.builds.aws: is no content address/,
    ],
    ["an unknown channel", text.replace('"stable":"r1"', '"stabel":"r1"'), /Unrecognized key: "stabel"/],
    ["the form of before", text.replace('"channels":{"stable":"r1"}', '"stable":"r1"'), /channels: /],
    ["releases in a list", text.replace(/"releases":.*$/, '"releases":[]}'), /releases: Invalid input/],
  ])("refuses %s", (_, changed, message) => {
    expect(parse(changed)).toThrow(message);
  });
});

describe("a deploy", () => {
  const environment = testEnvironment();
  const plan = (fleets: LiveRecord["fleets"], manifest = MANIFEST) =>
    planDeployment(environment, manifest, record(fleets)).map(({ fleet, release, share }) => [
      fleet.name,
      release.id,
      share,
    ]);

  test("starts a new fleet with the stable release and a full share", () => {
    expect(plan({})).toEqual([
      ["aws", "r1", 100],
      ["stackpath", "r1", 100],
    ]);
  });

  test("changes no release and no share that the record holds, whatever is stable now", () => {
    const live = { aws: { release: "r1", share: 0 } };
    expect(plan(live, { ...MANIFEST, channels: { stable: "r2" } })).toEqual([
      ["aws", "r1", 0],
      ["stackpath", "r2", 100],
    ]);
  });

  describe("with a revoked release", () => {
    const r1 = {
      ...MANIFEST.releases["r1"],
      images: MANIFEST.releases["r1"]?.images ?? {},
      revoked: "leaks keys",
    };
    const manifest = { ...MANIFEST, releases: { ...MANIFEST.releases, r1 } };

    test("starts no fleet with it, and says why", () => {
      expect(() => plan({}, manifest)).toThrow(
        /fleets.aws: would start with the release "r1", which is revoked: leaks keys/,
      );
    });

    test("goes on with the fleets that run it, and says so of each", () => {
      const live = { aws: { release: "r1", share: 0 }, stackpath: { release: "r2", share: 100 } };
      const found = planDeployment(environment, manifest, record(live));
      expect(found.map(({ fleet, share, revoked }) => [fleet.name, share, revoked])).toEqual([
        ["aws", 0, { r1: "leaks keys" }],
        ["stackpath", 100, {}],
      ]);
    });

    test("goes on where one site runs it", () => {
      const aws = { release: "r2", sites: { "us-east-1": "r1" }, share: 100 };
      const [found] = planDeployment(
        environment,
        manifest,
        record({ aws, stackpath: { release: "r2", share: 100 } }),
      );
      expect(found?.revoked).toEqual({ r1: "leaks keys" });
    });
  });

  describe("of a fleet whose sites run different releases", () => {
    const mixed = (sites: Record<string, string>) => ({ aws: { release: "r1", sites, share: 100 } });
    const releaseOf = (sites: Record<string, string>) =>
      planDeployment(environment, MANIFEST, record(mixed(sites)))[0]?.release;

    test("gives every site what it runs", () => {
      const { r1, r2 } = MANIFEST.releases;
      expect(releaseOf({ "us-east-1": "r2" })).toEqual({
        id: "r1",
        image: r1?.images["aws"],
        sites: { "us-east-1": { id: "r2", image: r2?.images["aws"] } },
      });
    });

    test("does not ask for the release of a site that is gone, or of one that runs what the others run", () => {
      expect(releaseOf({ "eu-west-1": "r0", "us-east-1": "r1" })).not.toHaveProperty("sites");
    });

    test("is refused where the manifest lacks a site's release, or its image", () => {
      expect(() => releaseOf({ "us-east-1": "r0" })).toThrow(/fleets.aws: runs the release "r0", which the/);
      const releases = { ...MANIFEST.releases, r2: { images: {} } };
      const plan = () =>
        planDeployment(environment, { ...MANIFEST, releases }, record(mixed({ "us-east-1": "r2" })));
      expect(plan).toThrow(/releases.r2: has no image for aws/);
    });

    test("is refused where the provider's sites cannot differ", () => {
      const stackpath = { release: "r1", sites: { SEA: "r2" }, share: 100 };
      expect(() => plan({ stackpath })).toThrow(
        /live record, fleets.stackpath.sites: says that SEA runs "r2", and stackpath cannot run different/,
      );
    });
  });

  test("starts nothing while the channel is empty, and changes nothing that runs", () => {
    const manifest = { ...MANIFEST, channels: {} };
    expect(() => plan({}, manifest)).toThrow(/channel stable leads to no release/);
    const live = { release: "r1", share: 100 };
    expect(plan({ aws: live, stackpath: live }, manifest)).toHaveLength(2);
  });

  test("is refused where the manifest no longer has what a fleet runs", () => {
    expect(() => plan({ aws: { release: "r0", share: 100 } })).toThrow(
      /fleets.aws: runs the release "r0", which the manifest lacks/,
    );
  });

  test("is refused where the release lacks a provider's image", () => {
    const aws = MANIFEST.releases["r1"]?.images["aws"];
    const manifest = { ...MANIFEST, releases: { r1: { images: { aws } } } };
    expect(() => plan({}, manifest)).toThrow(/releases.r1: has no image for stackpath; it has: aws/);
  });

  test.each([
    [
      "an AMI that is none",
      { aws: { "us-east-1": "ami-1" }, stackpath: "s/f:t" },
      /releases.r1.aws.us-east-1: must be an AMI id/,
    ],
    [
      "no AMI for a region",
      { aws: { "eu-west-1": "ami-00000000000000001" }, stackpath: "s/f:t" },
      /no AMI for us-east-1/,
    ],
    [
      "an image without a tag",
      { aws: { "us-east-1": "ami-00000000000000001" }, stackpath: "s/f" },
      /"s\/f" is not "<stack>/,
    ],
  ])("is refused for %s", (_, images, message) => {
    expect(() => plan({}, { ...MANIFEST, releases: { r1: { images } } })).toThrow(message);
  });

  test("is refused where round robin cannot serve a share, or nobody would be answered", () => {
    expect(() => plan({ aws: { release: "r1", share: 50 } })).toThrow(/50 cannot be had with round-robin/);
    const drained = { release: "r1", share: 0 };
    expect(() => plan({ aws: drained, stackpath: drained })).toThrow(/every fleet is drained/);
  });

  test("is refused where a record was lost, and names what was", async () => {
    const states: Record<string, unknown> = {
      "aws-fleet": { resources: [{ type: "null_resource", name: "live-record", instances: [{}] }] },
      // The first deploy was interrupted before it recorded anything: not lost, only unfinished.
      "stackpath-fleet": {
        resources: [{ type: "null_resource", name: "live-record", instances: [{ status: "tainted" }] }],
      },
    };
    const lost = await lostFleets(environment.fleets, record({}), (stack) => Promise.resolve(states[stack]));
    expect(lost).toEqual(["aws"]);
    expect(() => planDeployment(environment, MANIFEST, record({}), lost)).toThrow(
      /live record, fleets.aws: is missing, though the fleet was deployed/,
    );
  });
});

describe("a protected IPv6 address", () => {
  const withIpv6 = { outputs: { anycast_ipv4: {}, anycast_ipv6: {} } };
  const lost = (
    wish: { ipv6?: boolean },
    more: Parameters<typeof testEnvironment>[0],
    state: unknown = withIpv6,
  ) => lostAddresses(testEnvironment({ fleets: [awsFleet(wish)], ...more }), () => Promise.resolve(state));

  test("is not given back by leaving ipv6 out: Terraform would see no destruction", async () => {
    const [problem] = await lost({}, { sandbox: false });
    expect(problem?.where).toBe("fleets.aws.ipv6");
    const [environment, problems] = [testEnvironment(), problem === undefined ? [] : [problem]];
    expect(() => planDeployment(environment, MANIFEST, record({}), [], problems)).toThrow(/lost for good/);
  });

  test.each<[string, Parameters<typeof lost>]>([
    ["ipv6 stays on", [{ ipv6: true }, { sandbox: false }]],
    ["nothing is protected", [{}, { sandbox: false, protect: false }]],
    ["it is a sandbox", [{}, {}]],
    ["there never was one", [{}, { sandbox: false }, { outputs: { anycast_ipv4: {} } }]],
    ["nothing was deployed", [{}, { sandbox: false }, undefined]],
  ])("is no matter where %s", async (_, [wish, more, ...state]) => {
    expect(
      await lostAddresses(testEnvironment({ fleets: [awsFleet(wish)], ...more }), () =>
        Promise.resolve(state.length === 0 ? withIpv6 : state[0]),
      ),
    ).toEqual([]);
  });
});

describe("the record in files", () => {
  const directory = mkdtempSync(path.join(os.tmpdir(), "polycast-live-"));
  const folder = path.join(directory, "live");
  const store = fileLiveStore("test", directory);
  beforeEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  test("starts empty, and keeps its history", async () => {
    expect(await store.read()).toEqual({ record: emptyRecord("test"), version: undefined });
    await pinRelease(store, "aws", "r1");
    await pinRelease(store, "stackpath", "r1");
    expect(readdirSync(folder).sort()).toEqual(["1.json", "2.json"]);
    expect((await store.read()).record).toEqual(
      record({ aws: { release: "r1", share: 100 }, stackpath: { release: "r1", share: 100 } }),
    );
  });

  test("lets the first of two writers win, and tells the second", async () => {
    const { version } = await store.read();
    expect(await store.write(record({ a: { release: "r1", share: 1 } }), version)).toBe(true);
    expect(await store.write(record({ b: { release: "r1", share: 2 } }), version)).toBe(false);
    expect((await store.read()).record.fleets).toEqual({ a: { release: "r1", share: 1 } });
    expect(readdirSync(folder)).toEqual(["1.json"]);
  });

  test("loses no change of two writers at once", async () => {
    const names = Array.from({ length: 20 }, (_, index) => `fleet-${index}`);
    await Promise.all(names.map((name) => pinRelease(store, name, "r1")));
    expect(Object.keys((await store.read()).record.fleets).sort()).toEqual(names.sort());
  });

  test("sorts its versions as numbers", async () => {
    for (let share = 1; share <= 11; share += 1) {
      await updateLiveRecord(store, () => record({ aws: { release: "r1", share } }));
    }
    expect((await store.read()).record.fleets["aws"]?.share).toBe(11);
  });

  test("pins a release once; another one is refused, and nothing changes", async () => {
    await pinRelease(store, "aws", "r1");
    await pinRelease(store, "aws", "r1");
    await expect(pinRelease(store, "aws", "r2")).rejects.toThrow(
      /runs the release "r1", and this deploy was planned for "r2"/,
    );
    expect(readdirSync(folder)).toEqual(["1.json"]);
  });

  test("forgets a fleet that is destroyed, and no other", async () => {
    await pinRelease(store, "aws", "r1");
    await expect(forgetFleet(store, "awss")).rejects.toThrow(/holds no fleet "awss"/);
    mkdirSync(path.join(directory, "state"), { recursive: true });
    const state = path.join(directory, "state", "aws-fleet.tfstate");
    writeFileSync(state, '{"resources":[{"type":"aws_vpc"}]}');
    await expect(forgetFleet(store, "aws")).rejects.toThrow(
      /still exists: the state of aws-fleet holds 1 resources/,
    );
    expect((await store.read()).record.fleets).toHaveProperty("aws");
    writeFileSync(state, '{"resources":[]}');
    await forgetFleet(store, "aws");
    expect((await store.read()).record.fleets).toEqual({});
    writeFileSync(state, "{");
    await expect(store.readState("aws-fleet")).rejects.toThrow(
      /Terraform's state aws-fleet.tfstate is damaged/,
    );
    rmSync(path.join(directory, "state"), { recursive: true });
  });

  test("reads Terraform's state beside it", async () => {
    expect(await store.readState("aws-fleet")).toBeUndefined();
    mkdirSync(path.join(directory, "state"));
    writeFileSync(path.join(directory, "state", "aws-fleet.tfstate"), '{"resources":[]}');
    expect(await store.readState("aws-fleet")).toEqual({ resources: [] });
  });

  test("says so where it cannot be written", async () => {
    const file = path.join(directory, "a-file");
    writeFileSync(file, "");
    await expect(fileLiveStore("test", path.join(file, "below")).read()).rejects.toThrow(
      /cannot be read: ENOTDIR/,
    );
    const write = fileLiveStore("test", file).write(record({}), undefined);
    await expect(write).rejects.toThrow(/live cannot be read: ENOTDIR/);
  });
});

test("an environment's directory is its own, below POLYCAST_HOME", () => {
  expect(environmentDirectory("a")).not.toBe(environmentDirectory("b"));
  expect(path.basename(environmentDirectory("a"))).toBe("a");
  expect(awsFleet().name).not.toBe(stackpathFleet().name);
});
