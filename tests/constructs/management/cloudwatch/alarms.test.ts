import { alarmsOf, type AlarmSpec } from "../../../../constructs/management/cloudwatch/alarms";
import { manyFleets, watched } from "./sample-fleets";

const LIMITS = { errorPercent: 5 };
const alarms = (changes = {}): readonly AlarmSpec[] => alarmsOf(watched(changes), "us-east-1", LIMITS);
const named = (name: string, all = alarms()): AlarmSpec => {
  const found = all.find(({ config }) => config.alarmName === name);
  if (found === undefined) throw new Error(`no ${name}: ${all.map(({ config }) => config.alarmName).join()}`);
  return found;
};

test("each site has its alarms, each log group its own, and the environment those of its own", () => {
  expect(alarms().map(({ config, region }) => `${config.alarmName} in ${region}`)).toEqual([
    "test-aws-us-east-1-no-healthy-node in us-east-1",
    "test-aws-us-east-1-errors in us-east-1",
    "test-aws-eu-central-1-no-healthy-node in eu-central-1",
    "test-aws-eu-central-1-errors in eu-central-1",
    "test-aws-us-east-1-log-silence in us-east-1",
    "test-aws-eu-central-1-log-silence in eu-central-1",
    "test-stackpath-SEA-no-healthy-node in us-east-1",
    "test-stackpath-SEA-errors in us-east-1",
    "test-stackpath-europe-no-healthy-node in us-east-1",
    "test-stackpath-europe-errors in us-east-1",
    "test-stackpath-us-east-1-log-silence in us-east-1",
    "test-builder-left-running in us-east-1",
  ]);
});

test("a load that nobody pushes is watched only where DNS shares by it", () => {
  expect(named("test-stale-load", alarms({ sharesByLoad: true }))).toMatchObject({
    region: "us-east-1",
    config: {
      namespace: "Polycast/test",
      metricName: "LoadPushes",
      statistic: "Sum",
      comparisonOperator: "LessThanThreshold",
      threshold: 1,
      period: 300,
      evaluationPeriods: 1,
      treatMissingData: "breaching",
    },
  });
  expect(alarms().map(({ config }) => config.alarmName)).not.toContain("test-stale-load");
});

test("a secret that ends is watched only where there is one; a day without a look is an alarm too", () => {
  expect(named("test-secret-ends", alarms({ secretsEnd: true }))).toMatchObject({
    region: "us-east-1",
    config: {
      namespace: "Polycast/test",
      metricName: "SecretsDue",
      statistic: "Maximum",
      comparisonOperator: "GreaterThanThreshold",
      threshold: 0,
      period: 21_600,
      evaluationPeriods: 4,
      treatMissingData: "breaching",
    },
  });
  expect(alarms().map(({ config }) => config.alarmName)).not.toContain("test-secret-ends");
});

test("a site without a healthy node, or that says nothing, is an alarm after some minutes", () => {
  expect(named("test-stackpath-SEA-no-healthy-node").config).toMatchObject({
    namespace: "Polycast/test/stackpath",
    metricName: "HealthyNodes",
    dimensions: { Site: "SEA" },
    statistic: "Sum",
    period: 60,
    evaluationPeriods: 2,
    comparisonOperator: "LessThanThreshold",
    threshold: 1,
    treatMissingData: "breaching",
  });
});

test("errors are a share of a site's connections, and nobody's connections are no alarm", () => {
  const { config } = named("test-aws-eu-central-1-errors");
  expect(config).toMatchObject({
    comparisonOperator: "GreaterThanThreshold",
    threshold: 5,
    evaluationPeriods: 5,
    datapointsToAlarm: 4,
    treatMissingData: "notBreaching",
  });
  expect(config.metricQuery).toEqual([
    expect.objectContaining({
      id: "percent",
      expression: "IF(all < 20, 0, 100 * failed / all)",
      returnData: true,
    }),
    ...["failed", "all"].map((id) => ({
      id,
      metric: {
        namespace: "Polycast/test/aws",
        metricName: id === "failed" ? "FailedConnections" : "Connections",
        dimensions: { Site: "eu-central-1" },
        stat: "Sum",
        period: 60,
      },
    })),
  ]);
});

test("a log group that gets no line is an alarm, in its own region", () => {
  expect(named("test-aws-eu-central-1-log-silence")).toMatchObject({
    region: "eu-central-1",
    config: {
      namespace: "AWS/Logs",
      metricName: "IncomingLogEvents",
      dimensions: { LogGroupName: "/polycast/test/aws" },
      threshold: 1,
      period: 60,
      evaluationPeriods: 10,
      comparisonOperator: "LessThanThreshold",
      treatMissingData: "breaching",
    },
  });
});

test("a builder is left running when it is there each hour for three; nobody's looking is told too", () => {
  expect(named("test-builder-left-running")).toMatchObject({
    callsWhenBlind: true,
    config: {
      namespace: "Polycast/test",
      metricName: "BuildersRunning",
      statistic: "Minimum",
      period: 3600,
      evaluationPeriods: 3,
      threshold: 0,
      comparisonOperator: "GreaterThanThreshold",
      treatMissingData: "missing",
    },
  });
});

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
test("names, descriptions and periods are such as CloudWatch takes", () => {
  const all = alarms({ fleets: manyFleets(4, 20), sharesByLoad: true, secretsEnd: true });
  expect(new Set(all.map(({ config }) => config.alarmName)).size).toBe(all.length);
  expect(all).toHaveLength(4 * (20 * 2 + 2) + 3);
  for (const { config } of all) {
    expect(config.alarmName.length).toBeLessThanOrEqual(255);
    expect(config.alarmDescription?.length).toBeLessThanOrEqual(1024);
    expect((config.period ?? 60) * config.evaluationPeriods).toBeLessThanOrEqual(86_400);
  }
});
