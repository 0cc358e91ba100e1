import { weighted } from "../../../../constructs/dns/traffic-policy";
import { checkEnvironment } from "../../../../constructs/fleet/check-environment";
import { checkForm } from "../../../../constructs/fleet/environment-form";
import { cloudwatch } from "../../../../constructs/management/cloudwatch/cloudwatch";
import type { CloudWatchOptions } from "../../../../constructs/management/cloudwatch/cloudwatch-options";
import { watchedIn } from "../../../../constructs/management/watched-fleets";
import { ns1 } from "../../../../constructs/dns/ns1/ns1";
import { capacity } from "../../../../constructs/dns/traffic-policy";
import type { LogAccess } from "../../../../constructs/fleet/log-access";
import { ssmActivation } from "../../../../constructs/secrets/ssm-activation";
import { staticKey } from "../../../../constructs/secrets/static-key";
import { awsFleet, stackpathFleet, testEnvironment } from "../../../environment-for-tests";
import { only, resources, synthesize, type StackJson, type Values } from "../../../synthesize";

const sites = { "us-east-1": { nodes: 2 }, "eu-central-1": { nodes: 2 } };
const watchedEnvironment = (options: Partial<CloudWatchOptions> = {}) =>
  testEnvironment({
    fleets: [awsFleet({ sites }), stackpathFleet()],
    management: cloudwatch({ region: "us-east-1", notify: ["ops@example.net"], ...options }),
  });
const regionOf = ({ provider }: Values): string => String(provider).split(".").at(-1) ?? "";

describe("the stack", () => {
  let stack: StackJson | undefined;
  let alarms: readonly Values[];
  beforeAll(() => {
    stack = synthesize(watchedEnvironment())["management"];
    alarms = resources(stack, "aws_cloudwatch_metric_alarm");
  });

  test("reads no other state", () => {
    expect(stack?.data ?? {}).toEqual({});
  });

  test("counts the same in every log group of every fleet, under names that are unique in a region", () => {
    const filters = resources(stack, "aws_cloudwatch_log_metric_filter");
    expect(
      filters.map((filter) => `${String(filter["log_group_name"])} ${regionOf(filter)}`).toSorted(),
    ).toEqual(
      [
        "/polycast/test/aws eu-central-1",
        "/polycast/test/aws us-east-1",
        "/polycast/test/stackpath us-east-1",
      ]
        .flatMap((group) => [group, group, group, group])
        .toSorted(),
    );
    const names = filters.map((filter) => `${regionOf(filter)} ${String(filter["name"])}`);
    expect(new Set(names).size).toBe(names.length);
    for (const filter of filters) {
      const transformation = filter["metric_transformation"] as Values;
      expect(transformation).toMatchObject({ value: "1", unit: "Count" });
      // CloudWatch takes a default value only without dimensions.
      expect(transformation).not.toHaveProperty("default_value");
      expect(Object.keys(transformation["dimensions"] as Values)).toEqual(["Site"]);
    }
  });

  test("every alarm stands where its metric is, calls its own region's topic, and says when it is over", () => {
    const topics = resources(stack, "aws_sns_topic");
    expect(topics.map(regionOf).toSorted()).toEqual(["eu-central-1", "us-east-1"]);
    expect(alarms.length).toBeGreaterThan(8);
    for (const alarm of alarms) {
      const [action = "", ...more] = alarm["alarm_actions"] as string[];
      expect(more).toEqual([]);
      expect(action).toContain(`topic-${regionOf(alarm)}`);
      expect(alarm["ok_actions"]).toEqual([action]);
      const isBlind = String(alarm["alarm_name"]) === "test-builder-left-running";
      expect(alarm["insufficient_data_actions"]).toEqual(isBlind ? [action] : undefined);
    }
  });

  test("each topic sends mail", () => {
    const subscriptions = resources(stack, "aws_sns_topic_subscription");
    expect(subscriptions).toHaveLength(2);
    for (const subscription of subscriptions)
      expect(subscription).toMatchObject({ protocol: "email", endpoint: "ops@example.net" });
  });

  test("one page shows all of it, and says where it is", () => {
    expect(stack?.output["dashboard"]?.value).toBe(
      "https://console.aws.amazon.com/cloudwatch/home?region=us-east-1#dashboards/dashboard/polycast-test",
    );
    const dashboard = only(stack, "aws_cloudwatch_dashboard");
    expect(dashboard["dashboard_name"]).toBe("polycast-test");
    const body = JSON.parse(String(dashboard["dashboard_body"])) as { widgets: unknown[] };
    expect(body.widgets.length).toBeGreaterThan(8);
  });

  test("everything is tagged, and in the sandbox nothing real can be reached", () => {
    for (const provider of stack?.provider["aws"] ?? []) {
      expect(provider["default_tags"]).toEqual([{ tags: { "polycast:environment": "test" } }]);
      expect(provider).toMatchObject({ access_key: "sandbox", allowed_account_ids: ["000000000000"] });
    }
  });
});

test("topics that are there already are called as they are", () => {
  const topics = ["arn:aws:sns:us-east-1:123456789012:ops", "arn:aws:sns:eu-central-1:123456789012:ops"];
  const stack = synthesize(watchedEnvironment({ notify: topics }))["management"];
  expect(resources(stack, "aws_sns_topic")).toEqual([]);
  for (const alarm of resources(stack, "aws_cloudwatch_metric_alarm"))
    expect(alarm["alarm_actions"]).toEqual([topics.find((topic) => topic.includes(`:${regionOf(alarm)}:`))]);
});

test("an environment that nobody watches has no such stack", () => {
  expect(Object.keys(synthesize(testEnvironment()))).not.toContain("management");
});

test("another limit moves the alarm and the mark on the page", () => {
  const stack = synthesize(watchedEnvironment({ errorPercent: 2.5 }))["management"];
  const errors = resources(stack, "aws_cloudwatch_metric_alarm").filter(({ alarm_name: name }) =>
    String(name).endsWith("-errors"),
  );
  expect(new Set(errors.map(({ threshold }) => threshold))).toEqual(new Set([2.5]));
  expect(only(stack, "aws_cloudwatch_dashboard")["dashboard_body"]).toContain('"value":2.5');
});

describe("what is watched", () => {
  test("names and regions are derived", () => {
    expect(watchedIn(watchedEnvironment()).fleets).toEqual([
      {
        name: "aws",
        logGroup: "/polycast/test/aws",
        sites: { "us-east-1": "us-east-1", "eu-central-1": "eu-central-1" },
      },
      { name: "stackpath", logGroup: "/polycast/test/stackpath", sites: { SEA: "us-east-1" } },
    ]);
  });

  test.each([
    [weighted({ aws: 50, stackpath: 50 }), false],
    [capacity(), true],
  ])("loads have to be pushed for a policy that sheds them", (policy, expected) => {
    const { sharesByLoad } = watchedIn({ ...watchedEnvironment(), dns: ns1({ policy }) });
    expect(sharesByLoad).toBe(expected);
  });
});

test("a secret that ends has to be watched, and others not", () => {
  const watchedWith = (logs: LogAccess) => {
    const environment = { ...watchedEnvironment(), fleets: [awsFleet(), stackpathFleet({ logs })] };
    return watchedIn(environment).secretsEnd;
  };
  expect(watchedWith(ssmActivation({ region: "us-east-1" }))).toBe(true);
  expect(watchedWith(staticKey({ region: "us-east-1" }))).toBe(false);
});

describe("bad input", () => {
  const problems = (options: Partial<CloudWatchOptions>): string[] => {
    const environment = watchedEnvironment(options);
    return [...checkForm(environment), ...checkEnvironment(environment, () => undefined)].map(
      ({ where, what }) => `${where}: ${what}`,
    );
  };

  test("a good one has none", () => {
    expect(problems({})).toEqual([]);
  });

  test.each<[string, object, string]>([
    [
      "a region that is none",
      { region: "us-esat-1" },
      'management.region: no such AWS region as "us-esat-1"',
    ],
    ["nobody to call", { notify: [] }, "management.notify: expected whom alarms call"],
    ["no limit at all", { errorPercent: 0 }, "management.errorPercent: "],
    ["more than all", { errorPercent: 101 }, "management.errorPercent: "],
    ["an account that is none", { accountId: "12" }, "management.accountId: expected twelve digits"],
    ["a misspelt key", { notfiy: [] }, "management: Unrecognized key"],
    ["a target that is none", { notify: ["ops"] }, 'management.notify: "ops" is neither'],
  ])("%s", (_, options, expected) => {
    expect(problems(options)).toContainEqual(expect.stringContaining(expected));
  });
});
