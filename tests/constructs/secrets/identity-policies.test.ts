import { ACTIONS_WITHOUT_RESOURCE, IDENTITY_POLICIES } from "../../../constructs/secrets/identity-policies";
import { judge, policyObject } from "../policies/policy-object";

const text = (statement: object) =>
  JSON.stringify({ Version: "2012-10-17", Statement: [{ Effect: "Allow", ...statement }] });
const judgeText = (id: string, policy: string, type = "aws_iam_role_policy") =>
  judge(IDENTITY_POLICIES, id, policyObject(type, { policy }));
const actions = (policy: string, type?: string) => judgeText("iam-no-wildcard-action", policy, type);
const resources = (policy: string, type?: string) => judgeText("iam-no-wildcard-resource", policy, type);
const LOGS = "${aws_cloudwatch_log_group.a.arn}:*";

describe("actions", () => {
  test("are each named, in every kind of policy", () => {
    for (const type of [
      "aws_iam_role_policy",
      "aws_iam_user_policy",
      "aws_iam_group_policy",
      "aws_iam_policy",
    ]) {
      expect(actions(text({ Action: "logs:PutLogEvents", Resource: LOGS }), type)).toEqual([]);
      expect(actions(text({ Action: "*", Resource: LOGS }), type)).toEqual(["it allows *"]);
    }
    expect(actions(text({ Action: ["logs:Put*", "logs:CreateLogStream"], Resource: LOGS }))).toEqual([
      "it allows logs:Put*",
    ]);
    expect(actions(text({ Action: "logs:PutLogEvent?", Resource: LOGS }))).toHaveLength(1);
    expect(actions(text({ Action: ["${var.actions}", "logs:${var.verb}"], Resource: LOGS }))).toHaveLength(2);
    // IAM would refuse it, or read it some day.
    expect(actions(JSON.stringify({ Statement: { Effect: "allow", Action: "s3:*" } }))).toHaveLength(1);
    expect(actions(text({ NotAction: "iam:*", Resource: LOGS }))).toEqual([
      "NotAction allows everything else",
    ]);
    expect(actions(JSON.stringify({ Statement: { Effect: "Allow", Action: "s3:*" } }))).toHaveLength(1);
  });

  test("may be denied by a wildcard", () => {
    expect(actions(text({ Effect: "Deny", Action: "*", Resource: "*" }))).toEqual([]);
    expect(resources(text({ Effect: "Deny", Action: "s3:GetObject", Resource: "*" }))).toEqual([]);
  });

  test("have to be readable at synth", () => {
    const quoted = text({ Action: "logs:PutLogEvents", Resource: "QUOTED" });
    expect(actions(quoted.replace("QUOTED", '${element(split(":", aws_a.b.arn), 4)}'))).toEqual([]);
    expect(actions("${data.aws_iam_policy_document.a.json}")).toEqual([
      "its text is not known before the apply, so nobody can check it",
    ]);
    const attach = (policy_arn: string) =>
      judge(
        IDENTITY_POLICIES,
        "iam-no-wildcard-action",
        policyObject("aws_iam_role_policy_attachment", { policy_arn }),
      );
    expect(attach("arn:aws:iam::aws:policy/AdministratorAccess")).toHaveLength(1);
    expect(attach("${aws_iam_policy.mine.arn}")).toEqual([]);
  });
});

describe("a policy that stands within something else", () => {
  const of = (id: string, type: string, attributes: object) =>
    judge(IDENTITY_POLICIES, id, policyObject(type, { ...attributes }));
  const wide = text({ Action: "*", Resource: "*" });

  test("is judged like any other: a role's own, and a session's", () => {
    for (const [type, attributes] of [
      ["aws_iam_role", { inline_policy: [{ name: "a", policy: wide }] }],
      ["aws_iam_role", { inline_policy: { name: "a", policy: wide } }],
      ["aws_rolesanywhere_profile", { session_policy: wide }],
    ] as const) {
      expect(of("iam-no-wildcard-action", type, attributes)).toEqual(["it allows *"]);
      expect(of("iam-no-wildcard-resource", type, attributes)).toEqual(["it allows * on *"]);
    }
  });

  test("is refused where its text is elsewhere", () => {
    const managed_policy_arns = ["arn:aws:iam::aws:policy/AdministratorAccess", "${aws_iam_policy.mine.arn}"];
    for (const type of ["aws_iam_role", "aws_rolesanywhere_profile"]) {
      expect(of("iam-no-wildcard-action", type, { managed_policy_arns })).toEqual([
        "it attaches arn:aws:iam::aws:policy/AdministratorAccess, whose text is not here",
      ]);
      expect(of("iam-no-wildcard-action", type, {})).toEqual([]);
    }
  });
});

describe("a role", () => {
  test.each([
    ["aws_iam_instance_profile", "role"],
    ["aws_ssm_activation", "iam_role"],
  ])("that %s takes is one of the same stack", (type, argument) => {
    const named = (name: string) =>
      judge(IDENTITY_POLICIES, "iam-no-wildcard-action", policyObject(type, { [argument]: name }));
    expect(named("OrganizationAccountAccessRole")).toEqual([
      "it attaches OrganizationAccountAccessRole, whose text is not here",
    ]);
    expect(named("${data.aws_iam_role.a.name}")).toHaveLength(1);
    expect(named("${aws_iam_role.a.name}")).toEqual([]);
  });

  const trust = (statement: object, type = "aws_iam_role", argument = "assume_role_policy") =>
    judge(
      IDENTITY_POLICIES,
      "iam-no-open-trust",
      policyObject(type, { [argument]: text({ Action: "sts:AssumeRole", ...statement }) }),
    );

  test("trusts somebody by name", () => {
    expect(trust({ Principal: { Service: "ec2.amazonaws.com" } })).toEqual([]);
    expect(trust({ Principal: { AWS: ["arn:aws:iam::1:root"] } })).toEqual([]);
    for (const Principal of ["*", { AWS: "*" }, { AWS: ["arn:aws:iam::1:root", "*"] }]) {
      expect(trust({ Principal })).toEqual(["it trusts everybody"]);
      expect(trust({ Principal, Condition: { Bool: { "aws:SecureTransport": "true" } } })).toHaveLength(1);
      const Condition = { StringEquals: { "aws:PrincipalOrgID": "o-1" } };
      expect(trust({ Principal, Condition })).toEqual([]);
      expect(trust({ Principal, Effect: "Deny" })).toEqual([]);
    }
    expect(trust({ NotPrincipal: { AWS: "arn:aws:iam::1:root" } })).toHaveLength(1);
  });

  test("is not alone in that: so do resources with policies of their own", () => {
    expect(trust({ Principal: "*" }, "aws_s3_bucket_policy", "policy")).toHaveLength(1);
    expect(trust({ Principal: "*" }, "aws_cloudwatch_log_resource_policy", "policy_document")).toHaveLength(
      1,
    );
    const unread = policyObject("aws_kms_key", { policy: "${data.aws_iam_policy_document.a.json}" });
    expect(judge(IDENTITY_POLICIES, "iam-no-open-trust", unread)).toHaveLength(1);
    expect(judge(IDENTITY_POLICIES, "iam-no-open-trust", policyObject("aws_kms_key", {}))).toEqual([]);
  });
});

describe("resources", () => {
  test("are named, where an action knows one", () => {
    expect(resources(text({ Action: ["logs:PutLogEvents"], Resource: LOGS }))).toEqual([]);
    expect(resources(text({ Action: ["logs:PutLogEvents"], Resource: "*" }))).toEqual([
      "it allows logs:PutLogEvents on *",
    ]);
    expect(resources(text({ Action: "s3:GetObject", Resource: ["arn:aws:s3:::*"] }))).toHaveLength(1);
    expect(resources(text({ Action: "logs:PutLogEvents", Resource: "arn:aws:logs:*:*:*" }))).toHaveLength(1);
    expect(resources(text({ Action: "s3:GetObject", NotResource: "arn:aws:s3:::a" }))).toHaveLength(1);
  });

  test.each([
    ["arn:aws:logs:eu-west-1:1:log-group:*", true],
    ["arn:aws:logs:*:*:log-group:*:log-stream:*", true],
    ["arn:aws:logs:eu-west-1:1:log-group:/polycast/*", true],
    ["arn:aws:logs:eu-west-1:1:log-group:/polycast/a:*", false],
    ["arn:aws:logs:eu-west-1:1:log-group:/polycast/a:log-stream:*", false],
    ["arn:aws:iam::1:role/*", true],
    ["arn:aws:iam::1:role/edge", false],
    ["arn:aws:ec2:*:*:instance/*", true],
    ["arn:aws:ssm:eu-west-1:1:parameter/edge/*", true],
    ["arn:aws:s3:::bucket/*", false],
    ["arn:aws:s3:::*/key", true],
    ["arn:aws:s3:::bucket*", true],
    ["arn:${data.aws_partition.a.partition}:sqs:eu-west-1:1:*", true],
    ["${aws_s3_bucket.a.arn}/*", false],
    ["*", true],
  ])("%s is a wildcard: %s", (resource, wildcard) => {
    expect(resources(text({ Action: "some:Action", Resource: ["arn:aws:sqs:a:1:b", resource] }))).toEqual(
      wildcard ? [`it allows some:Action on ${resource}`] : [],
    );
  });

  test("are left open for the actions that know none, and only for these", () => {
    expect(resources(text({ Action: ACTIONS_WITHOUT_RESOURCE, Resource: "*" }))).toEqual([]);
    const mixed = { Action: [...ACTIONS_WITHOUT_RESOURCE, "ssm:GetParameter"], Resource: "*" };
    expect(resources(text(mixed))).toEqual(["it allows ssm:GetParameter on *"]);
  });
});

test("logs end at some time, and streams that they pass through are encrypted", () => {
  const logs = (type: string, attributes: object) =>
    judge(IDENTITY_POLICIES, "aws-encrypted-logs", policyObject(type, { ...attributes }));
  expect(logs("aws_cloudwatch_log_group", { retention_in_days: 30 })).toEqual([]);
  expect(logs("aws_cloudwatch_log_group", { retention_in_days: 0 })).toHaveLength(1);
  expect(logs("aws_cloudwatch_log_group", {})).toHaveLength(1);
  expect(logs("aws_kinesis_stream", { encryption_type: "KMS" })).toEqual([]);
  expect(logs("aws_kinesis_stream", {})).toHaveLength(1);
  const firehose = (enabled: unknown) =>
    logs("aws_kinesis_firehose_delivery_stream", { server_side_encryption: { enabled } });
  expect(firehose(true)).toEqual([]);
  expect(firehose("false")).toHaveLength(1);
  expect(logs("aws_kinesis_firehose_delivery_stream", {})).toHaveLength(1);
});

test("the AWS provider's block names no keys, but in the sandbox", () => {
  const block = (sandbox: boolean) =>
    judge(
      IDENTITY_POLICIES,
      "aws-no-credentials-in-code",
      policyObject("provider.aws", { access_key: "a", secret_key: "b", token: "c", region: "us-east-1" }),
      { sandbox },
    );
  expect(block(false)).toHaveLength(3);
  expect(block(true)).toEqual([]);
});
