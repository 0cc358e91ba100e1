/** The management stack, applied by real Terraform: what it makes, what it refuses, and that its alarms go off. */
import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeStatus } from "../../cli/edge-status";
import { capacity } from "../../constructs/dns/traffic-policy";
import { ns1 } from "../../constructs/dns/ns1/ns1";
import type { Environment } from "../../constructs/fleet/environment";
import { cloudwatch } from "../../constructs/management/cloudwatch/cloudwatch";
import { aws } from "../../constructs/providers/aws/simulation";
import { worldClient } from "../../sandbox/world-api/client";
import { awsFleet, stackpathFleet } from "../environment-for-tests";
import { DeployedEnvironment } from "./deployed-environment";
import { describeWithTerraform } from "./engine-terraform";
import { SandboxHome } from "./harness";

jest.setTimeout(180_000);

const TWO_REGIONS = { "us-east-1": { nodes: 2 }, "eu-central-1": { nodes: 2 } };

describeWithTerraform("the management stack", () => {
  let deployed: DeployedEnvironment;
  beforeAll(async () => {
    deployed = new DeployedEnvironment();
    await deployed.start();
  });
  afterAll(() => deployed.stop());

  const want = (changes: Partial<Environment> = {}): Promise<void> =>
    deployed.want({
      environment: {
        fleets: [awsFleet({ sites: TWO_REGIONS }), stackpathFleet()],
        management: cloudwatch({ region: "us-east-1", notify: ["ops@example.net"] }),
        ...changes,
      },
    });
  const alarms = (): readonly string[] =>
    (aws.life?.alarms?.(deployed.store) ?? []).map(({ name }) => name).toSorted();
  const ofType = (type: string) => deployed.store.list(type).map(({ attributes }) => attributes);

  test("counts nothing in a log group that is not there yet", async () => {
    await want();
    await deployed.plan("management");
    const errors = await (await deployed.terraform("management")).apply();
    expect(errors.map(({ summary }) => summary).join("\n")).toContain(
      "ResourceNotFoundException: The specified log group does not exist.",
    );
  });

  test("is applied after the fleets, and then has nothing more to do", async () => {
    await deployed.apply("aws-fleet");
    await deployed.apply("stackpath-fleet");
    await deployed.apply("management");
    expect(await deployed.plan("management")).toEqual({});

    expect(ofType("aws_cloudwatch_log_metric_filter")).toHaveLength(3 * 4);
    expect(ofType("aws_sns_topic").map(({ arn }) => arn)).toEqual(
      expect.arrayContaining([
        "arn:aws:sns:us-east-1:000000000000:polycast-sandbox-alarms",
        "arn:aws:sns:eu-central-1:000000000000:polycast-sandbox-alarms",
      ]),
    );
    for (const subscription of ofType("aws_sns_topic_subscription"))
      expect(subscription).toMatchObject({ endpoint: "ops@example.net", pending_confirmation: true });
    expect(ofType("aws_cloudwatch_dashboard")).toHaveLength(1);
    expect(alarms()).toEqual([
      "sandbox-aws-eu-central-1-errors",
      "sandbox-aws-eu-central-1-log-silence",
      "sandbox-aws-eu-central-1-no-healthy-node",
      "sandbox-aws-us-east-1-errors",
      "sandbox-aws-us-east-1-log-silence",
      "sandbox-aws-us-east-1-no-healthy-node",
      "sandbox-builder-left-running",
      "sandbox-stackpath-SEA-errors",
      "sandbox-stackpath-SEA-no-healthy-node",
      "sandbox-stackpath-us-east-1-log-silence",
    ]);
  });

  test("every alarm measures something that the sandbox has", () => {
    const kinds = (aws.life?.alarms?.(deployed.store) ?? []).map(({ name, metric }) => [
      name.split("-").slice(-2).join("-"),
      metric.kind === "percent" ? `${metric.part.kind} of ${metric.of.kind}` : metric.kind,
    ]);
    expect(Object.fromEntries(kinds)).toEqual({
      "healthy-node": "log-lines",
      "1-errors": "log-lines of log-lines",
      "SEA-errors": "log-lines of log-lines",
      "log-silence": "log-lines",
      "left-running": "reported",
    });
  });

  test("follows the environment: a site and its region gone, a policy that needs loads", async () => {
    await want({ fleets: [awsFleet(), stackpathFleet()], dns: ns1({ policy: capacity() }) });
    const actions = await deployed.apply("management");
    expect(Object.values(actions)).toEqual(expect.arrayContaining(["create", "delete", "update"]));
    expect(alarms().filter((name) => name.includes("eu-central-1"))).toEqual([]);
    expect(alarms()).toContain("sandbox-stale-load");
    expect(ofType("aws_sns_topic")).toHaveLength(1);
    expect(await deployed.plan("management")).toEqual({});
  });

  test("what somebody changed by hand is changed back", async () => {
    const type = "aws_cloudwatch_metric_alarm";
    const object = deployed.store.list(type).find(({ id }) => id.endsWith("no-healthy-node"));
    if (object === undefined) throw new Error("no alarm");
    const attributes = { ...object.attributes, threshold: 0, alarm_actions: [] };
    deployed.store.put({ ...object, attributes });
    expect(Object.values(await deployed.apply("management"))).toEqual(["update"]);
    expect(deployed.store.get(type, object.id, object.place)?.attributes).toMatchObject({ threshold: 1 });
  });

  test("leaves nothing behind, and the log groups where they are", async () => {
    expect(await (await deployed.terraform("management")).destroy()).toEqual([]);
    for (const type of ["log_metric_filter", "metric_alarm", "dashboard"])
      expect(ofType(`aws_cloudwatch_${type}`)).toEqual([]);
    expect([...ofType("aws_sns_topic"), ...ofType("aws_sns_topic_subscription")]).toEqual([]);
    expect(ofType("aws_cloudwatch_log_group")).toHaveLength(3);
  });
});

describeWithTerraform("alarms in the sandbox", () => {
  let home: SandboxHome;
  beforeAll(async () => {
    home = new SandboxHome();
    await home.succeed("sandbox", "up", "--clock", "300");
    await home.succeed("deploy", "aws-fleet", "stackpath-fleet", "management", "--auto-approve");
  });
  afterAll(async () => {
    await home.dispose();
    expect(home.processes()).toEqual([]);
  });

  const status = async (): Promise<EdgeStatus> =>
    JSON.parse((await home.succeed("status", "--json")).stdout) as EdgeStatus;

  /** Looks at the world until an alarm is in a state. */
  async function until(name: string, state: EdgeStatus["alarms"][number]["state"]): Promise<void> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const { alarms } = await worldClient(home.env).world();
      const found = alarms.find((alarm) => alarm.name === name);
      if (found?.state === state) return;
      if (Date.now() > deadline) throw new Error(`${name} is ${JSON.stringify(found)}, not ${state}`);
      await sleep(50);
    }
  }

  test("a site whose nodes are cut off raises its own alarm, and no other's; the status shows it", async () => {
    await until("sandbox-aws-us-east-1-no-healthy-node", "OK");
    await until("sandbox-stackpath-SEA-no-healthy-node", "OK");
    await until("sandbox-stackpath-us-east-1-log-silence", "OK");
    await home.succeed("sandbox", "partition", "stackpath/SEA");
    await until("sandbox-stackpath-SEA-no-healthy-node", "ALARM");

    const { alarms } = await status();
    const raised = alarms.filter(({ state }) => state === "ALARM").map(({ name }) => name);
    expect(raised).toEqual(["sandbox-stackpath-SEA-no-healthy-node"]);
    const { stdout } = await home.succeed("status");
    expect(stdout).toMatch(/^sandbox-stackpath-SEA-no-healthy-node +raised/m);
    expect(stdout).toMatch(/^sandbox-builder-left-running +no data/m);

    await home.succeed("sandbox", "heal", "stackpath/SEA");
    await until("sandbox-stackpath-SEA-no-healthy-node", "OK");
  });

  test("a fleet that writes nothing any more raises the alarm on its log group too", async () => {
    await home.succeed("sandbox", "partition", "aws/eu-central-1");
    await until("sandbox-aws-eu-central-1-log-silence", "ALARM");
    await until("sandbox-aws-us-east-1-log-silence", "OK");
    await home.succeed("sandbox", "heal", "aws/eu-central-1");
    await until("sandbox-aws-eu-central-1-log-silence", "OK");
  });
});
