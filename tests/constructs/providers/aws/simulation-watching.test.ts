/** What the simulated CloudWatch and SNS refuse, and what they make of what they take. */
import type { Values } from "../../../../constructs/fleet/simulation";
import { aws } from "../../../../constructs/providers/aws/simulation";
import { SimulatedCloud } from "../../simulated-cloud";

const PROVIDER: Values = { region: "us-east-1", allowed_account_ids: ["000000000000"] };
let cloud: SimulatedCloud;
beforeEach(() => {
  cloud = new SimulatedCloud(aws, PROVIDER);
});

describe("a metric filter", () => {
  const filter = (transformation: Values = {}, changes: Values = {}): Values => ({
    name: "healthy",
    log_group_name: "/edge",
    pattern: "  [a, b = 5*] ",
    metric_transformation: [
      { namespace: "Edge", name: "Healthy", value: "1", dimensions: { Site: "$b" }, ...transformation },
    ],
    ...changes,
  });
  const withGroup = (): SimulatedCloud => {
    cloud.create("aws_cloudwatch_log_group", { name: "/edge" });
    return cloud;
  };

  test("is known by its name, its pattern without spaces around it", () => {
    const made = withGroup().create("aws_cloudwatch_log_metric_filter", filter());
    expect(made).toMatchObject({ id: "healthy", pattern: "[a, b = 5*]", log_group_name: "/edge" });
  });

  test.each<[string, Values, Values, string]>([
    [
      "a log group that is not there",
      {},
      { log_group_name: "/other" },
      "ResourceNotFoundException: The specified log group does not exist.",
    ],
    ["a default value beside dimensions", { default_value: "0" }, {}, "mutually exclusive"],
    ["more than three dimensions", { dimensions: { a: "$a", b: "$b", c: "$a", d: "$b" } }, {}, "at most 3"],
    ["a dimension that is no field", { dimensions: { Fleet: "aws" } }, {}, "must be a field"],
  ])("%s is refused", (_, transformation, changes, message) => {
    withGroup();
    const create = () => cloud.create("aws_cloudwatch_log_metric_filter", filter(transformation, changes));
    expect(create).toThrow(message);
    expect(create).toThrow("putting CloudWatch Logs Metric Filter ():");
  });

  test("is refused on a change too, under its name", () => {
    const made = withGroup().create("aws_cloudwatch_log_metric_filter", filter());
    const [transformation] = filter({ default_value: "0" })["metric_transformation"] as Values[];
    expect(() =>
      cloud.update("aws_cloudwatch_log_metric_filter", made, {
        metric_transformation: [transformation ?? null],
      }),
    ).toThrow("putting CloudWatch Logs Metric Filter (healthy):");
  });

  test.each([
    ["name", "a:b", "isn't a valid log metric name"],
    ["log_group_name", "a b", "isn't a valid log group name"],
  ])("%s %j is no name", (name, value, message) => {
    expect(cloud.validate("aws_cloudwatch_log_metric_filter", filter({}, { [name]: value }))).toEqual([
      expect.objectContaining({ summary: expect.stringContaining(message) as string }),
    ]);
  });
});

describe("a dashboard", () => {
  const create = (body: unknown): Values =>
    cloud.create("aws_cloudwatch_dashboard", {
      dashboard_name: "edge",
      dashboard_body: JSON.stringify(body),
    });
  const chart = { type: "metric", properties: { region: "us-east-1", metrics: [] } };

  test("has its keys in order, and an ARN without a region", () => {
    expect(create({ widgets: [chart], start: "-PT3H" })).toMatchObject({
      id: "edge",
      dashboard_arn: "arn:aws:cloudwatch::000000000000:dashboard/edge",
      dashboard_body: JSON.stringify({
        start: "-PT3H",
        widgets: [{ properties: { metrics: [], region: "us-east-1" }, type: "metric" }],
      }),
    });
  });

  test.each<[string, unknown, string]>([
    ["no widgets", {}, "Should have required property 'widgets'"],
    ["a list", [], "Should have required property 'widgets'"],
    ["a widget without a type", { widgets: [{}] }, "Should have required property 'type'"],
    ["a widget of no kind", { widgets: [{ type: "gauge" }] }, "Unknown type"],
    ["a widget without properties", { widgets: [{ type: "text" }] }, "'properties'"],
    ["a chart without a region", { widgets: [{ ...chart, properties: {} }] }, "'properties.region'"],
    ["a text without one", { widgets: [{ type: "text", properties: {} }] }, "'properties.markdown'"],
    ["501 widgets", { widgets: Array.from({ length: 501 }, () => chart) }, "NOT have more than 500 items"],
  ])("%s is refused", (_, body, message) => {
    expect(() => create(body)).toThrow(message);
  });

  test("what is no JSON, or no name, is refused before it is planned", () => {
    const config = { dashboard_name: "a b", dashboard_body: "{" };
    expect(cloud.validate("aws_cloudwatch_dashboard", config)).toHaveLength(2);
  });
});

describe("a topic", () => {
  const create = (changes: Values = {}): Values =>
    cloud.create("aws_sns_topic", { name: "alarms", ...changes });

  test("is known by its ARN, and its account may publish to it", () => {
    const topic = create();
    expect(topic).toMatchObject({
      id: "arn:aws:sns:us-east-1:000000000000:alarms",
      arn: "arn:aws:sns:us-east-1:000000000000:alarms",
      owner: "000000000000",
    });
    expect(JSON.parse(topic["policy"] as string)).toMatchObject({
      Statement: [
        {
          Action: expect.arrayContaining(["SNS:Publish"]) as string[],
          Condition: { StringEquals: { "AWS:SourceOwner": "000000000000" } },
        },
      ],
    });
  });

  test("a second one of the name is refused", () => {
    create();
    expect(() => create()).toThrow("Topic already exists with different tags");
  });

  test.each<[Values, string]>([
    [{ name: "a b" }, "invalid topic name: a b"],
    [{ name: "a.fifo" }, "invalid topic name: a.fifo"],
    [{ name: "a", fifo_topic: true }, "invalid topic name: a"],
    [{ content_based_deduplication: true }, "can only be set for FIFO topics"],
    [{ archive_policy: '{"MessageRetentionPeriod":30}' }, "can only be set for FIFO topics"],
  ])("%j is refused when it is planned", (changes, message) => {
    expect(() => create(changes)).toThrow(message);
  });

  test("one with a prefix is named by the plugin", () => {
    expect(create({ name: null, name_prefix: "edge-" })["name"]).toMatch(/^edge-20\d{16}[0-9a-f]{8}$/);
    const fifo = create({ name: null, name_prefix: "edge-", fifo_topic: true });
    expect(fifo["name"]).toMatch(/\.fifo$/);
  });
});

describe("a subscription", () => {
  const topic = "arn:aws:sns:us-east-1:000000000000:alarms";
  const create = (changes: Values = {}): Values =>
    cloud.create("aws_sns_topic_subscription", {
      topic_arn: topic,
      protocol: "email",
      endpoint: "ops@example.net",
      ...changes,
    });

  test("by mail waits until its owner agrees", () => {
    cloud.create("aws_sns_topic", { name: "alarms" });
    const made = create();
    expect(made["id"]).toMatch(new RegExp(`^${topic}:[0-9a-f-]{36}$`));
    expect(made).toMatchObject({ pending_confirmation: true, confirmation_was_authenticated: false });
    expect(create({ protocol: "sqs", endpoint: "arn:aws:sqs:us-east-1:1:q" })).toMatchObject({
      pending_confirmation: false,
    });
  });

  test("of a topic that is not there is refused", () => {
    expect(() => create()).toThrow("NotFound: Topic does not exist");
  });

  test.each([
    ["email", "ops"],
    ["https", "http://ops.example.net"],
    ["http", "ops.example.net"],
  ])("%s cannot go to %j", (protocol, endpoint) => {
    cloud.create("aws_sns_topic", { name: "alarms" });
    expect(() => create({ protocol, endpoint })).toThrow("Endpoint must match the specified protocol");
  });

  test("a filter's scope needs a filter", () => {
    cloud.create("aws_sns_topic", { name: "alarms" });
    expect(() => create({ filter_policy_scope: "MessageBody" })).toThrow("filter_policy is required");
  });
});
