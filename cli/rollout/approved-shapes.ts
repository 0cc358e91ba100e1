import { z } from "zod";
import type { FleetReleases } from "../../constructs/fleet/fleet-provider";
import { PolycastError, type Problem } from "../../constructs/fleet/problem";
import { parseVersioned } from "../../constructs/fleet/versioned-file";
import type { FleetDeployment } from "../../live/deployment";
import type { ObjectStore } from "../../live/object-store";
import { readDeployment } from "../../live/read-deployment";
import { fleetStackName } from "../../live/stack-names";
import type { RolloutPlan } from "../../rollout/rollout-plan";
import type { Replace } from "../../rollout/rollout-world";
import { releasesAfter } from "../../rollout/standing-release";
import { TerraformRefusal } from "../adopt/stack-terraform";
import { describeShape, planShapeSchema, shapeOf, type PlanShape } from "./plan-shape";
import { withPlan } from "./rollout-stacks";
import type { RolloutScene } from "./scene";

const VERSION = 1;
const schema = z.strictObject({
  version: z.literal(VERSION),
  /** Fleet -> what its plan does. */
  fleets: z.record(z.string(), planShapeSchema),
  /** Fleet -> what its plan does where only its first sites get the release. */
  firstSites: z.record(z.string(), planShapeSchema).optional(),
});

/** What Terraform may do to each fleet in this rollout, forward and back. */
export type ApprovedShapes = Omit<z.infer<typeof schema>, "version">;

/** What a replacement may do; undefined: nothing of the kind was approved. */
export function shapeFor(
  { fleets, firstSites }: ApprovedShapes,
  { fleet, sites }: Replace,
): PlanShape | undefined {
  return sites === undefined ? fleets[fleet] : firstSites?.[fleet];
}

/**
 * Plans every fleet with the release, and without it: a fleet that would change all the same is refused, so that what is
 * left of its plan is the release's. Nothing is changed.
 * @throws PolycastError that names every fleet that cannot be planned or has changes of its own.
 */
export async function planShapes(
  scene: RolloutScene,
  { fleets, waves }: RolloutPlan,
  tell: (line: string) => void,
): Promise<ApprovedShapes> {
  const deployments = await readDeployment(scene.environment, scene.live);
  const shapes: Record<string, PlanShape> = {};
  const firstSites: Record<string, PlanShape> = {};
  const problems: Problem[] = [];
  for (const [name, planned] of Object.entries(fleets)) {
    const stack = fleetStackName(name);
    const shape = (of: readonly FleetDeployment[]): Promise<PlanShape> =>
      withPlan(scene, stack, of, undefined, ({ plan }) => Promise.resolve(shapeOf(plan)));
    const changed = (release: FleetReleases): readonly FleetDeployment[] =>
      deployments.map((each) => (each.fleet.name === name ? { ...each, release } : each));
    try {
      const own = await shape(deployments);
      if (Object.keys(own).length > 0) {
        problems.push({
          where: stack,
          what: `has changes of its own: ${Object.keys(own).join(", ")}`,
          remedy: `Deploy them first: npx polycast deploy ${stack}`,
        });
      }
      const first = waves.find(({ fleet, sites }) => fleet === name && sites !== undefined);
      if (first !== undefined) {
        firstSites[name] = await shape(changed(releasesAfter(planned, first)));
        tell(`${name}, ${first.sites?.join(", ") ?? ""} alone: ${describeShape(firstSites[name])}`);
      }
      shapes[name] = await shape(changed(planned.next));
      tell(`${name}: ${describeShape(shapes[name])}`);
    } catch (error) {
      if (!(error instanceof TerraformRefusal)) throw error;
      problems.push({ where: stack, what: error.said.join("; ") });
    }
  }
  if (problems.length > 0) throw new PolycastError("The rollout was not started:", problems);
  return { fleets: shapes, ...(Object.keys(firstSites).length > 0 && { firstSites }) };
}

/** Keeps them beside the rollout's state, never to be changed. */
export async function keepShapes(objects: ObjectStore, id: string, shapes: ApprovedShapes): Promise<void> {
  await objects.write(keyOf(id), `${JSON.stringify({ version: VERSION, ...shapes }, null, 2)}\n`, undefined);
}

/** @throws PolycastError where they are lost: nothing may be applied then. */
export async function readShapes(objects: ObjectStore, id: string): Promise<ApprovedShapes> {
  const stored = await objects.read(keyOf(id));
  if (stored === undefined) {
    throw new PolycastError(`What the start of the rollout ${id} approved is lost; nothing was changed.`, [
      {
        where: keyOf(id),
        what: "is not beside the live record",
        remedy:
          "Restore it from the bucket's versions, or end the rollout: npx polycast rollout abandon --reason TEXT",
      },
    ]);
  }
  return parseVersioned(stored.text, VERSION, schema, `The approved plans ${stored.source}`);
}

function keyOf(id: string): string {
  return `rollout-shapes/${id}`;
}
