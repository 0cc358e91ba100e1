import { CloudwatchLogGroup } from "@cdktf/provider-aws/lib/cloudwatch-log-group";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { App, LocalBackend, TerraformStack } from "cdktf";
import { mkdirSync } from "node:fs";
import path from "node:path";
import sandbox from "../environments/sandbox";
import type { Environment } from "../constructs/fleet/environment";
import { cloudwatch } from "../constructs/management/cloudwatch/cloudwatch";
import type { CloudWatchOptions } from "../constructs/management/cloudwatch/cloudwatch-options";
import { alarmRegions } from "../constructs/management/cloudwatch/notify";
import { logRegions } from "../constructs/management/cloudwatch/log-metrics";
import { watchedIn } from "../constructs/management/watched-fleets";
import { SANDBOX_CREDENTIALS } from "../constructs/providers/aws/sandbox-credentials";
import { MANAGEMENT } from "../live/stack-names";
import { change } from "./fleet-life";
import { Renaming } from "./likeness";
import type { Report } from "./report";
import { Terraform } from "./terraform";
import { terraformIn, writeStacks, type World } from "./world";

interface Worlds {
  readonly real: World;
  readonly simulated: World;
}

const OPTIONS: CloudWatchOptions = { region: "us-east-1", notify: ["operators@example.net"] };
const WATCHED: Environment = { ...sandbox, management: cloudwatch(OPTIONS) };
/** Other people, another limit. */
const CHANGED: Environment = {
  ...sandbox,
  management: cloudwatch({ ...OPTIONS, notify: ["night@example.net"], errorPercent: 2 }),
};

/** Alarms, topics, filters and the dashboard of the sandbox's fleets, from creation to end, in both worlds side by side. */
export async function management(report: Report, worlds: Worlds): Promise<void> {
  const groups = { real: logGroups(worlds.real), simulated: logGroups(worlds.simulated) };
  const renaming = new Renaming();
  const { fleets } = watchedIn(WATCHED);
  const regions = alarmRegions(fleets, OPTIONS.region).length;
  const places = fleets.flatMap(logRegions).length;
  const sites = fleets.flatMap((fleet) => Object.keys(fleet.sites)).length;

  await report.step("management: create", async (check) => {
    for (const terraform of Object.values(groups)) {
      await terraform.init();
      await terraform.plan();
      await terraform.apply();
    }
    const expected = {
      "create aws_cloudwatch_dashboard": 1,
      "create aws_cloudwatch_log_metric_filter": 4 * places,
      "create aws_cloudwatch_metric_alarm": 2 * sites + places + 1,
      "create aws_sns_topic": regions,
      "create aws_sns_topic_subscription": regions,
    };
    await change(report, check, { goes: false, expected }, await prepared(worlds, WATCHED, true), renaming);
  });
  await report.step("management: other people, another limit", async (check) => {
    const expected = {
      "create aws_sns_topic_subscription": regions,
      "delete aws_sns_topic_subscription": regions,
      "update aws_cloudwatch_dashboard": 1,
      "update aws_cloudwatch_metric_alarm": sites,
    };
    await change(report, check, { goes: false, expected }, await prepared(worlds, CHANGED), renaming);
  });
  await report.step("management: destroy", async (check) => {
    await change(report, check, { goes: true, expected: {} }, await prepared(worlds, CHANGED), renaming);
    for (const terraform of Object.values(groups)) await terraform.destroy();
  });
}

async function prepared({ real, simulated }: Worlds, environment: Environment, isFirst = false) {
  const stack = async (world: World): Promise<Terraform> => {
    await writeStacks(world, environment, {});
    const terraform = terraformIn(world, environment, MANAGEMENT);
    if (isFirst) await terraform.init();
    return terraform;
  };
  return { real: await stack(real), simulated: await stack(simulated) };
}

/** A stack of the log groups alone: the rest of the fleets is another step's. */
function logGroups(world: World): Terraform {
  const outdir = path.join(world.home, "log-groups");
  mkdirSync(outdir, { recursive: true });
  const app = new App({ outdir });
  const stack = new TerraformStack(app, "log-groups");
  new LocalBackend(stack, { path: "terraform.tfstate" });
  for (const fleet of watchedIn(WATCHED).fleets) {
    for (const region of logRegions(fleet)) {
      const alias = `${fleet.name}-${region}`;
      const provider = new AwsProvider(stack, `aws-${alias}`, { ...SANDBOX_CREDENTIALS, alias, region });
      new CloudwatchLogGroup(stack, alias, { provider, name: fleet.logGroup });
    }
  }
  app.synth();
  return new Terraform(path.join(outdir, "stacks", "log-groups"), world.env);
}
