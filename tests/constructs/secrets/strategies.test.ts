import { checkEnvironment } from "../../../constructs/fleet/check-environment";
import { checkForm } from "../../../constructs/fleet/environment-form";
import { LOG_STRATEGIES, type LogAccess } from "../../../constructs/fleet/log-access";
import { instanceRole } from "../../../constructs/secrets/instance-role";
import { rolesAnywhere } from "../../../constructs/secrets/roles-anywhere";
import { ssmActivation } from "../../../constructs/secrets/ssm-activation";
import { staticKey } from "../../../constructs/secrets/static-key";
import { awsFleet, stackpathFleet, testEnvironment } from "../../environment-for-tests";
import { only, resources, synthesize, type StackJson } from "../../synthesize";
import { allows, type IamRequest } from "./policy-evaluator";
import { AUTHORITY, END_ENTITY, ENDED_AUTHORITY } from "./certificates";

const region = "us-east-1";
const anywhere = (changes: Partial<Parameters<typeof rolesAnywhere>[0]> = {}) =>
  rolesAnywhere({
    region,
    anchor: { certificates: AUTHORITY },
    enrol: { url: "https://ca.example.net/.well-known/est" },
    ...changes,
  });

const stackOf = (logs: LogAccess): StackJson => {
  const stack = synthesize(testEnvironment({ fleets: [stackpathFleet({ logs })] }))["stackpath-fleet"];
  if (stack === undefined) throw new Error("no stack");
  return stack;
};
const problemsOf = (fleet: Parameters<typeof testEnvironment>[0]) =>
  checkEnvironment(testEnvironment(fleet), (each) => ({
    id: "r1",
    image:
      each.provider === "aws" ? { "us-east-1": "ami-00000000000000001" } : "polycast-sandbox/edge-node:r1",
  })).map(({ where, what }) => `${where}: ${what}`);

/** A policy with the references to the log group and to the anchor as an apply would fill them. */
const GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/polycast/test/stackpath";
const ANCHOR = "arn:aws:rolesanywhere:us-east-1:123456789012:trust-anchor/a";
const applied = (text: unknown) =>
  String(text)
    .replaceAll(/\$\{element\(split\(":", aws_cloudwatch_log_group[^}]*\}/g, "123456789012")
    .replaceAll(/\$\{aws_cloudwatch_log_group\.[\w-]+\.arn\}/g, GROUP)
    .replaceAll(/\$\{aws_rolesanywhere_trust_anchor\.[\w-]+\.arn\}/g, ANCHOR);

describe("what a node may do", () => {
  const stream = `${GROUP}:log-stream:edge-sea-0/syslog`;
  const session = [
    "ssm:UpdateInstanceInformation",
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
  ];
  describe.each<[string, string, readonly string[]]>([
    ["staticKey", only(stackOf(staticKey({ region })), "aws_iam_user_policy")["policy"] as string, []],
    ["rolesAnywhere", only(stackOf(anywhere()), "aws_iam_role_policy")["policy"] as string, []],
    [
      "rolesAnywhere, by its session's policy",
      only(stackOf(anywhere()), "aws_rolesanywhere_profile")["session_policy"] as string,
      [],
    ],
    [
      "ssmActivation",
      only(stackOf(ssmActivation({ region })), "aws_iam_role_policy")["policy"] as string,
      session,
    ],
    [
      "instanceRole",
      (
        only(synthesize(testEnvironment())["aws-fleet"], "aws_iam_role_policy")["policy"] as string
      ).replaceAll(/\$\{aws_cloudwatch_log_group\.[\w-]+\.arn\}/g, GROUP),
      session,
    ],
  ])("%s", (_, text, more) => {
    const policy = applied(text);
    const may = (request: IamRequest) => allows(policy, request);

    test("write to this fleet's log group", () => {
      expect(may({ action: "logs:PutLogEvents", resource: stream })).toBe(true);
      expect(may({ action: "logs:CreateLogStream", resource: stream })).toBe(true);
      expect(may({ action: "logs:DescribeLogStreams", resource: `${GROUP}:*` })).toBe(true);
    });

    test.each([
      "arn:aws:logs:us-east-1:123456789012:log-group:/polycast/test/aws:log-stream:x",
      "arn:aws:logs:us-east-1:123456789012:log-group:/polycast/test/stackpath-2:log-stream:x",
      "arn:aws:logs:us-east-1:123456789012:log-group:/polycast/production/stackpath:log-stream:x",
      "arn:aws:logs:eu-west-1:123456789012:log-group:/polycast/test/stackpath:log-stream:x",
      "arn:aws:logs:us-east-1:999999999999:log-group:/polycast/test/stackpath:log-stream:x",
    ])("not to %s", (resource) => {
      expect(may({ action: "logs:PutLogEvents", resource })).toBe(false);
    });

    test.each([
      "logs:CreateLogGroup",
      "logs:DeleteLogGroup",
      "logs:DeleteLogStream",
      "logs:GetLogEvents",
      "logs:FilterLogEvents",
      "logs:PutRetentionPolicy",
      "iam:CreateAccessKey",
      "sts:AssumeRole",
      "s3:GetObject",
      "ec2:DescribeInstances",
      "ssm:GetParameter",
      "ssm:SendCommand",
    ])("no %s", (action) => {
      for (const resource of [stream, `${GROUP}:*`, GROUP, "*"])
        expect(may({ action, resource })).toBe(false);
    });

    test("beyond that: a session of Session Manager where there is an agent for it, nothing else", () => {
      for (const action of session) expect(may({ action, resource: "*" })).toBe(more.includes(action));
    });
  });
});

describe("who may take the role", () => {
  const trust = (logs: LogAccess) => applied(only(stackOf(logs), "aws_iam_role")["assume_role_policy"]);

  test("by a certificate of this fleet, shown to this anchor", () => {
    const policy = trust(anywhere());
    const context = {
      "aws:PrincipalTag/x509Subject/O": "test",
      "aws:PrincipalTag/x509Subject/OU": "stackpath",
      "aws:SourceArn": ANCHOR,
    };
    const request = { action: "sts:AssumeRole", service: "rolesanywhere.amazonaws.com", context };
    expect(allows(policy, request)).toBe(true);
    const others = [
      { "aws:PrincipalTag/x509Subject/OU": "aws" },
      { "aws:PrincipalTag/x509Subject/O": "production" },
      { "aws:SourceArn": ANCHOR.replace("anchor/a", "anchor/b") },
    ];
    for (const other of others)
      expect(allows(policy, { ...request, context: { ...context, ...other } })).toBe(false);
    expect(allows(policy, { ...request, context: {} })).toBe(false);
    expect(allows(policy, { ...request, service: "ec2.amazonaws.com" })).toBe(false);
  });

  test("by an activation of this account and region", () => {
    const policy = trust(ssmActivation({ region }));
    const context = {
      "aws:SourceAccount": "123456789012",
      "aws:SourceArn": "arn:aws:ssm:us-east-1:123456789012:managed-instance/mi-1",
    };
    const request = { action: "sts:AssumeRole", service: "ssm.amazonaws.com", context };
    expect(allows(policy, request)).toBe(true);
    expect(allows(policy, { ...request, context: { ...context, "aws:SourceAccount": "999999999999" } })).toBe(
      false,
    );
    expect(allows(policy, { ...request, service: "rolesanywhere.amazonaws.com" })).toBe(false);
  });
});

describe("what lies where", () => {
  test("no strategy's secret is in what is synthesized; a join token is a variable that shows nothing", () => {
    const stack = stackOf(anywhere()) as StackJson & { variable: Record<string, object> };
    expect(stack.variable).toEqual({
      enrol_token_stackpath: expect.objectContaining({
        sensitive: true,
        nullable: false,
        type: "string",
      }) as object,
    });
    const [, credential] = anywhere().credentials("stackpath-2");
    expect(credential?.variables).toEqual(["TF_VAR_enrol_token_stackpath_2"]);
  });

  test("a session of Roles Anywhere lasts an hour, and its anchor is the operator's", () => {
    const stack = stackOf(anywhere());
    expect(only(stack, "aws_rolesanywhere_profile")).toMatchObject({ duration_seconds: 3600, enabled: true });
    expect(only(stack, "aws_rolesanywhere_trust_anchor")).toMatchObject({
      source: { source_type: "CERTIFICATE_BUNDLE", source_data: { x509_certificate_data: AUTHORITY } },
    });
    const named = stackOf(anywhere({ anchor: { arn: ANCHOR } }));
    expect(resources(named, "aws_rolesanywhere_trust_anchor")).toEqual([]);
    expect(JSON.stringify(only(named, "aws_iam_role"))).toContain(ANCHOR);
  });

  test.each([instanceRole(), staticKey({ region }), anywhere(), ssmActivation({ region })])(
    "each strategy says what it costs: $strategy",
    ({ strategy, cost, secretsInState }) => {
      for (const text of Object.values(cost)) expect(text).not.toBe("");
      expect(secretsInState).toBe(strategy !== "instanceRole");
      expect(cost.inState === "nothing").toBe(!secretsInState);
    },
  );

  test("an end of the authority's certificates holds this stack's plan, and no synth", () => {
    const { locals } = stackOf(anywhere({ anchor: { certificates: ENDED_AUTHORITY } })) as StackJson & {
      locals: Record<string, unknown>;
    };
    expect(Object.values(locals)).toContain("2020-01-02T00:00:00.000Z");
    const { lifecycle } = only(stackOf(anywhere()), "aws_rolesanywhere_trust_anchor") as {
      lifecycle: { precondition: { condition: string }[] };
    };
    expect(lifecycle.precondition[0]?.condition).toMatch(/^\$\{timecmp\(plantimestamp\(\), .*\) < 0\}$/);
  });
});

describe("how long logs are kept", () => {
  const kept = (stack: StackJson | undefined) =>
    resources(stack, "aws_cloudwatch_log_group").map(({ retention_in_days: days }) => days);

  test.each([
    [staticKey({ region, retentionDays: 90 }), 90],
    [anywhere({ retentionDays: 7 }), 7],
    [ssmActivation({ region, retentionDays: 365 }), 365],
    [staticKey({ region }), 30],
  ])("is an input of $strategy", (logs, days) => {
    expect(kept(stackOf(logs))).toEqual([days]);
  });

  test("is one of AWS's own role too, in every region", () => {
    const fleet = awsFleet({ logs: instanceRole({ retentionDays: 90 }) });
    expect(kept(synthesize(testEnvironment({ fleets: [fleet] }))["aws-fleet"])).toEqual([90]);
    expect(kept(synthesize(testEnvironment({ fleets: [awsFleet()] }))["aws-fleet"])).toEqual([30]);
  });

  test("is a number that CloudWatch Logs takes", () => {
    const fleets = [
      awsFleet({ logs: instanceRole({ retentionDays: 0 }) }),
      stackpathFleet({ logs: staticKey({ region, retentionDays: 31 }) }),
    ];
    expect(problemsOf({ fleets })).toEqual([
      expect.stringMatching(
        /^fleets\.aws\.logs\.retentionDays: 0 is no number of days[^]*there are: 1, 3, 5/,
      ),
      expect.stringMatching(/^fleets\.stackpath\.logs\.retentionDays: 31 is no number/),
    ]);
  });
});

describe("refused, with the reason", () => {
  test.each(LOG_STRATEGIES.filter((strategy) => strategy !== "instanceRole"))(
    "%s on AWS, which has roles",
    (strategy) => {
      const logs = {
        staticKey: staticKey({ region }),
        rolesAnywhere: anywhere(),
        ssmActivation: ssmActivation({ region }),
      };
      expect(problemsOf({ fleets: [awsFleet({ logs: logs[strategy] })] })).toEqual([
        `fleets.aws.logs: ${strategy} cannot be had: AWS gives its machines a role, so that no secret need exist; there are: instanceRole`,
      ]);
    },
  );

  test("a role on StackPath, which has none; and no choice at all", () => {
    expect(problemsOf({ fleets: [stackpathFleet({ logs: instanceRole() })] })).toEqual([
      "fleets.stackpath.logs: instanceRole cannot be had: StackPath's machines have no role in an AWS account; there are: staticKey, rolesAnywhere, ssmActivation",
    ]);
    const unchosen = { ...stackpathFleet(), logs: undefined };
    expect(problemsOf({ fleets: [unchosen] })[0]).toContain("fleets.stackpath.logs: is missing");
  });

  test.each<[string, LogAccess, readonly string[]]>([
    [
      "a region that is none",
      staticKey({ region: "virginia" }),
      ['logs.region: "virginia" is not an AWS region'],
    ],
    ["an account that is none", staticKey({ region, accountId: "1" }), ["logs.accountId"]],
    [
      "no certificate, and an enrolment in the clear",
      anywhere({ anchor: { certificates: "none" }, enrol: { url: "http://ca.example.net" } }),
      ["logs.anchor.certificates: holds no certificate", "logs.enrol.url"],
    ],
    [
      "credentials in the URL of the authority",
      anywhere({ enrol: { url: "https://me:secret@ca.example.net/.well-known/est" } }),
      ["logs.enrol.url"],
    ],
    [
      "a token behind the URL of the authority",
      anywhere({ enrol: { url: "https://ca.example.net/.well-known/est?token=secret@" } }),
      ["logs.enrol.url: carries credentials or a query"],
    ],
    [
      "what is no URL, and holds a password all the same",
      anywhere({ enrol: { url: "https://me:secret@ca example.net/.well-known/est" } }),
      ['logs.enrol.url: "https://…@ca example.net/.well-known/est" is not an EST server'],
    ],
    [
      "a certificate of a server, and one that is none",
      anywhere({ anchor: { certificates: `${END_ENTITY}\n${AUTHORITY.replace("MII", "AAA")}` } }),
      ["is not a certificate of an authority", "certificate 2: cannot be read"],
    ],
    [
      "a private key among the certificates",
      anywhere({ anchor: { certificates: `${AUTHORITY}-----BEGIN PRIVATE KEY-----` } }),
      ["contains a private key"],
    ],
    [
      "an anchor of another region, and one that is none",
      anywhere({ anchor: { arn: ANCHOR.replace("us-east-1", "eu-west-1") } }),
      ["is in eu-west-1; profile and logs are in us-east-1"],
    ],
    [
      "no anchor's ARN",
      anywhere({ anchor: { arn: "arn:aws:iam::1:role/x" } }),
      ["is not the ARN of a trust anchor"],
    ],
  ])("%s", (_, logs, expected) => {
    const problems = problemsOf({ fleets: [stackpathFleet({ logs })] });
    expect(problems).toHaveLength(expected.length);
    expected.forEach((text, index) => {
      expect(problems[index]).toContain(text);
    });
    expect(problems.join()).not.toContain("secret@");
  });

  test("a name over IAM's limit", () => {
    const name = `f${"x".repeat(29)}`;
    const problems = problemsOf({ name: `e${"y".repeat(30)}`, fleets: [stackpathFleet({ name })] });
    expect(problems.some((text) => text.includes("AWS allows 64 characters"))).toBe(true);
  });

  test("an option that does not exist", () => {
    const logs = staticKey({ region, acountId: "123456789012" } as never);
    expect(checkForm(testEnvironment({ fleets: [stackpathFleet({ logs })] }))).toEqual([
      expect.objectContaining({ where: "fleets.stackpath.logs" }) as object,
    ]);
    const handmade = testEnvironment({ fleets: [stackpathFleet({ logs: "staticKey" as never })] });
    expect(checkForm(handmade)[0]?.what).toContain("staticKey({...})");
  });
});
