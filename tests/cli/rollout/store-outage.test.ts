/** The place of a rollout's state is out of reach at any moment: nothing is lost, and the rollout comes to its end. */
import { readRollout, withRollout } from "../../../cli/rollout/rollout-store";
import { PolycastError } from "../../../constructs/fleet/problem";
import type { ObjectStore } from "../../../live/object-store";
import { advance } from "../../../rollout/advance";
import { startRollout, type RolloutResult } from "../../../rollout/rollout-state";
import type { RolloutWorld } from "../../../rollout/rollout-world";
import {
  act,
  dnsSeen,
  HOLD,
  lookAt,
  modelAtStart,
  modelPlan,
  withFleet,
  type Model,
} from "../../rollout/model";

const PLAN = modelPlan(1, "rigid");
const NAME = PLAN.environment;
/** More than the whole way takes. */
const MANY = 100;

/** Texts in memory, written conditionally. */
function memory(): ObjectStore {
  const all = new Map<string, readonly string[]>();
  const versions = (key: string): readonly string[] => all.get(key) ?? [];
  return {
    read: (key) => {
      const text = versions(key).at(-1);
      const version = String(versions(key).length);
      return Promise.resolve(text === undefined ? undefined : { text, version, source: key });
    },
    write: (key, text, after) => {
      const isNext = (after ?? "0") === String(versions(key).length);
      if (isNext) all.set(key, [...versions(key), text]);
      return Promise.resolve(isNext);
    },
    remove: () => Promise.reject(new Error("nothing is removed")),
    list: () => Promise.resolve([]),
  };
}

/** A store that counts what is asked of it, and does not answer when told so. */
class Place {
  public asked = 0;
  public readonly objects: ObjectStore;
  /** @param fails the call that fails; `written`: though it was carried out. */
  public constructor(fails: { readonly call: number; readonly written: boolean }) {
    const store = memory();
    const ask = async <T>(answer: () => Promise<T>): Promise<T> => {
      this.asked++;
      if (this.asked !== fails.call) return answer();
      if (fails.written) await answer();
      throw new PolycastError("Cannot reach it: ECONNRESET");
    };
    this.objects = {
      read: (key) => ask(() => store.read(key)),
      write: (key, text, after) => ask(() => store.write(key, text, after)),
      remove: (key, version) => ask(() => store.remove(key, version)),
      list: (prefix) => ask(() => store.list(prefix)),
    };
  }
}

/** Carries a rollout out in the small world, to its end. @returns the errors on the way, and the world afterwards. */
async function carryOut(
  place: Place,
): Promise<{ errors: string[]; model: Model; result: RolloutResult | undefined; replaced: number }> {
  const errors: string[] = [];
  const first = startRollout(undefined, PLAN, { id: "1", at: 1_000, by: "me" });
  let model = modelAtStart(first, 1_000);
  let replaced = 0;
  let time = Date.now();
  jest.spyOn(Date, "now").mockImplementation(() => time);
  const world: RolloutWorld = {
    now: () => model.now,
    look: () => Promise.resolve(lookAt(model, { nodes: ["good"], served: "good", dns: true })),
    steer: (action) => {
      model = act(model, action, "whole");
      return Promise.resolve({ kind: "done", dns: dnsSeen(model) });
    },
    replace: (action) => {
      const before = model;
      model = act(model, action, "whole");
      if (model !== before) replaced++;
      return Promise.resolve({ kind: "done" });
    },
  };
  for (let count = 0; count < MANY; count++) {
    try {
      const result = await withRollout(place.objects, NAME, "test", async (store) => {
        if ((await store.read()) === undefined) await store.write(first, undefined);
        return advance(store, world, "me");
      });
      if ("decision" in result && result.decision.kind === "ended") break;
    } catch (error) {
      errors.push((error as Error).message);
    }
    // A lock that could not be given back ends by itself.
    time += 60_000;
    const fleet = model.fleets["f1"];
    if (fleet?.becomes !== undefined) {
      model = withFleet(model, "f1", { ...fleet, runs: fleet.becomes, becomes: undefined });
    }
    model = { ...model, now: model.now + HOLD };
  }
  const stored = await readRollout(place.objects, NAME);
  return { errors, model, result: stored?.rollout.ended?.result, replaced };
}

afterEach(() => {
  jest.restoreAllMocks();
});

test("at each moment, for one call: it fails clearly, and goes on to the good end, its nodes replaced once", async () => {
  const whole = new Place({ call: 0, written: false });
  expect(await carryOut(whole)).toMatchObject({ errors: [], result: "finished", replaced: 1 });
  const calls = Array.from({ length: whole.asked - 1 }, (_, index) => index + 1);
  expect(calls.length).toBeGreaterThan(50);
  const failed = new Set<string>();
  for (const call of calls) {
    for (const written of [false, true]) {
      jest.restoreAllMocks();
      const place = new Place({ call, written });
      const { errors, model, result, replaced } = await carryOut(place);
      for (const error of errors) failed.add(error.split("\n")[0] ?? "");
      expect([call, written, result, replaced]).toEqual([call, written, "finished", 1]);
      expect(model.fleets).toEqual({ f1: { live: 100, applied: 100, runs: "new" } });
    }
  }
  expect([...failed].sort()).toEqual(["Cannot reach it: ECONNRESET"]);
}, 60_000);
