import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { Route53Record } from "@cdktf/provider-aws/lib/route53-record";
import { Route53Zone } from "@cdktf/provider-aws/lib/route53-zone";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { mkdirSync } from "node:fs";
import path from "node:path";
import { FIRST_SLOTS, type SecretSlots } from "../constructs/fleet/log-access";
import { SANDBOX_CREDENTIALS } from "../constructs/providers/aws/sandbox-credentials";
import { staticKey } from "../constructs/secrets/static-key";
import { change } from "./fleet-life";
import { Renaming } from "./likeness";
import type { Report } from "./report";
import { Terraform } from "./terraform";
import type { World } from "./world";

interface Worlds {
  readonly real: World;
  readonly simulated: World;
}

const IDENTITY_STACK = "log-writer";
const ZONE_STACK = "zone";
const REGION = "us-east-1";

/** The identity by which nodes outside AWS write logs, in both worlds: made, its key rotated, destroyed. */
export async function logWriter(report: Report, { real, simulated }: Worlds): Promise<void> {
  await report.step("log writer: create, rotate its key and destroy", async (check) => {
    const write = (slots: SecretSlots) => ({
      real: smallStack(real, IDENTITY_STACK, (stack) => {
        logIdentity(stack, slots);
      }),
      simulated: smallStack(simulated, IDENTITY_STACK, (stack) => {
        logIdentity(stack, slots);
      }),
    });
    const terraforms = write(FIRST_SLOTS);
    await terraforms.real.init();
    await terraforms.simulated.init();
    const renaming = new Renaming();
    const types = ["cloudwatch_log_group", "iam_access_key", "iam_user", "iam_user_policy"];
    const created = Object.fromEntries(types.map((type) => [`create aws_${type}`, 1]));
    await change(report, check, { goes: false, expected: created }, terraforms, renaming);

    const key = "aws_iam_access_key";
    const steps: readonly (readonly [SecretSlots, Record<string, number>])[] = [
      [{ given: "a", other: "usable" }, { [`create ${key}`]: 1 }],
      [{ given: "b", other: "inactive" }, { [`update ${key}`]: 1 }],
      [{ given: "b", other: "absent" }, { [`delete ${key}`]: 1 }],
    ];
    for (const [slots, expected] of steps) {
      await change(report, check, { goes: false, expected }, write(slots), renaming);
    }
    await change(report, check, { goes: true, expected: {} }, terraforms, renaming);
  });
}

/** A Route 53 zone and a record in it, which are not simulated. Terraform waits for both, and half a minute each. */
export async function route53(report: Report, real: World): Promise<void> {
  await report.step("Route 53: create and destroy", async (check) => {
    const terraform = smallStack(real, ZONE_STACK, zone);
    await terraform.init();
    const planned = await terraform.plan();
    check.equal("planned", planned.map(({ type }) => type).sort(), [
      "aws_route53_record",
      "aws_route53_zone",
    ]);
    await terraform.apply();
    const again = (await terraform.plan()).map(({ change: { actions } }) => actions.join());
    check.equal("a second plan", again, ["no-op", "no-op"]);
    await terraform.destroy();
    check.equal("left in the state", await terraform.state(), []);
  });
}

function logIdentity(stack: TerraformStack, slots: SecretSlots): void {
  staticKey({ region: REGION }).grant(stack, "log-access", {
    environment: "sandbox",
    fleet: "stackpath",
    slots,
    sandbox: true,
  });
}

function zone(stack: TerraformStack): void {
  new AwsProvider(stack, "aws", { region: REGION, ...SANDBOX_CREDENTIALS });
  const edge = new Route53Zone(stack, "zone", { name: "edge.example.net" });
  new Route53Record(stack, "record", {
    zoneId: edge.zoneId,
    name: "*.edge.example.net",
    type: "A",
    ttl: 60,
    records: ["192.0.2.1", "198.51.100.1"],
  });
}

/** Writes a stack, or writes it anew. */
function smallStack(world: World, id: string, build: (stack: TerraformStack) => void): Terraform {
  const outdir = path.join(world.home, id);
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir });
  const stack = new TerraformStack(app, id);
  new LocalBackend(stack, { path: "terraform.tfstate" });
  build(stack);
  app.synth();
  return new Terraform(path.join(outdir, "stacks", id), world.env);
}
