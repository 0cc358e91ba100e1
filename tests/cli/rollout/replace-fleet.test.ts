import { rmSync } from "node:fs";
import { TerraformRefusal } from "../../../cli/adopt/stack-terraform";
import type { Plan } from "../../../cli/adopt/trial-plan";
import { replaceFleet } from "../../../cli/rollout/replace-fleet";
import { withPlan, type SavedPlan } from "../../../cli/rollout/rollout-stacks";
import type { PlanShape } from "../../../cli/rollout/plan-shape";
import type { Replace } from "../../../rollout/rollout-world";
import { MANIFEST } from "../../synthesize";
import { recordShares, sampleScene } from "./sample-scene";

jest.mock("../../../cli/rollout/rollout-stacks");
const planned = jest.mocked(withPlan);

const release = (id: string) => ({ id, image: MANIFEST.releases[id]?.images["aws"] as never });
const MIXED: Replace = {
  ...{ kind: "replace", fleet: "aws", sites: ["us-east-1"] },
  release: { ...release("r1"), sites: { "us-east-1": release("r2") } },
};
const APPROVED: PlanShape = { one: { actions: ["create"], paths: [] } };

let scene: ReturnType<typeof sampleScene>;
let applied: number;
beforeEach(async () => {
  scene = sampleScene({ name: "sandbox" });
  await recordShares(scene.live, { aws: 100, stackpath: 100 });
  applied = 0;
  planned.mockReset();
});
afterEach(() => {
  rmSync(scene.directory, { recursive: true });
});

/** Terraform would create these. */
function terraform(...addresses: readonly string[]): void {
  const changes = addresses.map((address) => ({ address, change: { actions: ["create"] } }));
  const plan = { resource_changes: changes } as unknown as Plan;
  const apply = (): Promise<void> => {
    applied++;
    return Promise.resolve();
  };
  planned.mockImplementation((_scene, _stack, _deployments, _traffic, use: (saved: SavedPlan) => unknown) =>
    Promise.resolve(use({ plan, apply })),
  );
}
const live = async () => (await scene.live.read()).record.fleets["aws"];

test("what some sites are to run is recorded, planned and applied", async () => {
  terraform("one");
  expect(await replaceFleet(scene, MIXED, APPROVED)).toEqual({ kind: "done" });
  expect(await live()).toEqual({ release: "r1", sites: { "us-east-1": "r2" }, share: 100 });
  const [, stack, deployments] = planned.mock.calls[0] ?? [];
  expect([stack, deployments?.map((each) => each.release)[0]]).toEqual(["aws-fleet", MIXED.release]);
  expect(applied).toBe(1);
});

test("going back leaves no site of its own release", async () => {
  terraform("one");
  await replaceFleet(scene, MIXED, APPROVED);
  await replaceFleet(scene, { ...MIXED, release: release("r1") }, APPROVED);
  expect(await live()).toEqual({ release: "r1", share: 100 });
});

test("more than was approved is not applied", async () => {
  terraform("one", "two");
  expect(await replaceFleet(scene, MIXED, APPROVED)).toMatchObject({
    kind: "refused",
    why: expect.stringContaining("more than was approved: two") as unknown,
  });
  expect(applied).toBe(0);
});

test("without an approved plan of it, or with another image in the manifest, nothing is recorded", async () => {
  terraform();
  expect(await replaceFleet(scene, MIXED, undefined)).toMatchObject({ kind: "refused" });
  const other = { ...MIXED.release, sites: { "us-east-1": { id: "r2", image: "other" } } };
  expect(await replaceFleet(scene, { ...MIXED, release: other }, APPROVED)).toMatchObject({
    kind: "refused",
    why: expect.stringMatching(/for r2 at aws, and "other" was approved/) as unknown,
  });
  expect(await live()).toEqual({ release: "r1", share: 100 });
  expect(planned).not.toHaveBeenCalled();
});

test("what Terraform refuses is said", async () => {
  planned.mockRejectedValue(new TerraformRefusal(["no quota"]));
  expect(await replaceFleet(scene, MIXED, APPROVED)).toEqual({ kind: "refused", why: "no quota" });
});
