import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PolycastError } from "../../../constructs/fleet/problem";
import { readManifest } from "../../../live/read-manifest";
import { byId, parseImages, readImages } from "../../../sandbox/world/images";

const file = (images: unknown, version: unknown = 1): string => JSON.stringify({ version, images });
const GOOD = { ids: ["ami-1", "ami-2"], provider: "aws", release: "r1", bootSeconds: 45 };

describe("the sandbox's own images", () => {
  const images = readImages();
  const { releases, channels } = readManifest({ name: "sandbox", image: "edge-node" });
  const idsOf = (image: unknown): string[] =>
    typeof image === "string" ? [image] : Object.values(image as Record<string, string>);

  test.each(Object.entries(releases))(
    "has a record for every image of %s, of its provider",
    (release, { images: byProvider }) => {
      for (const [provider, image] of Object.entries(byProvider)) {
        for (const id of idsOf(image)) expect(images.get(id)).toMatchObject({ release, provider });
      }
    },
  );

  test("has no record that no release uses", () => {
    const used = Object.values(releases).flatMap((release) => Object.values(release.images).flatMap(idsOf));
    expect([...images.keys()].sort()).toEqual(used.sort());
  });

  test("has good releases and one of each bad kind", () => {
    const kinds = (release: string) =>
      Object.fromEntries(
        [...images.values()]
          .filter((image) => image.release === release)
          .map(({ provider, behaviour }) => [provider, behaviour.map(({ kind }) => kind).join()]),
      );
    expect(channels.stable).toBe("r1");
    expect(new Set(Object.values(kinds("r1")))).toEqual(new Set([""]));
    expect(new Set(Object.values(kinds("r2")))).toEqual(new Set([""]));
    expect(kinds("r3-bad-boot")).toMatchObject({ aws: "fails", stackpath: "fails" });
    expect(kinds("r3-bad-bake")).toMatchObject({ aws: "fails", stackpath: "fails" });
    expect(kinds("r3-bad-stackpath")).toMatchObject({ aws: "", stackpath: "fails" });
    expect(kinds("r3-leaks")).toMatchObject({ aws: "leaks", stackpath: "leaks" });
    expect(kinds("r3-slow")).toMatchObject({ aws: "slow", stackpath: "slow" });
  });
});

describe("records of images", () => {
  test("are found by each of their ids, with what they leave out", () => {
    const images = byId(parseImages(file([GOOD]), "x.json"));
    expect([...images.keys()]).toEqual(["ami-1", "ami-2"]);
    expect(images.get("ami-2")).toEqual({ ...GOOD, latencyMs: 5, behaviour: [] });
    expect(images.has("ami-3")).toBe(false);
  });

  test("are read of every image that has any", () => {
    const folder = mkdtempSync(join(tmpdir(), "polycast-images-"));
    try {
      for (const image of ["one", "two", "none"]) mkdirSync(join(folder, image));
      writeFileSync(join(folder, "one", "simulated-images.json"), file([GOOD]));
      writeFileSync(join(folder, "two", "simulated-images.json"), file([{ ...GOOD, ids: ["ami-9"] }]));
      expect([...readImages(folder).keys()]).toEqual(["ami-1", "ami-2", "ami-9"]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    ["no JSON", "{", "is not JSON"],
    ["a newer version", file([], 2), "has version 2"],
    ["no ids", file([{ ...GOOD, ids: [] }]), "images.0.ids: "],
    ["a negative boot", file([{ ...GOOD, bootSeconds: -1 }]), "images.0.bootSeconds: "],
    ["an unknown key", file([{ ...GOOD, boot: 1 }]), 'Unrecognized key: "boot"'],
    [
      "an unknown behaviour",
      file([{ ...GOOD, behaviour: [{ kind: "explodes" }] }]),
      "images.0.behaviour.0.kind: ",
    ],
    [
      "no latency where it is slow",
      file([{ ...GOOD, behaviour: [{ kind: "slow", afterSeconds: 0 }] }]),
      "images.0.behaviour.0.latencyMs: ",
    ],
    [
      "a leak that is over at once",
      file([{ ...GOOD, behaviour: [{ kind: "leaks", afterSeconds: 0 }] }]),
      "images.0.behaviour.0.afterSeconds: ",
    ],
  ])("are refused with %s", (_, text, message) => {
    const parse = (): unknown => parseImages(text, "images/x/simulated-images.json");
    expect(parse).toThrow(PolycastError);
    expect(parse).toThrow(message);
    expect(parse).toThrow("images/x/simulated-images.json");
  });

  test("are refused with all that is wrong at once", () => {
    const parse = (): unknown =>
      parseImages(
        file([
          { ...GOOD, provider: 1 },
          { ...GOOD, release: "" },
        ]),
        "x.json",
      );
    expect(parse).toThrow(/images\.0\.provider: [^]*images\.1\.release: /);
  });

  test("are refused where several are for one id", () => {
    const records = parseImages(file([GOOD, { ...GOOD, ids: ["ami-2", "ami-3"] }]), "x.json");
    expect(() => byId(records)).toThrow('several records are for "ami-2"');
  });
});
