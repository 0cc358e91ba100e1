import { blocks, isTrue, texts } from "../policies/blocks";
import { noCredentialsInCode } from "../policies/no-credentials-in-code";
import type { PolicyObject, PolicyRule } from "../policies/policy-rule";

/** A statement of a policy; IAM takes one as a list of one, and so a text. */
interface Statement {
  readonly Effect?: string;
  readonly Action?: string | readonly string[];
  readonly NotAction?: unknown;
  readonly Resource?: string | readonly string[];
  readonly NotResource?: unknown;
  readonly Principal?: string | Readonly<Record<string, string | readonly string[]>>;
  readonly NotPrincipal?: unknown;
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

type Attributes = PolicyObject["attributes"];

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

/** What brings permissions by a name, the argument that has it, and the objects that it may name. */
const BY_NAME: Readonly<Record<string, readonly [argument: string, written: string]>> = {
  aws_iam_role_policy_attachment: ["policy_arn", "aws_iam_policy"],
  aws_iam_user_policy_attachment: ["policy_arn", "aws_iam_policy"],
  aws_iam_group_policy_attachment: ["policy_arn", "aws_iam_policy"],
  aws_iam_policy_attachment: ["policy_arn", "aws_iam_policy"],
  aws_iam_role_policy_attachments_exclusive: ["policy_arns", "aws_iam_policy"],
  aws_iam_user_policy_attachments_exclusive: ["policy_arns", "aws_iam_policy"],
  aws_iam_group_policy_attachments_exclusive: ["policy_arns", "aws_iam_policy"],
  aws_iam_role: ["managed_policy_arns", "aws_iam_policy"],
  aws_rolesanywhere_profile: ["managed_policy_arns", "aws_iam_policy"],
  aws_iam_instance_profile: ["role", "aws_iam_role"],
  aws_ssm_activation: ["iam_role", "aws_iam_role"],
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

const UNKNOWN = "its text is not known before the apply, so nobody can check it";

const noWildcardAction: PolicyRule = {
  id: "iam-no-wildcard-action",
  severity: "high",
  demand: "A policy names each action that it allows",
  reason:
    "A wildcard also allows what AWS adds next year, and nobody can read off it what a stolen node may do.",
  types: [...new Set([...Object.keys(POLICY_TEXTS), ...Object.keys(BY_NAME)])],
  violations({ type, attributes }) {
    const [argument = "", written = ""] = BY_NAME[type] ?? [];
    return [
      // The text of a policy of the same stack is judged where it is written.
      ...texts(attributes[argument])
        .filter((name) => !name.startsWith(`\${${written}.`))
        .map((name) => `it attaches ${name}, whose text is not here`),
      ...(POLICY_TEXTS[type]?.(attributes) ?? []).flatMap(wildcardActions),
    ];
  },
};

function wildcardActions(text: unknown): readonly string[] {
  const statements = allowed(text);
  if (statements === undefined) return [UNKNOWN];
  return statements.flatMap(({ Action, NotAction }) => [
    ...(NotAction === undefined ? [] : ["NotAction allows everything else"]),
    // A reference may be anything.
    ...texts(Action)
      .filter((action) => !/^[\w-]+:\w+$/.test(action))
      .map((action) => `it allows ${action}`),
  ]);
}

const noWildcardResource: PolicyRule = {
  id: "iam-no-wildcard-resource",
  severity: "high",
  demand: "A policy names what it allows an action on, where the action knows a resource",
  reason: "One fleet's nodes must not reach another fleet's logs.",
  types: Object.keys(POLICY_TEXTS),
  violations({ type, attributes }) {
    // Where a text is not known, the rule for actions says so.
    return (POLICY_TEXTS[type]?.(attributes) ?? [])
      .flatMap((text) => allowed(text) ?? [])
      .flatMap(({ Action, Resource, NotResource }) => {
        if (NotResource !== undefined) return ["NotResource allows everything else"];
        const open = texts(Resource).filter(isWildcard);
        if (open.length === 0) return [];
        return texts(Action)
          .filter((action) => !ACTIONS_WITHOUT_RESOURCE.includes(action))
          .map((action) => `it allows ${action} on ${open.join(", ")}`);
      });
  },
};

/** Services whose ARNs have no word for the kind of a resource before its name: `arn:aws:s3:::bucket/key`. */
const WITHOUT_KIND = ["s3", "sns", "sqs"];

/** Services whose resources have paths for names: `log-group:/edge/nodes`, `parameter/edge/key`, `role/edge/node`. */
const WITH_PATHS = ["iam", "logs", "ssm"];

/**
 * Whether the name of a resource has a wildcard in it: `*`, `arn:aws:s3:::*`, `arn:aws:logs:*:*:log-group:/edge/*`. What lies
 * within a named one, a bucket's objects or a log group's streams, may have one: `arn:aws:s3:::bucket/*`.
 */
function isWildcard(resource: string): boolean {
  // A reference names one object; what it is made of is no part of the ARN.
  const [arn, , service = "", , , ...rest] = resource.replaceAll(/\$\{[^}]*\}/g, "reference").split(":");
  if (arn !== "arn") return /^[*?]/.test(resource);
  const path = rest.join(":");
  const own = WITHOUT_KIND.includes(service) ? path : path.replace(/^[\w-]+[:/]/, "");
  const [name = ""] = own.split(WITH_PATHS.includes(service) ? ":" : /[:/]/);
  return /[*?]/.test(name);
}

/** Keys of conditions that say from where, or from whom, a request may come. */
const NARROWING =
  /^aws:(PrincipalArn|PrincipalAccount|PrincipalOrgID|PrincipalOrgPaths|SourceAccount|SourceArn|SourceOwner|SourceOrgID|SourceVpc|SourceVpce)$/i;

const TRUST: Readonly<Record<string, string>> = {
  aws_iam_role: "assume_role_policy",
  aws_s3_bucket_policy: "policy",
  aws_sns_topic: "policy",
  aws_sns_topic_policy: "policy",
  aws_sqs_queue: "policy",
  aws_sqs_queue_policy: "policy",
  aws_kms_key: "policy",
  aws_kms_key_policy: "policy",
  aws_secretsmanager_secret: "policy",
  aws_secretsmanager_secret_policy: "policy",
  aws_cloudwatch_log_resource_policy: "policy_document",
};

const noOpenTrust: PolicyRule = {
  id: "iam-no-open-trust",
  severity: "high",
  demand: "A role, or a resource with a policy of its own, trusts somebody by name",
  reason: "Everybody is also every other account of AWS.",
  types: Object.keys(TRUST),
  violations({ type, attributes }) {
    const text = attributes[TRUST[type] ?? ""];
    if (text === undefined) return [];
    const statements = allowed(text);
    if (statements === undefined) return [UNKNOWN];
    return statements
      .filter(
        ({ Condition = {} }) =>
          !Object.values(Condition)
            .flatMap(Object.keys)
            .some((key) => NARROWING.test(key)),
      )
      .flatMap(({ Principal = {}, NotPrincipal }) => {
        const named = typeof Principal === "string" ? [Principal] : Object.values(Principal).flatMap(texts);
        return [
          ...(NotPrincipal === undefined ? [] : ["NotPrincipal trusts everybody else"]),
          ...(named.some((each) => /[*?]/.test(each)) ? ["it trusts everybody"] : []),
        ];
      });
  },
};

/** The statements of a policy's text that allow something; undefined where the text cannot be read at synth. */
function allowed(text: unknown): readonly Statement[] | undefined {
  try {
    // Terraform puts something else in the place of a reference, quotes and all.
    const readable = String(text).replaceAll(/\$\{[^}]*\}/g, (reference) => reference.replaceAll('"', "'"));
    const { Statement = [] } = JSON.parse(readable) as {
      Statement?: Statement | readonly Statement[];
    };
    // Whatever is not plainly a denial may allow.
    return [Statement].flat().filter(({ Effect }) => Effect !== "Deny");
  } catch {
    return undefined;
  }
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
        return blocks(attributes["server_side_encryption"]).some(({ enabled }) => isTrue(enabled))
          ? []
          : ["the stream is not encrypted"];
    }
  },
};

/** What must hold for the identity and the logs of every fleet, whatever provider its nodes run on. */
export const IDENTITY_POLICIES: readonly PolicyRule[] = [
  noWildcardAction,
  noWildcardResource,
  noOpenTrust,
  encryptedLogs,
  noCredentialsInCode("aws", ["access_key", "secret_key", "token"]),
];
