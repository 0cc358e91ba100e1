import { rmSync } from "node:fs";
import { TerraformRefusal } from "../../../cli/adopt/stack-terraform";
import type { Plan } from "../../../cli/adopt/trial-plan";
import { Overtaken, withPlan, type SavedPlan } from "../../../cli/rollout/rollout-stacks";
import { steerFleet } from "../../../cli/rollout/steer-fleet";
import { ns1 } from "../../../constructs/dns/ns1/ns1";
import { weighted } from "../../../constructs/dns/traffic-policy";
import { recordShares, sampleScene, withApplied } from "./sample-scene";

jest.mock("../../../cli/rollout/rollout-stacks", () => ({
  ...jest.requireActual<object>("../../../cli/rollout/rollout-stacks"),
  withPlan: jest.fn(),
}));
const planned = jest.mocked(withPlan);

const WHOLE = { aws: 100, stackpath: 100 };
const ROLLOUT = { fleets: { aws: { share: 100 }, stackpath: { share: 100 } } };
let scene: ReturnType<typeof sampleScene>;
/** What DNS was last applied with. */
let applied: Readonly<Record<string, number>>;

beforeEach(async () => {
  const made = sampleScene({ name: "sandbox", dns: ns1({ policy: weighted({ aws: 50, stackpath: 50 }) }) });
  await recordShares(made.live, WHOLE);
  applied = WHOLE;
  scene = { ...made, live: withApplied(made.live, made.environment, () => applied) };
  planned.mockReset();
});
afterEach(() => {
  rmSync(scene.directory, { recursive: true });
});

/** Terraform plans these changes, `type address actions`, and may apply them. */
function terraform(...changes: readonly string[]): { applied: number } {
  const done = { applied: 0 };
  const plan = {
    resource_changes: changes.map((text) => {
      const [type = "", address = "", ...actions] = text.split(" ");
      return { type, address, change: { actions } };
    }),
  } as unknown as Plan;
  const apply = (): Promise<void> => {
    done.applied++;
    applied = { ...WHOLE, aws: 90 };
    return Promise.resolve();
  };
  planned.mockImplementation((_scene, _stack, _deployments, _traffic, use: (saved: SavedPlan) => unknown) =>
    Promise.resolve(use({ plan, apply })),
  );
  return done;
}

const steer = (percent: number, limit = 10) =>
  steerFleet(scene, ROLLOUT, { kind: "steer", fleet: "aws", percent, limit });
const share = async () => (await scene.live.read()).record.fleets["aws"]?.share;

test("the share is recorded, a step is applied, and what DNS has then is told", async () => {
  const done = terraform("ns1_record ns1_record.a update", "terraform_data terraform_data.traffic update");
  const outcome = await steer(90);
  expect(done.applied).toBe(1);
  expect(await share()).toBe(90);
  expect(outcome).toMatchObject({
    kind: "done",
    dns: { mark: "l 1", ttl: 60, percents: { aws: 90, stackpath: 100 }, applied: { aws: 90 }, arrived: true },
  });
  expect(planned.mock.calls[0]?.[1]).toBe("edge-dns");
});

test("the step is held to the points that it may move", async () => {
  terraform("ns1_record ns1_record.a update");
  await steer(0, 5);
  const { next } = planned.mock.calls[0]?.[3] ?? {};
  // Fifty points are on the way, and five are taken.
  expect(next?.step).toBe(true);
});

test("where all has arrived nothing is planned", async () => {
  terraform();
  expect(await steer(100)).toMatchObject({ kind: "done", dns: { arrived: true } });
  expect(planned).not.toHaveBeenCalled();
});

test("what is no record is not changed by the way, and nothing is applied", async () => {
  const done = terraform(
    "ns1_record ns1_record.a update",
    "ns1_zone ns1_zone.z update",
    "ns1_monitoringjob ns1_monitoringjob.m delete create",
    "ns1_zone ns1_zone.read read",
    "ns1_datafeed ns1_datafeed.f no-op",
  );
  const taken = steer(90);
  await expect(taken).rejects.toThrow(/ns1_zone.z: update[^]*ns1_monitoringjob.m: delete and create/);
  await expect(taken).rejects.not.toThrow(/ns1_zone.read|ns1_datafeed|ns1_record/);
  expect(done.applied).toBe(0);
});

test("Terraform's refusal is a refusal; whoever cannot tell throws, and the step is taken again", async () => {
  planned.mockRejectedValue(new TerraformRefusal(["quota", "limit"]));
  expect(await steer(90)).toEqual({ kind: "refused", why: "quota; limit" });
  planned.mockRejectedValue(new Error("no network"));
  await expect(steer(90)).rejects.toThrow("no network");
});

test("the last fleet with a share keeps it", async () => {
  await recordShares(scene.live, { aws: 100, stackpath: 0 });
  terraform();
  await expect(steer(0)).rejects.toThrow("the last fleet with a share");
  expect(await share()).toBe(100);
  expect(planned).not.toHaveBeenCalled();
});

test("a fleet that is evacuated after the step was synthesized does not get its share back", async () => {
  const done = terraform("ns1_record ns1_record.a update");
  const planFirst = planned.getMockImplementation() as typeof withPlan;
  planned.mockImplementation(async (...args) => {
    await recordShares(scene.live, { aws: 0, stackpath: 100 });
    return planFirst(...args);
  });
  const taken = steer(90);
  await expect(taken).rejects.toThrow(Overtaken);
  await expect(taken).rejects.toThrow("aws: 90 % is 0 % by now");
  expect(done.applied).toBe(0);
});
