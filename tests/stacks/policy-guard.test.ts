import { Aspects, TerraformElement, TerraformHclModule, TerraformStack, TerraformVariable } from "cdktf";
import { readFileSync } from "node:fs";
import path from "node:path";
import { ns1 } from "../../constructs/dns/ns1/ns1";
import { NS1_POLICIES } from "../../constructs/dns/ns1/ns1-policies";
import { route53 } from "../../constructs/dns/route53/route53";
import { roundRobin } from "../../constructs/dns/traffic-policy";
import { checkForm } from "../../constructs/fleet/environment-form";
import type { DataPlaneFleet } from "../../constructs/fleet/data-plane-fleet";
import type { FleetProvider } from "../../constructs/fleet/fleet-provider";
import { PolycastError } from "../../constructs/fleet/problem";
import { AWS_POLICIES } from "../../constructs/providers/aws/aws-policies";
import { STACKPATH_POLICIES } from "../../constructs/providers/stackpath/stackpath-policies";
import { EQUINIX_POLICIES } from "../../constructs/providers/equinix/equinix-policies";
import { VULTR_POLICIES } from "../../constructs/providers/vultr/vultr-policies";
import type { PolicyWaiver } from "../../constructs/policies/policy-rule";
import { TERRAFORM_POLICIES } from "../../constructs/policies/terraform-policies";
import { IDENTITY_POLICIES } from "../../constructs/secrets/identity-policies";
import { policyRules } from "../../stacks/policy-guard";
import {
  awsFleet,
  equinixFleet,
  stackpathFleet,
  testEnvironment,
  vultrFleet,
} from "../environment-for-tests";
import { synthesize } from "../synthesize";

/** An AWS fleet whose construct somebody has tampered with after it was made. */
function tampered(tamper: (fleet: DataPlaneFleet) => void): FleetProvider {
  const sound = awsFleet();
  return {
    ...sound,
    fleet: (scope, id, props) => {
      const fleet = sound.fleet(scope, id, props);
      tamper(fleet);
      return fleet;
    },
  };
}

/** The nodes' launch template answers by IMDSv1 again, and all its volumes are plain. */
const careless = tampered((fleet) => {
  for (const child of fleet.node.findAll()) {
    const template = child as { node: { id: string }; addOverride?: (at: string, value: unknown) => void };
    if (child.node.id !== "launch-template") continue;
    template.addOverride?.("metadata_options.http_tokens", "optional");
    template.addOverride?.("block_device_mappings.0.ebs.encrypted", "false");
  }
});
const TEMPLATE = "aws-fleet/fleet/us-east-1/nodes/launch-template";

function refusal(waivers?: readonly PolicyWaiver[]): PolycastError {
  try {
    synthesize(testEnvironment({ fleets: [careless, stackpathFleet()], ...(waivers && { waivers }) }));
  } catch (error) {
    if (error instanceof PolycastError) return error;
    throw error;
  }
  throw new Error("it was synthesized");
}

describe("a synth", () => {
  test.each([
    ["NS1", ns1({ policy: roundRobin() })],
    ["Route 53", route53({ policy: roundRobin() })],
  ])("with %s breaks no policy, in the sandbox and out of it", (_, dns) => {
    for (const sandbox of [true, false]) {
      const state = { kind: "s3", bucket: "state", region: "us-east-1" } as const;
      const stacks = synthesize(testEnvironment({ dns, sandbox, ...(sandbox ? {} : { state }) }));
      expect(JSON.stringify(stacks)).not.toContain("waived_policies");
    }
  });

  test("fails with every violation at once, where it is and how to waive it", () => {
    const { message, problems } = refusal();
    expect(problems.map(({ where, what }) => `${where}: ${what}`)).toEqual([
      `${TEMPLATE} (aws_launch_template): the volume /dev/xvda is not encrypted [aws-encrypted-volumes, high]`,
      `${TEMPLATE} (aws_launch_template): metadata_options.http_tokens is not "required" [aws-imdsv2, high]`,
    ]);
    expect(message).toMatch(/^The environment "test" breaks policies, 2 times:/);
    expect(message).toContain(`waivers: [{ rule: "aws-imdsv2", resource: "${TEMPLATE}", reason: "..." }]`);
  });

  test("goes on where all is waived, and says so in the plan of that stack alone", () => {
    const waivers = [
      { rule: "aws-imdsv2", resource: TEMPLATE, reason: "an old agent, until March" },
      { rule: "aws-encrypted-volumes", reason: "nothing is stored there" },
    ];
    const stacks = synthesize(testEnvironment({ fleets: [careless, stackpathFleet()], waivers }));
    expect(stacks["aws-fleet"]?.output["waived_policies"]?.value).toEqual([
      `aws-encrypted-volumes at ${TEMPLATE}: the volume /dev/xvda is not encrypted. Waived: nothing is stored there`,
      `aws-imdsv2 at ${TEMPLATE}: metadata_options.http_tokens is not "required". Waived: an old agent, until March`,
    ]);
    expect(stacks["stackpath-fleet"]?.output["waived_policies"]).toBeUndefined();
  });

  test("still fails for what no waiver covers, and for a waiver without use", () => {
    const waivers = [
      { rule: "aws-imdsv2", reason: "an old agent, until March" },
      { rule: "stackpath-labels", reason: "there was one once" },
    ];
    expect(refusal(waivers).problems.map(({ where }) => where)).toEqual([
      `${TEMPLATE} (aws_launch_template)`,
      "waivers",
    ]);
  });

  test("judges the blocks of providers too", () => {
    const leaky = tampered((fleet) => {
      for (const child of fleet.node.children) {
        const block = child as { addOverride?: (at: string, value: unknown) => void };
        if (child.node.id === "aws-us-east-1") block.addOverride?.("secret_key", "c4n4ry-in-code");
      }
    });
    const state = { kind: "s3", bucket: "state", region: "us-east-1" } as const;
    const broken = () =>
      synthesize(testEnvironment({ sandbox: false, state, fleets: [leaky, stackpathFleet()] }));
    expect(broken).toThrow(
      /aws-fleet\/providers\/aws\/us-east-1 \(provider\.aws\): secret_key is set in the code/,
    );
    expect(broken).not.toThrow(/c4n4ry/);
  });
});

describe("nothing is out of the rules' sight:", () => {
  const wide = { policy: JSON.stringify({ Statement: { Effect: "Allow", Action: "*", Resource: "a" } }) };
  const state = { kind: "s3", bucket: "state", region: "us-east-1" } as const;

  test.each<[string, RegExp, (fleet: DataPlaneFleet) => void]>([
    [
      "a stack within a stack",
      /aws-fleet\/inner\/.* \(aws_iam_policy\): it allows \*/,
      (fleet) => {
        const inner = new TerraformStack(TerraformStack.of(fleet), "inner");
        inner.addOverride("resource.aws_iam_policy.wide", wide);
      },
    ],
    [
      "a dynamic block",
      /\(aws_security_group\): port 22 is open to 0\.0\.0\.0\/0/,
      (fleet) => {
        TerraformStack.of(fleet).addOverride("resource.aws_security_group.many", {
          dynamic: {
            ingress: {
              for_each: "${toset([22])}",
              content: {
                protocol: "tcp",
                from_port: "${ingress.value}",
                to_port: "${ingress.value}",
                cidr_blocks: ["0.0.0.0/0"],
              },
            },
          },
        });
      },
    ],
    [
      "a module",
      /aws-fleet\/borrowed \(module\): it takes its objects from elsewhere\/vpc\/aws/,
      (fleet) =>
        new TerraformHclModule(TerraformStack.of(fleet), "borrowed", { source: "elsewhere/vpc/aws" }),
    ],
    [
      "a variable",
      /aws-fleet\/secret \(variable\): it is sensitive, and its default stands in the code/,
      (fleet) =>
        new TerraformVariable(TerraformStack.of(fleet), "secret", {
          sensitive: true,
          default: "c4n4ry-default",
        }),
    ],
    [
      "the state's block",
      /aws-fleet\/backend \(backend\.s3\): encrypt is not set[^]*secret_key is set in the code/,
      (fleet) => {
        TerraformStack.of(fleet).addOverride("terraform.backend.s3.encrypt", false);
        TerraformStack.of(fleet).addOverride("terraform.backend.s3.secret_key", "c4n4ry-state");
      },
    ],
    [
      "an aspect, which would change what was judged",
      /aws-fleet\/fleet: it has an aspect/,
      (fleet) => {
        Aspects.of(fleet).add({
          visit: (node) => {
            if (TerraformElement.isTerraformElement(node)) node.addOverride("metadata_options", {});
          },
        });
      },
    ],
  ])("%s", (_, refused, tamper) => {
    const fleets = [tampered(tamper), stackpathFleet()];
    const broken = () => synthesize(testEnvironment({ sandbox: false, state, fleets }));
    expect(broken).toThrow(refused);
    expect(broken).not.toThrow(/c4n4ry/);
  });
});

describe("a waiver", () => {
  const problems = (waiver: object) => checkForm({ ...testEnvironment(), waivers: [waiver] });

  test.each([
    [{ rule: "aws-imdsv2", reason: "an old agent" }, []],
    [{ rule: "aws-imdsv2" }, ["waivers.0.reason"]],
    [{ rule: "aws-imdsv2", reason: "" }, ["waivers.0.reason"]],
    [{ rule: "aws-imdsv2", reason: "why" }, ["waivers.0.reason"]],
    [{ rule: "aws-imdsv2", reason: "an old agent", resorce: "x" }, ["waivers.0"]],
  ])("%j has problems at %j", (waiver, where) => {
    expect(problems(waiver).map((problem) => problem.where)).toEqual(where);
  });
});

describe("the rules", () => {
  const all = [
    ...TERRAFORM_POLICIES,
    ...IDENTITY_POLICIES,
    ...AWS_POLICIES,
    ...STACKPATH_POLICIES,
    ...VULTR_POLICIES,
    ...EQUINIX_POLICIES,
    ...NS1_POLICIES,
  ];

  test("of an environment are those of its providers, each once", () => {
    const ids = policyRules(
      testEnvironment({
        fleets: [awsFleet(), awsFleet({ name: "other" }), stackpathFleet(), vultrFleet(), equinixFleet()],
      }),
    ).map(({ id }) => id);
    expect([...ids].sort()).toEqual(all.map(({ id }) => id).sort());
    const fewer = policyRules(testEnvironment({ fleets: [stackpathFleet()] })).map(({ id }) => id);
    expect(fewer).not.toContain("aws-imdsv2");
    expect(fewer).toContain("iam-no-wildcard-action");
  });

  test("stand in docs/policies.md, word for word", () => {
    const page = readFileSync(path.join(__dirname, "..", "..", "docs", "policies.md"), "utf8");
    const rows = all.map(({ id, severity, demand, reason }) => `\`${id}\`|${severity}|${demand}.|${reason}`);
    const written = [...page.matchAll(/^\| (`[a-z0-9-]+`) +\|(.*)\|$/gm)].map(([, id = "", rest = ""]) =>
      [id, ...rest.split("|").map((cell) => cell.trim())].join("|"),
    );
    expect(written.sort()).toEqual(rows.sort());
  });
});
