import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { lockKey, readBuild } from "../../builds/build-store";
import { ensureImage, type BuildDesk } from "../../builds/ensure-image";
import type { WantedImage } from "../../builds/wanted-images";
import { PolycastError } from "../../constructs/fleet/problem";
import { fileObjectStore } from "../../live/file-object-store";
import { takeLease } from "../../live/lease";
import type { ObjectStore } from "../../live/object-store";
import { FakeCloud, fakeTools, wanted } from "./fake-images";

const NAME = "test-edge-node-aaaaaaaaaaaa";
const OTHER = "test-edge-node-cccccccccccc";

let directory: string;
let objects: ObjectStore;
let cloud: FakeCloud;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "polycast-builds-"));
  objects = fileObjectStore(directory);
  cloud = new FakeCloud();
});
afterEach(() => {
  rmSync(directory, { recursive: true, force: true });
});

function desk(changed: Partial<BuildDesk> = {}): BuildDesk & { told: string[] } {
  const { tools, stop, told } = fakeTools();
  const source = () => Promise.resolve({ commit: "c0ffee", dirty: false });
  return { objects, tools, stop, told, limitMinutes: 1, log: "fake.log", source, ...changed };
}
const ensure = (image: WantedImage = wanted(cloud), at = desk()) => ensureImage(image, at);

describe("an image that is nowhere", () => {
  test("is built in every place, and recorded with all that is known of it", async () => {
    const { did, record } = await ensure();
    expect(did).toBe("built");
    expect([...cloud.images].map(([place, names]) => [place, [...names]])).toEqual([
      ["here", [NAME]],
      ["there", [NAME]],
    ]);
    expect(record).toMatchObject({
      ...{ image: "edge-node", provider: "fake", hash: "a".repeat(64), shared: "b".repeat(64) },
      entry: { here: NAME, there: NAME },
      ...{ sizeBytes: 8, tools: { fake: "1" }, log: "fake.log", source: { commit: "c0ffee", dirty: false } },
      checks: { ran: "in-builder", lines: ["ok 1 - all"] },
    });
    expect(await readBuild(objects, record)).toEqual(record);
  });

  test("is not built again: the second run starts no builder", async () => {
    await ensure();
    cloud.calls.length = 0;
    expect((await ensure()).did).toBe("there");
    expect(cloud.calls).toEqual(["find"]);
  });

  test("is built by one of two that want it at once; the other waits and uses its record", async () => {
    cloud.during = () => new Promise((resolve) => setTimeout(resolve, 50));
    const all = await Promise.all([ensure(), ensure()]);
    expect(all.map(({ did }) => did).sort()).toEqual(["built", "waited"]);
    expect(cloud.calls.filter((call) => call === "build")).toHaveLength(1);
    expect(new Set(all.map(({ record }) => record.finished)).size).toBe(1);
  });
});

describe("an image that is recorded", () => {
  beforeEach(async () => {
    await ensure();
    cloud.calls.length = 0;
  });

  test("is copied to a new place, not built", async () => {
    const { did, record } = await ensure(wanted(cloud, { places: ["here", "there", "elsewhere"] }));
    expect(did).toBe("copied");
    expect(record.entry).toEqual({ here: NAME, there: NAME, elsewhere: NAME });
    expect((await readBuild(objects, record))?.entry).toEqual(record.entry);
    expect(cloud.calls).not.toContain("build");
  });

  test("is copied back to a place where somebody has deleted it", async () => {
    cloud.images.get("here")?.delete(NAME);
    expect((await ensure()).did).toBe("copied");
    expect(cloud.has(NAME, "here")).toBe(true);
  });

  test("is built anew where somebody has deleted it everywhere", async () => {
    cloud.images.clear();
    expect((await ensure()).did).toBe("built");
    expect(cloud.has(NAME, "here")).toBe(true);
  });

  test("is not believed where its record was changed by hand", async () => {
    const key = `images/builds/edge-node/fake/${"a".repeat(64)}`;
    const stored = await objects.read(key);
    await objects.write(
      key,
      (stored?.text ?? "").replace(`"here": "${NAME}"`, '"here": "mine"'),
      stored?.version,
    );
    await expect(ensure()).rejects.toThrow(/not as it was written[^]*changed by hand/);
    expect(cloud.calls).toEqual([]);
  });
});

describe("what earlier runs left", () => {
  test("an image without a record does not count: it is removed and built anew", async () => {
    cloud.images.set("here", new Set([NAME]));
    expect((await ensure()).did).toBe("built");
    expect(cloud.calls).toContain("remove");
  });

  test("a builder of this image or of another is destroyed, since nobody is at work on it", async () => {
    cloud.builders.add(NAME).add(OTHER);
    await ensure();
    expect(cloud.calls).toEqual(expect.arrayContaining([`destroy ${NAME}`, `destroy ${OTHER}`]));
    expect([...cloud.builders]).toEqual([]);
  });

  test("a builder that somebody is at work with stays", async () => {
    cloud.builders.add(OTHER);
    await takeLease(objects, lockKey(wanted(cloud), "cccccccccccc"), "image build", 30);
    await ensure();
    expect([...cloud.builders]).toEqual([OTHER]);
  });
});

describe("a build that fails", () => {
  const failing = (why: Error) => () => Promise.reject(why);

  test("says why, leaves no builder and no record, and is done by the next run", async () => {
    cloud.during = failing(new PolycastError("the script proxy.sh failed"));
    await expect(ensure()).rejects.toThrow("the script proxy.sh failed");
    expect([...cloud.builders]).toEqual([]);
    expect(await objects.list("images/builds/")).toEqual([]);
    cloud.during = () => Promise.resolve();
    expect((await ensure()).did).toBe("built");
  });

  test("leaves no image that nobody would ever look for", async () => {
    cloud.during = () => {
      cloud.images.set("here", new Set([NAME]));
      return Promise.reject(new Error("the checks are red"));
    };
    await expect(ensure()).rejects.toThrow("the checks are red");
    expect(cloud.has(NAME, "here")).toBe(false);
  });

  test("because its lock was lost removes no image: whoever has the lock makes one of that name", async () => {
    jest.useFakeTimers({ doNotFake: ["setTimeout", "setImmediate", "nextTick", "queueMicrotask", "Date"] });
    try {
      const key = lockKey(wanted(cloud), "aaaaaaaaaaaa");
      cloud.during = async (_, { signal }) => {
        const stored = await objects.read(key);
        await objects.remove(key, stored?.version ?? "");
        cloud.images.set("here", new Set([NAME]));
        jest.advanceTimersByTime(20_000);
        await new Promise((resolve) => {
          signal.addEventListener("abort", resolve);
        });
      };
      await expect(ensure()).rejects.toThrow(/The lock .* was lost/);
      expect(cloud.has(NAME, "here")).toBe(true);
    } finally {
      jest.useRealTimers();
    }
  });

  test("gives its lock back at once", async () => {
    cloud.during = failing(new Error("no"));
    await expect(ensure()).rejects.toThrow("no");
    expect(await takeLease(objects, lockKey(wanted(cloud), "aaaaaaaaaaaa"), "", 1)).toHaveProperty("token");
  });

  test("because it hangs is ended by the time limit", async () => {
    cloud.during = (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reject(signal.reason as Error);
        });
      });
    const limited = ensure(wanted(cloud), desk({ limitMinutes: 0.001 }));
    await expect(limited).rejects.toThrow(/not done after 0.001 minutes/);
    expect([...cloud.builders]).toEqual([]);
  });

  test("because somebody stopped it says so, whatever the builder said of it", async () => {
    const at = desk();
    cloud.during = () => {
      at.stop(new PolycastError("Stopped"));
      return Promise.reject(new Error("exit code 1"));
    };
    await expect(ensure(wanted(cloud), at)).rejects.toThrow("Stopped");
  });

  test("because the disk is full loses nothing: no record, and the next run builds anew", async () => {
    const full: ObjectStore = {
      ...objects,
      write: (key, text, after) =>
        key.startsWith("images/builds/")
          ? Promise.reject(new PolycastError("ENOSPC: no space left on device"))
          : objects.write(key, text, after),
    };
    await expect(ensure(wanted(cloud), desk({ objects: full }))).rejects.toThrow(
      /could not be recorded[^]*ENOSPC[^]*run again/,
    );
    expect([...cloud.builders]).toEqual([]);
    expect(await objects.list("images/builds/")).toEqual([]);
    expect((await ensure()).did).toBe("built");
  });
});

test("who waits for another's build and is stopped, stops", async () => {
  await takeLease(objects, lockKey(wanted(cloud), "aaaaaaaaaaaa"), "image build fake", 30);
  const at = desk();
  const waiting = ensure(wanted(cloud), at);
  setTimeout(() => {
    at.stop(new PolycastError("Stopped"));
  }, 20);
  await expect(waiting).rejects.toThrow("Stopped");
  expect(at.told.join()).toMatch(/process \d+: image build fake is at it since/);
  expect(cloud.calls).not.toContain("build");
});
