import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  changeRollout,
  keepEnded,
  readRollout,
  readRollouts,
  withRollout,
} from "../../../cli/rollout/rollout-store";
import { fileObjectStore } from "../../../live/file-object-store";
import { takeLease } from "../../../live/lease";
import type { ObjectStore } from "../../../live/object-store";
import { command } from "../../../rollout/command";
import { startRollout, type RolloutState } from "../../../rollout/rollout-state";
import type { RolloutStore } from "../../../rollout/rollout-world";
import { modelPlan } from "../../rollout/model";

const PLAN = modelPlan(2, "parts");
const NAME = PLAN.environment;
const rollout = (id = "r"): RolloutState => startRollout(undefined, PLAN, { id, at: 100, by: "ann" });
const paused = (state: RolloutState): RolloutState =>
  command(state, { kind: "pause" }, { at: 200, by: "ben", why: "lunch" });

let directory: string;
let objects: ObjectStore;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "polycast-rollout-"));
  objects = fileObjectStore(directory);
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** Does something alone, and fails where somebody else does. */
async function alone<T>(work: (store: RolloutStore) => Promise<T>): Promise<T> {
  const result = await withRollout<T>(objects, NAME, "test", work);
  if (typeof result === "object" && result !== null && "heldBy" in result) throw new Error("held");
  return result;
}

async function begin(): Promise<void> {
  await alone((store) => store.write(rollout(), undefined));
}

test("there is none at first, and then what was written", async () => {
  expect(await readRollout(objects, NAME)).toBeUndefined();
  await begin();
  expect((await readRollout(objects, NAME))?.rollout).toEqual(rollout());
});

test("a second first one is refused", async () => {
  await begin();
  expect(await alone((store) => store.write(rollout("other"), undefined))).toBeUndefined();
  expect((await readRollout(objects, NAME))?.rollout.id).toBe("r");
});

test("each write follows the one before, and nothing else", async () => {
  await begin();
  await alone(async (store) => {
    const first = await store.read();
    const second = await store.write(paused(rollout()), first?.version);
    expect(second).toBeDefined();
    expect(await store.write(rollout(), first?.version)).toBeUndefined();
    expect(await store.write(rollout(), second)).toBeDefined();
  });
});

test("of two at once one is told who is at work, and the lock is free afterwards", async () => {
  await begin();
  await alone(async () => {
    const other = await withRollout(objects, NAME, "test", () => Promise.resolve("worked"));
    expect(other).toMatchObject({ heldBy: expect.stringContaining("test") as string });
  });
  expect(await alone(() => Promise.resolve("worked"))).toBe("worked");
});

test("the lock is free after a failure", async () => {
  await expect(alone(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await alone(() => Promise.resolve("worked"))).toBe("worked");
});

test("one that slept until its lock had ended and another had it writes no more", async () => {
  await begin();
  await alone(async (stale) => {
    const before = await stale.read();
    endLock();
    await alone(() => Promise.resolve());
    expect(await stale.write(paused(rollout()), before?.version)).toBeUndefined();
    await expect(stale.read()).rejects.toThrow("The lock of the rollout is lost");
  });
  expect((await readRollout(objects, NAME))?.rollout).toEqual(rollout());
});

test("one whose lock somebody has taken, and has not claimed the rollout yet, writes no more either", async () => {
  await begin();
  await alone(async (stale) => {
    const before = await stale.read();
    endLock();
    expect(await takeLease(objects, "rollout-lock", "other", 15)).toHaveProperty("token");
    expect(await stale.write(paused(rollout()), before?.version)).toBeUndefined();
  });
  expect((await readRollout(objects, NAME))?.rollout.paused).toBeUndefined();
});

test("who has the lock makes a version that no holder before can follow, though nothing else is written", async () => {
  await begin();
  const stale = await readRollout(objects, NAME);
  await alone(() => Promise.resolve());
  expect(await objects.write("rollout", "{}", stale?.version)).toBe(false);
  expect((await readRollout(objects, NAME))?.rollout).toEqual(stale?.rollout);
});

test("a renewal that runs beside a write takes neither for somebody else's", async () => {
  await begin();
  jest.useFakeTimers({ doNotFake: ["nextTick", "setImmediate", "Date"] });
  try {
    await alone(async (store) => {
      let version = (await store.read())?.version;
      for (let write = 0; write < 20; write++) {
        jest.advanceTimersByTime(5_000);
        version = await store.write(rollout(), version);
        expect(version).toBeDefined();
      }
    });
  } finally {
    jest.useRealTimers();
  }
});

test("a person's word needs no lock, and an advance that is at work does not write over it", async () => {
  await begin();
  await alone(async (store) => {
    const before = await store.read();
    await changeRollout(objects, NAME, paused);
    expect(await store.write(rollout(), before?.version)).toBeUndefined();
  });
  expect((await readRollout(objects, NAME))?.rollout.paused).toEqual({ at: 200, by: "ben", why: "lunch" });
});

test("a word that comes between a write and the next one is not written over either", async () => {
  await begin();
  const write = objects.write.bind(objects);
  let isFirst = true;
  const slow: ObjectStore = {
    ...objects,
    async write(key, text, after) {
      const written = await write(key, text, after);
      if (key === "rollout" && text.includes("zoe") && isFirst) {
        isFirst = false;
        await changeRollout(objects, NAME, paused);
      }
      return written;
    },
  };
  await withRollout(slow, NAME, "test", async (store) => {
    const before = await store.read();
    const next = { ...rollout(), history: [{ at: 1, by: "zoe", what: "start" }] };
    const version = await store.write(next, before?.version);
    expect(version).toBeUndefined();
  });
  expect((await readRollout(objects, NAME))?.rollout.paused?.why).toBe("lunch");
});

test("words need a rollout", async () => {
  await expect(changeRollout(objects, NAME, paused)).rejects.toThrow("There is no rollout");
});

test("rollouts before the last one are kept, in the order of their starts", async () => {
  await begin();
  await keepEnded(objects, { ...rollout("earlier"), history: [{ at: 1, by: "ann", what: "start" }] });
  expect((await readRollouts(objects, NAME)).map(({ id }) => id)).toEqual(["earlier", "r"]);
});

test("another environment's, a damaged and a newer one are refused", async () => {
  await begin();
  await expect(readRollout(objects, "other")).rejects.toThrow("belongs to the environment");
  const { version } = (await objects.read("rollout")) ?? {};
  await objects.write("rollout", '{"version": 1, "token": 1, "rollout": {"version": 1}}', version);
  await expect(readRollout(objects, NAME)).rejects.toThrow("malformed");
  await expect(readRollout(objects, NAME)).rejects.toThrow("restore the version before it");
  await expect(alone(() => Promise.resolve())).rejects.toThrow("malformed");
  await expect(changeRollout(objects, NAME, paused)).rejects.toThrow("malformed");
  const next = await objects.read("rollout");
  await objects.write("rollout", '{"version": 7}', next?.version);
  await expect(readRollout(objects, NAME)).rejects.toThrow(/newer|version 7/);
});

test("after a version before it is restored, words and advances go on from there", async () => {
  await begin();
  const good = await objects.read("rollout");
  await objects.write("rollout", "{", good?.version);
  const damaged = await objects.read("rollout");
  await objects.write("rollout", good?.text ?? "", damaged?.version);
  expect(await alone(async (store) => (await store.read())?.rollout.id)).toBe("r");
  expect((await changeRollout(objects, NAME, paused)).paused?.by).toBe("ben");
});

test("a lock that is damaged says so; once it is removed, the next one goes on, and one before it writes no more", async () => {
  await begin();
  await alone(() => Promise.resolve());
  await alone(async (stale) => {
    const before = await stale.read();
    const lock = await objects.read("rollout-lock");
    await objects.write("rollout-lock", "{", lock?.version);
    await expect(alone(() => Promise.resolve())).rejects.toThrow(
      /Nobody can tell who is at work[^]*Remove it/,
    );
    const damaged = await objects.read("rollout-lock");
    await objects.remove("rollout-lock", damaged?.version ?? "");
    expect(await alone(async (store) => (await store.read())?.rollout.id)).toBe("r");
    expect(await stale.write(paused(rollout()), before?.version)).toBeUndefined();
  });
  expect((await readRollout(objects, NAME))?.rollout.paused).toBeUndefined();
});

/** As if all the time that a lock lasts had passed for whoever comes next. */
function endLock(): void {
  const now = Date.now();
  jest.spyOn(Date, "now").mockReturnValue(now + 60_000);
}
afterEach(() => {
  jest.restoreAllMocks();
});
