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

test("sites get a release of their own, and without them the whole fleet gets one", async () => {
  await setRelease(store, "aws", "r1", { "us-east-1": "r2", "eu-central-1": "r1" });
  expect((await store.read()).record.fleets["aws"]).toEqual({
    release: "r1",
    sites: { "us-east-1": "r2" },
    share: 40,
  });
  const { version } = await store.read();
  await setRelease(store, "aws", "r1", { "us-east-1": "r2" });
  expect((await store.read()).version).toBe(version);
  await setShare(store, "aws", 50);
  expect((await store.read()).record.fleets["aws"]).toMatchObject({
    sites: { "us-east-1": "r2" },
    share: 50,
  });
  await setRelease(store, "aws", "r2");
  expect((await store.read()).record.fleets["aws"]).toEqual({ release: "r2", share: 50 });
});

test("a deploy that was planned for other sites is refused, and one for the same is not", async () => {
  await setRelease(store, "aws", "r1", { "us-east-1": "r2" });
  await pinRelease(store, "aws", "r1", { "us-east-1": "r2" });
  await expect(pinRelease(store, "aws", "r1")).rejects.toThrow(
    'runs the release "r1, us-east-1=r2", and this deploy was planned for "r1"',
  );
  await expect(pinRelease(store, "aws", "r1", { "eu-central-1": "r2" })).rejects.toThrow(
    'was planned for "r1, eu-central-1=r2"',
  );
  // A site that the fleet has no more holds up no deploy.
  await pinRelease(store, "aws", "r1", {}, { "eu-central-1": {} });
  await pinRelease(store, "other", "r1", { ewr: "r2" });
  expect((await store.read()).record.fleets["other"]).toEqual({
    release: "r1",
    sites: { ewr: "r2" },
    share: 100,
  });
});
