import path from "node:path";
import { change } from "./fleet-life";
import { IDENTITY_STACK, writeSmallStacks, ZONE_STACK } from "./identity-stack";
import { Renaming } from "./likeness";
import type { Report } from "./report";
import { Terraform } from "./terraform";
import type { World } from "./world";

interface Worlds {
  readonly real: World;
  readonly simulated: World;
}

/** What a fleet outside AWS needs of AWS, in both worlds. */
export async function logWriter(report: Report, { real, simulated }: Worlds): Promise<void> {
  await report.step("log writer: create and destroy", async (check) => {
    const terraforms = {
      real: smallStack(real, IDENTITY_STACK),
      simulated: smallStack(simulated, IDENTITY_STACK),
    };
    await terraforms.real.init();
    await terraforms.simulated.init();
    const renaming = new Renaming();
    const expected = Object.fromEntries(
      ["cloudwatch_log_group", "iam_access_key", "iam_user", "iam_user_policy"].map((type) => [
        `create aws_${type}`,
        1,
      ]),
    );
    await change(report, check, { goes: false, expected }, terraforms, renaming);
    await change(report, check, { goes: true, expected: {} }, terraforms, renaming);
  });
}

/** A Route 53 zone and a record in it, which are not simulated. Terraform waits for both, and half a minute each. */
export async function route53(report: Report, real: World): Promise<void> {
  await report.step("Route 53: create and destroy", async (check) => {
    const zone = smallStack(real, ZONE_STACK);
    await zone.init();
    const planned = await zone.plan();
    check.equal("planned", planned.map(({ type }) => type).sort(), [
      "aws_route53_record",
      "aws_route53_zone",
    ]);
    await zone.apply();
    const again = (await zone.plan()).map(({ change: { actions } }) => actions.join());
    check.equal("a second plan", again, ["no-op", "no-op"]);
    await zone.destroy();
    check.equal("left in the state", await zone.state(), []);
  });
}

function smallStack(world: World, stack: string): Terraform {
  const outdir = path.join(world.home, stack);
  writeSmallStacks(outdir);
  return new Terraform(path.join(outdir, "stacks", stack), world.env);
}
