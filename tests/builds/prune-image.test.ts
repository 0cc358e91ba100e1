import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { lockKey, readBuild } from "../../builds/build-store";
import type { BuildRecord } from "../../builds/build-record";
import { ensureImage } from "../../builds/ensure-image";
import { pruneImage } from "../../builds/prune-image";
import { PolycastError } from "../../constructs/fleet/problem";
import { fileObjectStore } from "../../live/file-object-store";
import { takeLease } from "../../live/lease";
import type { ObjectStore } from "../../live/object-store";
import { FakeCloud, fakeTools, wanted } from "./fake-images";

const NAME = "test-edge-node-aaaaaaaaaaaa";

let directory: string;
let objects: ObjectStore;
let cloud: FakeCloud;
let record: BuildRecord;
beforeEach(async () => {
  directory = mkdtempSync(path.join(tmpdir(), "polycast-prune-"));
  objects = fileObjectStore(directory);
  cloud = new FakeCloud();
  const { tools, stop } = fakeTools();
  const source = () => Promise.resolve({ dirty: false });
  const desk = { objects, tools, stop, limitMinutes: 1, log: "fake.log", source };
  ({ record } = await ensureImage(wanted(cloud), desk));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

const prune = (uses: readonly string[] = []): Promise<void> =>
  pruneImage(record, wanted(cloud), objects, fakeTools().tools, () => Promise.resolve(uses));
const isThere = async (): Promise<[boolean, boolean]> => [
  cloud.has(NAME, "here"),
  (await readBuild(objects, record)) !== undefined,
];

test("an image goes at its provider, with its record", async () => {
  await prune();
  expect(await isThere()).toEqual([false, false]);
});

test("one that has come into use since it was shown stays", async () => {
  await expect(prune(["channel stable", "release r1"])).rejects.toThrow(
    /aaaaaaaaaaaa of fake was not removed[^]*channel stable, release r1 uses it by now/,
  );
  expect(await isThere()).toEqual([true, true]);
  await prune();
  expect(await isThere()).toEqual([false, false]);
});

test("one that somebody is at work on stays", async () => {
  await takeLease(objects, lockKey(record, "aaaaaaaaaaaa"), "image build fake", 30);
  await expect(prune()).rejects.toThrow(/was not removed[^]*image build fake is at it since/);
  expect(await isThere()).toEqual([true, true]);
});

test("what its provider does not give up keeps its record", async () => {
  const source = cloud.source(["here"]);
  const refusing = {
    ...source,
    builder: async (...args: Parameters<typeof source.builder>) => ({
      ...(await source.builder(...args)),
      remove: () => Promise.reject(new PolycastError("in use")),
    }),
  };
  const { tools } = fakeTools();
  const pruned = pruneImage(record, wanted(cloud, { source: refusing }), objects, tools, () =>
    Promise.resolve([]),
  );
  await expect(pruned).rejects.toThrow("in use");
  expect(await isThere()).toEqual([true, true]);
});
