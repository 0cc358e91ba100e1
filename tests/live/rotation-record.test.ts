import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { appliedSlots, identityValues } from "../../live/applied-identity";
import { fileLiveStore } from "../../live/file-live-store";
import { readRotation, slotsOf, writeRotation, PHASES } from "../../live/rotation-record";

let home: string;
beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "polycast-rotation-"));
});
afterEach(() => {
  rmSync(home, { recursive: true });
});
const store = () => fileLiveStore("test", home);

const key = (slot: string, attributes: object) => ({
  mode: "managed",
  type: "aws_iam_access_key",
  name: `log-access_slot-${slot}_0123ABCD`,
  instances: [{ attributes: { id: `key-${slot}`, secret: `s-${slot}`, status: "Active", ...attributes } }],
});
const state = (given: string, ...resources: object[]) => ({
  outputs: { log_secret_id: { value: `key-${given}` } },
  resources,
});
const keep = (content: object) => {
  mkdirSync(path.join(home, "state"), { recursive: true });
  writeFileSync(path.join(home, "state", "f-fleet.tfstate"), JSON.stringify(content));
};

describe("without a record", () => {
  test("a fleet begins with one secret", async () => {
    expect(await readRotation(store(), "f")).toEqual({
      step: { given: "a", phase: "settled" },
      since: undefined,
      version: undefined,
    });
  });

  test.each([
    ["the only one is given", state("b", key("b", {})), "settled", "b"],
    [
      "a newer one is not given yet",
      state(
        "a",
        key("a", { create_date: "2026-01-01T00:00:00Z" }),
        key("b", { create_date: "2026-02-01T00:00:00Z" }),
      ),
      "created",
      "a",
    ],
    [
      "the newer one is given",
      state(
        "b",
        key("a", { create_date: "2026-01-01T00:00:00Z" }),
        key("b", { create_date: "2026-02-01T00:00:00Z" }),
      ),
      "given",
      "b",
    ],
    ["the other one is off", state("b", key("a", { status: "Inactive" }), key("b", {})), "inactive", "b"],
  ])("what was applied counts: %s", async (_, applied, phase, given) => {
    keep(applied);
    expect((await readRotation(store(), "f")).step).toEqual({ phase, given });
  });
});

describe("a record", () => {
  test.each(PHASES)("of %s is read as it was written, over what was applied", async (phase) => {
    keep(state("a", key("a", {})));
    expect(await writeRotation(store(), "f", { given: "b", phase }, undefined)).toBe(true);
    const { step, since, version } = await readRotation(store(), "f");
    expect(step).toMatchObject({ given: "b", phase });
    expect(Date.parse(since ?? "")).toBeGreaterThan(Date.now() - 60_000);
    expect(version).toBe("1");
  });

  test("is not overwritten by whoever was slower", async () => {
    await writeRotation(store(), "f", { given: "a", phase: "created" }, undefined);
    expect(await writeRotation(store(), "f", { given: "a", phase: "settled" }, undefined)).toBe(false);
    expect(await writeRotation(store(), "f", { given: "b", phase: "given" }, "1")).toBe(true);
  });

  test.each<[string, object, RegExp]>([
    ["of a newer version", { version: 2 }, /version 2; this Polycast reads up to version 1/],
    [
      "of another fleet",
      { version: 1, fleet: "g", given: "a", phase: "settled", since: "2026-01-01T00:00:00Z" },
      /belongs to the fleet "g"/,
    ],
    ["of no form", { version: 1, fleet: "f", given: "c" }, /is malformed[^]*given[^]*phase[^]*since/],
  ])("%s is refused", async (_, content, expected) => {
    await store().objects.write("secrets/f", JSON.stringify(content), undefined);
    await expect(readRotation(store(), "f")).rejects.toThrow(expected);
  });
});

test("which slots a step has", () => {
  expect(PHASES.map((phase) => slotsOf({ given: "b", phase }).other)).toEqual([
    "absent",
    "usable",
    "usable",
    "inactive",
  ]);
});

describe("what an apply left", () => {
  test("has no secret in it; nothing is known where nodes were given none", () => {
    expect(appliedSlots(state("a", key("a", { create_date: "2026-01-01T00:00:00Z" })))).toEqual({
      slots: { given: "a", other: "absent" },
      given: { id: "key-a", isActive: true, made: "2026-01-01T00:00:00Z" },
      other: undefined,
    });
    expect(appliedSlots(undefined)).toBeUndefined();
    expect(appliedSlots({ resources: [key("a", {})] })).toBeUndefined();
  });

  test("is named by references, for a plan without the identity; of other resources nothing", () => {
    const other = { ...key("a", {}), name: "fleet_workload_0123ABCD" };
    const read = { ...key("b", {}), mode: "data" };
    expect(identityValues(state("a", key("a", {}), other, read))).toEqual({
      "aws_iam_access_key.log-access_slot-a_0123ABCD.id": "key-a",
      "aws_iam_access_key.log-access_slot-a_0123ABCD.secret": "s-a",
      "aws_iam_access_key.log-access_slot-a_0123ABCD.status": "Active",
    });
  });
});
