import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileLiveStore } from "../../live/file-live-store";
import { pinRelease } from "../../live/pin-release";
import { setRelease } from "../../live/set-release";
import { setShare } from "../../live/set-share";

const directory = mkdtempSync(join(tmpdir(), "polycast-release-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});
const store = fileLiveStore("test", directory);

test("a fleet gets another release and keeps its share; again changes nothing", async () => {
  await pinRelease(store, "aws", "r1");
  await setShare(store, "aws", 40);
  await setRelease(store, "aws", "r2");
  const { record, version } = await store.read();
  expect(record.fleets).toEqual({ aws: { release: "r2", share: 40 } });
  await setRelease(store, "aws", "r2");
  expect((await store.read()).version).toBe(version);
});

test("a fleet that is not recorded is refused, with the nearest name", async () => {
  await expect(setRelease(store, "aw", "r2")).rejects.toThrow('nearest: "aws"');
});
