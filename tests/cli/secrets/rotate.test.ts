import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rotate } from "../../../cli/secrets/rotate";
import { withRollout } from "../../../cli/rollout/rollout-store";
import { fileLiveStore } from "../../../live/file-live-store";
import type { LiveStore } from "../../../live/live-store";
import { readRotation } from "../../../live/rotation-record";
import { writeRetirement } from "../../../live/retirement-record";
import { startRollout } from "../../../rollout/rollout-state";
import { testEnvironment } from "../../environment-for-tests";
import { modelPlan } from "../../rollout/model";

const environment = testEnvironment();
const APPLIED = {
  outputs: { log_secret_id: { value: "key-a" } },
  resources: [
    {
      type: "aws_iam_access_key",
      name: "log-access_slot-a_0123ABCD",
      instances: [{ attributes: { id: "key-a", status: "Active" } }],
    },
  ],
};

let directory: string;
let store: LiveStore;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "polycast-rotate-"));
  store = { ...fileLiveStore(environment.name, directory), readState: () => Promise.resolve(APPLIED) };
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});
const step = () => rotate(environment, store, { fleet: "stackpath" });

test("a step is recorded, and what deploys it is named", async () => {
  const next = "npx polycast deploy stackpath-fleet";
  expect(await step()).toEqual({ fleet: "stackpath", phase: "created", recorded: true, next });
  expect(await step()).toMatchObject({ phase: "created", recorded: false, next });
});

describe("nothing is recorded", () => {
  afterEach(async () => {
    expect((await readRotation(store, "stackpath")).version).toBeUndefined();
  });

  test("while a rollout goes on, which would take replaced nodes for lost ones", async () => {
    const rollout = startRollout(
      undefined,
      { ...modelPlan(2, "parts"), environment: environment.name },
      { id: "r2-1", at: 0, by: "ann" },
    );
    await withRollout(store.objects, environment.name, "test", async (rollouts) => {
      expect(await rollouts.write(rollout, undefined)).toBeDefined();
    });
    await expect(step()).rejects.toThrow(/r2-1: is a rollout that goes on[^]*rollout abort/);
  });

  test("while somebody takes a step of a rollout", async () => {
    await withRollout(store.objects, environment.name, "rollout advance", async () => {
      await expect(step()).rejects.toThrow(/Nothing was changed\. Another command is at work/);
    });
  });

  test("where somebody confirms and does not say how he knows", async () => {
    const asked = rotate(environment, store, { fleet: "stackpath", confirmed: " " });
    await expect(asked).rejects.toThrow(/--confirmed: says nothing/);
  });

  test("while a fleet is on its way out", async () => {
    const record = { fleet: "aws", phase: "draining", share: 100, ttl: 60, by: "ann" } as const;
    await writeRetirement(store.objects, record, undefined);
    await expect(step()).rejects.toThrow(/fleets\.aws: is being retired: draining/);
  });
});
