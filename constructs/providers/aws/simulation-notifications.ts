import { randomUUID } from "node:crypto";
import {
  Refusal,
  type Cloud,
  type LeafChange,
  type Planning,
  type ResourceSimulation,
  type Values,
} from "../../fleet/simulation";
import { AwsAccount, nameOf, refusal, SNS, text } from "./simulation-cloud";
import { isRecord, sameJson, samePolicy, sortedJson } from "./simulation-json";

/** What alarms are published to. */
export const topic: ResourceSimulation = {
  normalise: { archive_policy: sortedJson, delivery_policy: sortedJson, policy: sortedJson },
  suppress: { archive_policy: sameJson, delivery_policy: sameJson, policy: samePolicy },
  plan: refuseTopic,
  create(planned, cloud) {
    const account = new AwsAccount(cloud);
    const fifo = planned["fifo_topic"] === true ? ".fifo" : "";
    const given = nameOf(planned);
    const names = text(planned["name"]) === "" ? { ...given, name: given.name + fifo } : given;
    const arn = account.arn("sns", names.name);
    if (cloud.get("aws_sns_topic", arn) !== undefined) {
      const error = [
        "InvalidParameter",
        "Invalid parameter: Tags Reason: Topic already exists with different tags",
      ] as const;
      throw refusal(`creating SNS Topic (${names.name})`, SNS, "CreateTopic", error);
    }
    return { ...names, id: arn, arn, owner: account.id, ...decided(planned, arn, account.id) };
  },
  update: (planned, { arn, owner }) => decided(planned, text(arn), text(owner)),
};

/** What SNS answers where nothing was asked for. */
function decided(planned: Values, arn: string, account: string): Values {
  return {
    policy: text(planned["policy"]) || sortedJson(JSON.stringify(ownersPolicy(arn, account))),
    beginning_archive_time: "",
    signature_version: typeof planned["signature_version"] === "number" ? planned["signature_version"] : 0,
  };
}

/** The topic's own account may do everything with it, so its alarms too. */
function ownersPolicy(arn: string, account: string): object {
  const actions = [
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
  ];
  return {
    Version: "2008-10-17",
    Id: "__default_policy_ID",
    Statement: [
      {
        Sid: "__default_statement_ID",
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: actions.map((action) => `SNS:${action}`),
        Resource: arn,
        Condition: { StringEquals: { "AWS:SourceOwner": account } },
      },
    ],
  };
}

/** @throws Refusal of a name that is none, and of what only FIFO topics have */
function refuseTopic({ prior, planned }: Planning): void {
  const isFifo = planned["fifo_topic"] === true;
  const name = text(planned["name"]) || nameOf(planned).name + (isFifo ? ".fifo" : "");
  const form = isFifo ? /^[0-9A-Za-z_-]{1,251}\.fifo$/ : /^[0-9A-Za-z_-]{1,256}$/;
  if (prior === null && !form.test(name)) throw new Refusal(`invalid topic name: ${name}`);
  if (isFifo) return;
  if (text(planned["archive_policy"]) !== "")
    throw new Refusal("message archive policy can only be set for FIFO topics");
  if (text(planned["fifo_throughput_scope"]) !== "")
    throw new Refusal("FIFO throughput scope can only be set for FIFO topics");
  if (planned["content_based_deduplication"] === true)
    throw new Refusal("content-based deduplication can only be set for FIFO topics");
}

/** Who is told what is published. */
export const topicSubscription: ResourceSimulation = {
  normalise: {
    delivery_policy: sortedJson,
    filter_policy: sortedJson,
    redrive_policy: sortedJson,
    replay_policy: sortedJson,
  },
  suppress: {
    delivery_policy: sameDeliveryPolicy,
    filter_policy: sameJson,
    redrive_policy: sameJson,
    replay_policy: sameJson,
  },
  plan: planFilterScope,
  create(planned, cloud) {
    refuseSubscription(planned, cloud);
    const arn = `${text(planned["topic_arn"])}:${randomUUID()}`;
    return {
      id: arn,
      arn,
      owner_id: new AwsAccount(cloud).id,
      confirmation_was_authenticated: false,
      pending_confirmation: !CONFIRMED_AT_ONCE.includes(text(planned["protocol"])),
    };
  },
  update: () => ({}),
};

/** These need nobody who agrees, since their owner has allowed it. */
const CONFIRMED_AT_ONCE = ["application", "firehose", "lambda", "sms", "sqs"];

/** What an endpoint looks like: https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html */
const ENDPOINTS: Readonly<Record<string, RegExp>> = {
  http: /^http:\/\//,
  https: /^https:\/\//,
  email: /^[^@\s]+@[^@\s]+$/,
  "email-json": /^[^@\s]+@[^@\s]+$/,
};

function refuseSubscription(planned: Values, cloud: Cloud): void {
  const refuse = (code: string, message: string, status: number): Error =>
    refusal("creating SNS Topic Subscription", SNS, "Subscribe", [code, message], status);
  const arn = text(planned["topic_arn"]);
  if (cloud.get("aws_sns_topic", arn) === undefined) throw refuse("NotFound", "Topic does not exist", 404);
  if (ENDPOINTS[text(planned["protocol"])]?.test(text(planned["endpoint"])) === false)
    throw refuse("InvalidParameter", "Invalid parameter: Endpoint must match the specified protocol", 400);
}

/** A scope belongs to a filter, and is the attributes' unless it is given. */
function planFilterScope({ config, planned }: Planning): void {
  const hasFilter = text(planned["filter_policy"]) !== "";
  const isGiven = config["filter_policy_scope"] !== null;
  if (!hasFilter && isGiven) throw new Refusal("filter_policy is required when filter_policy_scope is set");
  if (isGiven || !hasFilter) return;
  if (text(planned["filter_policy_scope"]) !== "") planned["filter_policy_scope"] = "MessageAttributes";
}

/** The parts of a delivery policy that the plugin knows; it compares nothing else. */
const DELIVERY_POLICY: Readonly<Record<string, readonly string[]>> = {
  healthyRetryPolicy: [
    "backoffFunction",
    "maxDelayTarget",
    "minDelayTarget",
    "numMaxDelayRetries",
    "numMinDelayRetries",
    "numNoDelayRetries",
    "numRetries",
  ],
  throttlePolicy: ["maxReceivesPerSecond"],
};

function sameDeliveryPolicy({ old, new: given }: LeafChange): boolean {
  const [one, other] = [old, given].map(knownDelivery);
  return one !== undefined && one === other;
}

function knownDelivery(policy: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(policy);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  const known = Object.entries(DELIVERY_POLICY).map(([part, names]) => {
    const inner = value[part];
    return isRecord(inner) ? names.map((name) => inner[name] ?? null) : null;
  });
  return JSON.stringify(known);
}
