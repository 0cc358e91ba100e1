import { rmSync } from "node:fs";
import { TerraformRefusal } from "../../../cli/adopt/stack-terraform";
import type { Plan } from "../../../cli/adopt/trial-plan";
import { keepShapes, planShapes, readShapes, shapeFor } from "../../../cli/rollout/approved-shapes";
import { withPlan, type SavedPlan } from "../../../cli/rollout/rollout-stacks";
import type { FleetDeployment } from "../../../live/deployment";
import type { RolloutPlan } from "../../../rollout/rollout-plan";
import { modelPlan } from "../../rollout/model";
import { recordShares, sampleScene } from "./sample-scene";

jest.mock("../../../cli/rollout/rollout-stacks");
const planned = jest.mocked(withPlan);

const PLAN: RolloutPlan = {
  ...modelPlan(2, "parts"),
  fleets: Object.fromEntries(
    ["aws", "stackpath"].map((name) => {
      const release = (id: string) => ({ id, image: `${name}-${id}` });
      const fleet = { provider: name, capacity: 1, share: 100, previous: release("r1"), next: release("r2") };
      return [name, fleet];
    }),
  ),
};
const SHAPE = { "aws_launch_template.t": { actions: ["update"], paths: ["image_id"] } };
const SHAPES = { fleets: { aws: SHAPE } };

let scene: ReturnType<typeof sampleScene>;
let told: string[];
beforeEach(async () => {
  scene = sampleScene({ name: "sandbox" });
  await recordShares(scene.live, { aws: 100, stackpath: 100 });
  told = [];
  planned.mockReset();
});
afterEach(() => {
  rmSync(scene.directory, { recursive: true });
});

/** What Terraform plans for a stack: `own` as the fleets are, `first` and `next` with the release at some and all sites. */
function terraform(
  plans: Readonly<Record<string, { own?: string[]; first?: string[]; next?: string[] | Error }>>,
): void {
  planned.mockImplementation(
    (
      _scene,
      stack,
      deployments: readonly FleetDeployment[],
      _traffic,
      use: (saved: SavedPlan) => unknown,
    ) => {
      const fleet = deployments.find((each) => `${each.fleet.name}-fleet` === stack);
      const { id, sites } = fleet?.release ?? { id: "" };
      const changes = plans[stack]?.[id === "r2" ? "next" : sites === undefined ? "own" : "first"] ?? [];
      if (changes instanceof Error) return Promise.reject(changes);
      const resources = changes.map((address) => ({
        address,
        type: "t",
        change: {
          actions: ["update"],
          before: { a: 1 },
          after: { a: 2 },
          after_unknown: {},
          before_sensitive: {},
        },
      }));
      const plan = { resource_changes: resources, output_changes: {} } as unknown as Plan;
      const apply = () => Promise.reject(new Error("a start applies nothing"));
      return Promise.resolve(use({ plan, apply }));
    },
  );
}
const shapes = () => planShapes(scene, PLAN, (line) => told.push(line));

test("each fleet's plan with the release is approved, the other one's release staying as it is", async () => {
  terraform({ "aws-fleet": { next: ["aws_launch_template.t"] }, "stackpath-fleet": { next: ["w", "v"] } });
  const shape = { actions: ["update"], paths: ["a"] };
  expect(await shapes()).toEqual({
    fleets: { aws: { "aws_launch_template.t": shape }, stackpath: { w: shape, v: shape } },
  });
  expect(told).toEqual(["aws: 1 changed", "stackpath: 2 changed"]);
  const changed = planned.mock.calls.map(([, stack, deployments]) =>
    [stack, ...deployments.map(({ fleet, release }) => `${fleet.name} ${release.id}`)].join(", "),
  );
  expect(changed).toEqual([
    "aws-fleet, aws r1, stackpath r1",
    "aws-fleet, aws r2, stackpath r1",
    "stackpath-fleet, aws r1, stackpath r1",
    "stackpath-fleet, aws r1, stackpath r2",
  ]);
});

test("first sites are planned alone too, and what is about them may do no more than that", async () => {
  const [aws, stackpath] = ["aws", "stackpath"].map((fleet) => ({ fleet, ladder: [0, 100] }));
  if (aws === undefined || stackpath === undefined) throw new Error("no waves");
  const plan = { ...PLAN, waves: [{ ...aws, sites: ["us-east-1"] }, aws, stackpath] };
  terraform({ "aws-fleet": { first: ["one"], next: ["one", "two"] }, "stackpath-fleet": { next: ["w"] } });
  const made = await planShapes(scene, plan, (line) => told.push(line));
  const shape = { actions: ["update"], paths: ["a"] };
  expect(made.firstSites).toEqual({ aws: { one: shape } });
  expect(made.fleets["aws"]).toEqual({ one: shape, two: shape });
  expect(told).toEqual(["aws, us-east-1 alone: 1 changed", "aws: 2 changed", "stackpath: 1 changed"]);
  const replace = { kind: "replace", fleet: "aws", release: { id: "r2", image: "i" } } as const;
  expect(shapeFor(made, { ...replace, sites: ["us-east-1"] })).toEqual({ one: shape });
  expect(shapeFor(made, replace)).toEqual(made.fleets["aws"]);
  expect(shapeFor({ fleets: made.fleets }, { ...replace, sites: ["us-east-1"] })).toBeUndefined();
  await keepShapes(scene.live.objects, "r-1", made);
  expect(await readShapes(scene.live.objects, "r-1")).toEqual({ version: 1, ...made });
});

test("fleets that change without the release, and those that cannot be planned, are refused all at once", async () => {
  terraform({
    "aws-fleet": { own: ["aws_lb.l"], next: ["aws_lb.l"] },
    "stackpath-fleet": { next: new TerraformRefusal(["no such image"]) },
  });
  const refused = shapes();
  await expect(refused).rejects.toThrow(/aws-fleet: has changes of its own: aws_lb.l/);
  await expect(refused).rejects.toThrow(/npx polycast deploy aws-fleet/);
  await expect(refused).rejects.toThrow(/stackpath-fleet: no such image/);
});

test("an error that is no refusal is nobody's fault in the plan", async () => {
  terraform({ "aws-fleet": { next: new Error("no network") } });
  await expect(shapes()).rejects.toThrow("no network");
});

test("what was approved is read as it was kept, and is never changed", async () => {
  const { objects } = scene.live;
  await keepShapes(objects, "r-1", SHAPES);
  await keepShapes(objects, "r-1", { fleets: {} });
  expect(await readShapes(objects, "r-1")).toEqual({ version: 1, ...SHAPES });
});

test("what is lost or damaged lets nothing be applied, and says how the rollout is ended", async () => {
  const { objects } = scene.live;
  await expect(readShapes(objects, "r-1")).rejects.toThrow(
    /What the start of the rollout r-1 approved is lost/,
  );
  await expect(readShapes(objects, "r-1")).rejects.toThrow(/rollout abandon --reason/);
  await objects.write("rollout-shapes/r-2", '{"version": 1, "fleets": {"aws": {"x": {}}}}', undefined);
  await expect(readShapes(objects, "r-2")).rejects.toThrow("malformed");
  await objects.write("rollout-shapes/r-3", '{"version": 2}', undefined);
  await expect(readShapes(objects, "r-3")).rejects.toThrow("has version 2");
});
