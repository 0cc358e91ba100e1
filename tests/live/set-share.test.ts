import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileLiveStore } from "../../live/file-live-store";
import { updateLiveRecord } from "../../live/live-store";
import { setShare } from "../../live/set-share";

let directory: string;
const store = () => fileLiveStore("test", directory);
const shares = async () =>
  Object.fromEntries(
    Object.entries((await store().read()).record.fleets).map(([name, { share }]) => [name, share]),
  );

beforeEach(async () => {
  directory = mkdtempSync(path.join(os.tmpdir(), "polycast-share-"));
  const fleets = { aws: { release: "r1", share: 100 }, stackpath: { release: "r2", share: 100 } };
  await updateLiveRecord(store(), (record) => ({ ...record, fleets }));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

test("a share is recorded, and the release stays", async () => {
  const { fleets } = await setShare(store(), "aws", 40);
  expect(fleets).toEqual({ aws: { release: "r1", share: 40 }, stackpath: { release: "r2", share: 100 } });
  expect(await shares()).toEqual({ aws: 40, stackpath: 100 });
});

test("the same share again writes nothing", async () => {
  const { version } = await store().read();
  await setShare(store(), "aws", 100);
  expect((await store().read()).version).toBe(version);
});

test("an unknown fleet, and draining the last one, are refused with nothing changed", async () => {
  await expect(setShare(store(), "awss", 0)).rejects.toThrow(/awss: is not recorded; nearest: "aws"/);
  await setShare(store(), "aws", 0);
  await expect(setShare(store(), "stackpath", 0)).rejects.toThrow(
    /stackpath: is the last fleet with a share/,
  );
  expect(await shares()).toEqual({ aws: 0, stackpath: 100 });
});
