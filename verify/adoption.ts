import { randomUUID } from "node:crypto";
import path from "node:path";
import { adopt, prepareAdoption, type AdoptionScene } from "../cli/adopt/adoption";
import sandbox from "../environments/sandbox";
import { fileLiveStore } from "../live/file-live-store";
import { fleetStackName } from "../live/stack-names";
import { DEPLOY_MS, type EmulatedAws } from "./emulated-aws";
import { GlobalAccelerator } from "./global-accelerator";
import { serveHttp } from "./http-service";
import type { Check, Report } from "./report";
import type { Terraform } from "./terraform";
import { realWorld, terraformIn, writeStacks } from "./world";

const ACCELERATOR = "aws_globalaccelerator_accelerator";

/** An accelerator and a listener of whom no Terraform knows, taken over by the fleet on the real plugin. */
export async function adoption(report: Report, home: string, aws: EmulatedAws): Promise<void> {
  await report.step("adoption: an accelerator made by hand", async (check) => {
    // One of its own: the other steps compare the addresses that theirs gives.
    const accelerator = new GlobalAccelerator({ deployMs: DEPLOY_MS, now: Date.now });
    const service = await serveHttp(accelerator.answer);
    const env = { ...aws.env, AWS_ENDPOINT_URL_GLOBAL_ACCELERATOR: service.url };
    const world = await realWorld(home, { ...aws, env });
    try {
      const fleets = sandbox.fleets.filter(({ provider }) => provider === "aws");
      const environment = { ...sandbox, fleets };
      await writeStacks(world, environment, {});
      const [fleet] = fleets;
      const name = fleetStackName(fleet?.name ?? "");
      const terraform = terraformIn(world, environment, name);
      const store = fileLiveStore(environment.name, path.join(world.home, environment.name));
      const stack = { name, directory: terraform.directory, env: world.env };
      const scene = { stack, fleet, stacks: [name], readState: (of: string) => store.readState(of) };
      await takeOver(check, scene, terraform, service.url);
      check.equal("left in Global Accelerator, of the edge that was not adopted", accelerator.size, 2);
    } finally {
      await world.close();
      await service.close();
    }
  });
}

async function takeOver(
  check: Check,
  scene: AdoptionScene,
  terraform: Terraform,
  api: string,
): Promise<void> {
  const own = await makeEdge(api, "my-edge");
  const other = await makeEdge(api, "another-edge");
  const texts = [`accelerator=${own.accelerator}`, `listener-tcp-443=${own.listener}`];

  const nobody = own.accelerator.replace(/[^/]+$/, randomUUID());
  const refused = await refusal(scene, [
    `accelerator=${nobody}`,
    "us-east-1/network/vpc=vpc-0123456789abcdef0",
  ]);
  const missing = `accelerator: there is no ${ACCELERATOR} with the id "${nobody}"`;
  check.equal("an accelerator that does not exist", refused.includes(missing), true);
  const network = 'us-east-1/network/vpc: there is no aws_vpc with the id "vpc-0123456789abcdef0"';
  check.equal("a network that does not exist", refused.includes(network), true);
  const strange = await refusal(scene, [texts[0] ?? "", `listener-tcp-443=${other.listener}`]);
  const cause = `listener-tcp-443: the next deploy would replace it; accelerator_arn: "${other.accelerator}" -> "${own.accelerator}"`;
  check.equal("another accelerator's listener", strange.includes(cause), true);
  check.equal("the state after refusals", await scene.readState(scene.stack.name), undefined);

  const prepared = await prepareAdoption(scene, texts);
  const outlook = await adopt(scene, prepared, () => undefined);
  check.equal("replaced", [outlook.replaced, outlook.destroyed], [0, 0]);
  check.equal("the address that the plan keeps", outlook.addresses["anycast_ipv4"]?.after, own.address);
  const again = await prepareAdoption(scene, texts);
  check.equal("the same again", again.held.length, texts.length);

  // The rest of the fleet is another step's.
  const targets = prepared.wanted.map(({ role }) => `-target=${role.address}`);
  await terraform.plan(...targets);
  await terraform.apply();
  const [kept] = (await terraform.state()).filter(({ type }) => type === ACCELERATOR);
  check.equal("the accelerator after an apply", kept?.values["id"], own.accelerator);
  check.equal("its new name", kept?.values["name"], "sandbox-aws");
  const sets = (kept?.values["ip_sets"] ?? []) as { ip_addresses: string[] }[];
  check.equal("its first address", sets[0]?.ip_addresses[0], own.address);

  await terraform.destroy();
}

interface Edge {
  readonly accelerator: string;
  readonly listener: string;
  readonly address: string;
}

async function makeEdge(api: string, name: string): Promise<Edge> {
  const { Accelerator: made } = (await call(api, "CreateAccelerator", {
    Name: name,
    IdempotencyToken: randomUUID(),
  })) as { Accelerator: { AcceleratorArn: string; IpSets: { IpAddresses: string[] }[] } };
  const { Listener: listener } = (await call(api, "CreateListener", {
    AcceleratorArn: made.AcceleratorArn,
    IdempotencyToken: randomUUID(),
    Protocol: "TCP",
    PortRanges: [{ FromPort: 443, ToPort: 443 }],
  })) as { Listener: { ListenerArn: string } };
  return {
    accelerator: made.AcceleratorArn,
    listener: listener.ListenerArn,
    address: made.IpSets[0]?.IpAddresses[0] ?? "",
  };
}

/** One request to Global Accelerator, past Terraform. */
async function call(api: string, operation: string, input: object): Promise<unknown> {
  const reply = await fetch(api, {
    method: "POST",
    headers: { "x-amz-target": `GlobalAccelerator_V20180706.${operation}` },
    body: JSON.stringify(input),
  });
  const text = await reply.text();
  if (!reply.ok) throw new Error(`Global Accelerator refuses ${operation}: ${text}`);
  return JSON.parse(text);
}

async function refusal(scene: AdoptionScene, texts: readonly string[]): Promise<string> {
  try {
    await prepareAdoption(scene, texts);
    return "";
  } catch (error) {
    return String(error);
  }
}
