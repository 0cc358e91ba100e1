/** Every secret that nodes are given, through plan and apply: where it is found, and that it is found nowhere else. */
import { ssmActivation } from "../../constructs/secrets/ssm-activation";
import { rolesAnywhere } from "../../constructs/secrets/roles-anywhere";
import type { Environment } from "../../constructs/fleet/environment";
import { writeRotation } from "../../live/rotation-record";
import { AUTHORITY } from "../constructs/secrets/certificates";
import { equinixFleet, stackpathFleet, vultrFleet } from "../environment-for-tests";
import { canary, lookFor, lookThrough, type Canary } from "../secrets/secret-scanner";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";

jest.setTimeout(180_000);

const region = "us-east-1";
const anchor = { certificates: AUTHORITY };
const enrol = { url: "https://ca.example.net/.well-known/est" };

interface Case {
  readonly stack: string;
  readonly environment: Partial<Environment>;
  /** Terraform variables that hold one each. */
  readonly planted: readonly string[];
}

const PLANTED: readonly Case[] = [
  {
    stack: "vultr-fleet",
    environment: { fleets: [vultrFleet()], controlPlaneJoinToken: true },
    planted: ["vultr_bgp_password", "join_token_vultr"],
  },
  {
    stack: "equinix-fleet",
    environment: { fleets: [equinixFleet()], controlPlaneJoinToken: true },
    planted: ["equinix_bgp_password", "join_token_equinix"],
  },
  {
    stack: "stackpath-fleet",
    environment: {
      fleets: [stackpathFleet({ logs: rolesAnywhere({ region, anchor, enrol }) })],
      controlPlaneJoinToken: true,
    },
    planted: ["enrol_token_stackpath", "join_token_stackpath"],
  },
];

describeWithTerraform("A secret that nodes are given", () => {
  let deployed: DeployedEnvironment;
  beforeEach(async () => {
    deployed = new DeployedEnvironment("everywhere");
    await deployed.start();
  });
  afterEach(() => deployed.stop());

  /** All that Terraform shows of a stack, and logs of it at its most talkative. */
  async function shown(stack: string): Promise<string> {
    const terraform = await deployed.terraform(stack);
    const texts: string[] = [];
    for (const args of [
      ["plan", "-no-color"],
      ["plan", "-no-color", "-destroy"],
      ["show", "-no-color"],
      ["output"],
    ]) {
      const { stdout, stderr, status } = await terraform.run(...args);
      expect([args, status]).toEqual([args, 0]);
      texts.push(stdout, stderr);
    }
    // What AWS's plugin does not mark as sensitive, in the object that it made; docs/secrets.md tells it.
    return texts.join("\n").replaceAll(/^[ -]*activation_code +=.*$/gm, "");
  }

  /** @returns the kinds of places where each is: the simulated clouds count as one. */
  async function placesOf(canaries: readonly Canary[], stack: string): Promise<Record<string, string[]>> {
    expect(lookFor(canaries, "shown", Buffer.from(await shown(stack)))).toEqual([]);
    const found = lookThrough(canaries, process.env["POLYCAST_HOME"] ?? "");
    return Object.fromEntries(
      canaries.map(({ name }) => {
        const of = found.filter((each) => each.canary === name);
        return [name, [...new Set(of.map(({ where }) => where.replace(/^clouds\/.*/, "clouds")))].sort()];
      }),
    );
  }

  /** State and saved plans, since Terraform must know it; user data and the like, in the clouds. */
  const allowed = (stack: string) => [
    "clouds",
    `everywhere/cdktf.out/stacks/${stack}/plan.bin`,
    `everywhere/state/${stack}.tfstate`,
  ];

  test.each(PLANTED)("by a variable is where it must be, and nowhere else: $planted", async (each) => {
    const { stack, environment, planted } = each;
    const canaries = planted.map((name) => canary(name));
    await deployed.want({ environment });
    const terraform = await deployed.terraform(stack);
    terraform.env = {
      ...Object.fromEntries(canaries.map(({ name, value }) => [`TF_VAR_${name}`, value])),
      ...{ TF_LOG: "TRACE", TF_LOG_PATH: "log" },
    };
    await deployed.apply(stack);
    expect(terraform.log().length).toBeGreaterThan(10_000);
    expect(await placesOf(canaries, stack)).toEqual(
      Object.fromEntries(planted.map((name) => [name, allowed(stack)])),
    );
  });

  /** Texts that the state has of a type's resources. */
  async function made(type: string, attribute: string): Promise<string[]> {
    const state = await (await deployed.terraform("stackpath-fleet")).state();
    return Object.entries(state).flatMap(([address, values]) =>
      address.startsWith(`${type}.`) ? [String((values as Record<string, unknown>)[attribute])] : [],
    );
  }

  test("as an activation's code is where it must be, and nowhere else", async () => {
    const environment = { fleets: [stackpathFleet({ logs: ssmActivation({ region }) })] };
    await deployed.want({ environment });
    await deployed.apply("stackpath-fleet");
    await deployed.plan("stackpath-fleet");
    const [value = ""] = await made("aws_ssm_activation", "activation_code");
    expect(value.length).toBeGreaterThan(15);
    expect(await placesOf([{ name: "code", value }], "stackpath-fleet")).toEqual({
      code: allowed("stackpath-fleet"),
    });
  });

  test("as the second key of a rotation is where the first one is, and nowhere else", async () => {
    const environment = { fleets: [stackpathFleet()] };
    await deployed.want({ environment });
    await deployed.apply("stackpath-fleet");
    await writeRotation(deployed.live, "stackpath", { given: "a", phase: "created" }, undefined);
    await deployed.want({ environment });
    await deployed.apply("stackpath-fleet");
    await deployed.plan("stackpath-fleet");
    const keys = await made("aws_iam_access_key", "secret");
    expect(new Set(keys).size).toBe(2);
    const canaries = keys.map((value, index) => ({ name: `key ${index}`, value }));
    const previous = "everywhere/state/stackpath-fleet.tfstate.backup";
    const places = await placesOf(canaries, "stackpath-fleet");
    for (const { name } of canaries) {
      expect([name, places[name]?.filter((place) => place !== previous)]).toEqual([
        name,
        allowed("stackpath-fleet"),
      ]);
    }
  });
});
