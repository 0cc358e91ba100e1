import { noCredentialsInCode } from "../policies/no-credentials-in-code";
import type { PolicyObject, PolicyRule } from "../policies/policy-rule";

interface Statement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly NotAction?: unknown;
  readonly Resource?: string | readonly string[];
  readonly NotResource?: unknown;
}

type Attributes = PolicyObject["attributes"];

/** The blocks that an argument holds, of which Terraform's JSON writes a single one without a list. */
function blocks(value: unknown): readonly Attributes[] {
  return [(value ?? []) as Attributes | readonly Attributes[]].flat();
}

const POLICY = ({ policy }: Attributes): readonly unknown[] => [policy];

/** Resources that carry texts of permission policies, and where these stand in them. */
const POLICY_TEXTS: Readonly<Record<string, (attributes: Attributes) => readonly unknown[]>> = {
  aws_iam_role_policy: POLICY,
  aws_iam_user_policy: POLICY,
  aws_iam_group_policy: POLICY,
  aws_iam_policy: POLICY,
  aws_iam_role: ({ inline_policy: inline }) => blocks(inline).flatMap(POLICY),
  aws_rolesanywhere_profile: ({ session_policy: text }) => (text === undefined ? [] : [text]),
};

/** Policies by name, whose text is written elsewhere and may change there. */
const ATTACHMENTS: Readonly<Record<string, string>> = {
  aws_iam_role_policy_attachment: "policy_arn",
  aws_iam_user_policy_attachment: "policy_arn",
  aws_iam_group_policy_attachment: "policy_arn",
  aws_iam_policy_attachment: "policy_arn",
  aws_iam_role: "managed_policy_arns",
  aws_rolesanywhere_profile: "managed_policy_arns",
};

/**
 * Actions that AWS's own documentation grants on `*`: their requests name nothing that an ARN could stand for, or the
 * node itself, which does not exist yet when its policy is written.
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-create-iam-instance-profile.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonmessagegatewayservice.html
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
 */
export const ACTIONS_WITHOUT_RESOURCE: readonly string[] = [
  "cloudwatch:PutMetricData",
  "ssm:UpdateInstanceInformation",
  "ssmmessages:CreateControlChannel",
  "ssmmessages:CreateDataChannel",
  "ssmmessages:OpenControlChannel",
  "ssmmessages:OpenDataChannel",
];

const noWildcardAction: PolicyRule = {
  id: "iam-no-wildcard-action",
  severity: "high",
  demand: "A policy names each action that it allows",
  reason:
    "A wildcard also allows what AWS adds next year, and nobody can read off it what a stolen node may do.",
  types: [...new Set([...Object.keys(POLICY_TEXTS), ...Object.keys(ATTACHMENTS)])],
  violations({ type, attributes }) {
    const attached = [attributes[ATTACHMENTS[type] ?? ""] ?? []].flat();
    const texts = POLICY_TEXTS[type]?.(attributes) ?? [];
    return [...attached.flatMap(checkAttachment), ...texts.flatMap(wildcardActions)];
  },
};

function wildcardActions(text: unknown): readonly string[] {
  const statements = allowed(text);
  if (statements === undefined) return ["its text is not known before the apply, so nobody can check it"];
  return statements.flatMap(({ Action, NotAction }) => [
    ...(NotAction === undefined ? [] : ["NotAction allows everything else"]),
    ...list(Action)
      .filter((action) => /[*?]/.test(action))
      .map((action) => `it allows ${action}`),
  ]);
}

/** The text of a policy of the same stack is judged where it is written. */
function checkAttachment(arn: unknown): readonly string[] {
  return /^\$\{aws_iam_policy\./.test(String(arn))
    ? []
    : [`it attaches ${String(arn)}, whose text is not here`];
}

const noWildcardResource: PolicyRule = {
  id: "iam-no-wildcard-resource",
  severity: "high",
  demand: "A policy names what it allows an action on, where the action knows a resource",
  reason: "One fleet's nodes must not reach another fleet's logs.",
  types: Object.keys(POLICY_TEXTS),
  violations({ type, attributes }) {
    const texts = POLICY_TEXTS[type]?.(attributes) ?? [];
    // Where a text is not known, the rule for actions says so.
    return texts
      .flatMap((text) => allowed(text) ?? [])
      .flatMap(({ Action, Resource, NotResource }) => {
        if (NotResource !== undefined) return ["NotResource allows everything else"];
        if (!list(Resource).some(isEverything)) return [];
        return list(Action)
          .filter((action) => !ACTIONS_WITHOUT_RESOURCE.includes(action))
          .map((action) => `it allows ${action} on everything`);
      });
  },
};

/** `*`, or an ARN that leaves all of a service open: `arn:aws:s3:::*`, `arn:aws:logs:*:*:*`. */
function isEverything(resource: string): boolean {
  return /^\*+$/.test(resource) || /^arn:[^:]*:[^:]*:[^:]*:[^:]*:\*+$/.test(resource);
}

/** The statements of a policy's text that allow something; undefined where the text cannot be read at synth. */
function allowed(text: unknown): readonly Statement[] | undefined {
  try {
    const { Statement = [] } = JSON.parse(String(text)) as {
      Statement?: Statement | readonly Statement[];
    };
    return [Statement].flat().filter(({ Effect }) => Effect === "Allow");
  } catch {
    return undefined;
  }
}

function list(value: string | readonly string[] | undefined): readonly string[] {
  return [value ?? []].flat();
}

/**
 * CloudWatch Logs encrypts every log group and that cannot be switched off; what logs and alarms pass through on their
 * way elsewhere has to be told.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
 */
const encryptedLogs: PolicyRule = {
  id: "aws-encrypted-logs",
  severity: "high",
  demand: "What logs pass through is encrypted, and they end at some time",
  reason: "Logs name users' addresses.",
  types: ["aws_cloudwatch_log_group", "aws_kinesis_stream", "aws_kinesis_firehose_delivery_stream"],
  violations({ type, attributes }) {
    switch (type) {
      case "aws_cloudwatch_log_group":
        return Number(attributes["retention_in_days"] ?? 0) > 0 ? [] : ["logs are kept for ever"];
      case "aws_kinesis_stream":
        return attributes["encryption_type"] === "KMS" ? [] : ["the stream is not encrypted"];
      default:
        return [attributes["server_side_encryption"] ?? []].flat().some((block) => isOn(block))
          ? []
          : ["the stream is not encrypted"];
    }
  },
};

function isOn(block: unknown): boolean {
  // Terraform takes a flag as a text too.
  return ["true", true].includes((block as { enabled?: string | boolean }).enabled ?? false);
}

/** What must hold for the identity and the logs of every fleet, whatever provider its nodes run on. */
export const IDENTITY_POLICIES: readonly PolicyRule[] = [
  noWildcardAction,
  noWildcardResource,
  encryptedLogs,
  noCredentialsInCode("aws", ["access_key", "secret_key", "token"]),
];
