import type { Environment } from "../constructs/fleet/environment";
import type { EmulatedAws } from "./emulated-aws";
import { FLEET_STEPS, type FleetStep } from "./fleet-steps";
import { differences, Renaming, withUnknowns } from "./likeness";
import { comparePlans, compareStates } from "./parity";
import { callQueryApi, textsOf } from "./query-api";
import type { Check, Report } from "./report";
import type { ResourceChange, Terraform } from "./terraform";
import { terraformIn, writeStacks, type World } from "./world";

const STACK = "aws-fleet";
const GROUP = "sandbox-aws";
const REGION = "us-east-1";

interface Worlds {
  readonly real: World;
  readonly simulated: World;
}

/** The AWS fleet from its creation to its end, in both worlds side by side. */
export async function fleetLife(report: Report, worlds: Worlds, aws: EmulatedAws): Promise<void> {
  const renaming = new Renaming();
  let current: Environment | undefined;
  for (const step of FLEET_STEPS) {
    const environment = step.environment ?? current;
    if (environment === undefined) throw new Error("nothing to destroy");
    current = environment;
    await report.step(`fleet: ${step.name}`, async (check) => {
      const terraforms = {
        real: await prepared(worlds.real, environment, step),
        simulated: await prepared(worlds.simulated, environment, step),
      };
      const goes = step.environment === undefined;
      await change(report, check, { goes, expected: step.expected }, terraforms, renaming);
      await checkInstances(check, step.name, aws);
      if (goes) check.equal("left in Global Accelerator", aws.accelerator.size, 0);
    });
  }
}

async function prepared(world: World, environment: Environment, { live }: FleetStep): Promise<Terraform> {
  await writeStacks(world, environment, live);
  const terraform = terraformIn(world, environment, STACK);
  if (live["aws"] === undefined) await terraform.init();
  return terraform;
}

/** Plans, compares, applies, compares again, and plans once more, which has to come out empty; or destroys. */
export async function change(
  report: Report,
  check: Check,
  { goes, expected }: { readonly goes: boolean; readonly expected: FleetStep["expected"] },
  { real, simulated }: { readonly real: Terraform; readonly simulated: Terraform },
  renaming: Renaming,
): Promise<void> {
  const options = goes ? ["-destroy"] : [];
  const plans = [await real.plan(...options), await simulated.plan(...options)] as const;
  if (goes) check.equal("what is left alone", actions(plans[0].filter(stays)), {});
  else check.equal("actions", actions(plans[0]), sorted(expected));
  check.alike("plan", comparePlans(...plans, renaming));

  const total = plans[0].filter((each) => !stays(each)).length;
  await simulated.apply();
  await withProgress(report, total, (onDone) => real.apply(onDone));
  check.alike("state", compareStates(await real.state(), await simulated.state(), renaming));

  if (goes) return;
  check.equal("the real plugin's second plan", unsettled(await real.plan()), []);
  check.equal("the simulation's second plan", unsettled(await simulated.plan()), []);
}

/** `update aws_lb` -> how many, of what is changed. */
function actions(changes: readonly ResourceChange[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const each of changes.filter((one) => !stays(one))) {
    const name = `${each.change.actions.join("+")} ${each.type}`;
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return sorted(counts);
}

/** What a second plan would do, and to which attributes; nothing, where what was applied is what is wanted. */
function unsettled(changes: readonly ResourceChange[]): string[] {
  return changes
    .filter((each) => !stays(each))
    .map(({ address, change: { actions: planned, before, after, after_unknown: unknown } }) => {
      const found = differences(before, withUnknowns(after, unknown), undefined, new Renaming());
      const shown = found.map((each) => `${each.path} ${each.real} -> ${each.simulated}`);
      return `${planned.join("+")} ${address}: ${shown.join(", ")}`;
    });
}

function sorted(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counts).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function stays({ change: { actions: planned } }: ResourceChange): boolean {
  return planned.length === 1 && planned[0] === "no-op";
}

const SAY_EVERY_MS = 15_000;

async function withProgress(
  report: Report,
  total: number,
  run: (onDone: (address: string) => void) => Promise<void>,
): Promise<void> {
  let done = 0;
  const timer = setInterval(() => {
    report.say(`  ${done} of ${total} resources`);
  }, SAY_EVERY_MS);
  try {
    await run(() => (done += 1));
  } finally {
    clearInterval(timer);
  }
}

/** What the steps that change the launch template do to the instances, seen from outside. */
async function checkInstances(check: Check, step: string, aws: EmulatedAws): Promise<void> {
  if (step === "size") {
    // To the first checkpoint: half of them, and the rest waits.
    await aws.skip(5);
    check.equal("refreshes", await refreshes(aws), ["InProgress"]);
    check.equal("instance types", new Set(await running(aws, "instanceType")).size, 2);
  }
  if (step === "release") {
    await aws.skip(3600);
    check.equal("refreshes", await refreshes(aws), ["Successful", "Cancelled"]);
    check.equal("images", await running(aws, "imageId"), Array(2).fill("ami-00000000000000003"));
  }
  if (step === "node count") {
    check.equal("images", await running(aws, "imageId"), Array(3).fill("ami-00000000000000003"));
  }
}

async function refreshes(aws: EmulatedAws): Promise<string[]> {
  const api = { service: "autoscaling", region: REGION, version: "2011-01-01" };
  const parameters = { AutoScalingGroupName: GROUP };
  return textsOf(await callQueryApi(aws.url, api, "DescribeInstanceRefreshes", parameters), "Status");
}

async function running(aws: EmulatedAws, element: string): Promise<string[]> {
  const api = { service: "ec2", region: REGION, version: "2016-11-15" };
  const filter = { "Filter.1.Name": "instance-state-name", "Filter.1.Value.1": "running" };
  return textsOf(await callQueryApi(aws.url, api, "DescribeInstances", filter), element);
}
