import { CloudwatchDashboard } from "@cdktf/provider-aws/lib/cloudwatch-dashboard";
import { CloudwatchLogMetricFilter } from "@cdktf/provider-aws/lib/cloudwatch-log-metric-filter";
import { CloudwatchMetricAlarm } from "@cdktf/provider-aws/lib/cloudwatch-metric-alarm";
import { AwsProvider } from "@cdktf/provider-aws/lib/provider";
import { SnsTopic } from "@cdktf/provider-aws/lib/sns-topic";
import { SnsTopicSubscription } from "@cdktf/provider-aws/lib/sns-topic-subscription";
import { TerraformOutput } from "cdktf";
import { Construct } from "constructs";
import { environmentTags } from "../../providers/aws/owner-tags";
import { REGION_ZONES } from "../../providers/aws/regions";
import { SANDBOX_CREDENTIALS } from "../../providers/aws/sandbox-credentials";
import type { WatchedFleet, WatchProps } from "../management-plane";
import { alarmsOf } from "./alarms";
import type { CloudWatchOptions } from "./cloudwatch-options";
import { dashboardBody } from "./dashboard";
import { fleetNamespace, LOG_METRICS, logRegions, SITE } from "./log-metrics";
import { alarmRegions, targetsOf } from "./notify";

export interface CloudWatchWatchProps extends WatchProps {
  readonly options: Required<Omit<CloudWatchOptions, "accountId">> & Pick<CloudWatchOptions, "accountId">;
}

/** Alarms where the logs are, topics that they call, and one dashboard for all of it. */
export class CloudWatchWatch extends Construct {
  private readonly providers: ReadonlyMap<string, AwsProvider>;

  public constructor(
    scope: Construct,
    id: string,
    private readonly props: CloudWatchWatchProps,
  ) {
    super(scope, id);
    const { environment, fleets, options } = props;
    // Every region, used or not, as in the AWS fleet: what a removed site leaves behind needs its region's alias to go.
    this.providers = new Map(
      Object.keys(REGION_ZONES).map((region) => [region, this.regionProvider(region)]),
    );
    for (const fleet of fleets) this.count(fleet);

    const calls = new Map(
      alarmRegions(fleets, options.region).map((region) => [region, this.actionsIn(region)]),
    );
    for (const { region, callsWhenBlind, config } of alarmsOf(props, options.region, options)) {
      const actions = [...(calls.get(region) ?? [])];
      new CloudwatchMetricAlarm(this, config.alarmName, {
        ...config,
        provider: this.provider(region),
        alarmActions: actions,
        okActions: actions,
        ...(callsWhenBlind ? { insufficientDataActions: actions } : {}),
      });
    }
    const dashboard = `polycast-${environment}`;
    new CloudwatchDashboard(this, "dashboard", {
      provider: this.provider(options.region),
      dashboardName: dashboard,
      dashboardBody: JSON.stringify(dashboardBody(props, options.region, options.errorPercent)),
    });
    new TerraformOutput(this, "dashboard-url", {
      value: `https://console.aws.amazon.com/cloudwatch/home?region=${options.region}#dashboards/dashboard/${dashboard}`,
      description: "All fleets and sites side by side",
      staticId: true,
    }).overrideLogicalId("dashboard");
  }

  private regionProvider(region: string): AwsProvider {
    const { environment, sandbox, options } = this.props;
    return new AwsProvider(this, `aws-${region}`, {
      alias: region,
      region,
      defaultTags: [{ tags: environmentTags(environment) }],
      ...(options.accountId === undefined ? {} : { allowedAccountIds: [options.accountId] }),
      ...(sandbox ? SANDBOX_CREDENTIALS : {}),
    });
  }

  private provider(region: string): AwsProvider {
    const provider = this.providers.get(region);
    if (provider === undefined) throw new Error(`no AWS region ${region}`);
    return provider;
  }

  /** What CloudWatch counts in a fleet's log groups. */
  private count(fleet: WatchedFleet): void {
    for (const region of logRegions(fleet)) {
      for (const { name, pattern, site } of LOG_METRICS) {
        new CloudwatchLogMetricFilter(this, `${fleet.name}-${region}-${name}`, {
          provider: this.provider(region),
          // Of all log groups in a region: Terraform's id of a filter is its name alone.
          name: `${fleet.name}-${name}`,
          logGroupName: fleet.logGroup,
          pattern,
          metricTransformation: {
            namespace: fleetNamespace(this.props.environment, fleet),
            name,
            value: "1",
            unit: "Count",
            dimensions: { [SITE]: site },
          },
        });
      }
    }
  }

  /** ARNs of the topics that the alarms of a region call; the one for mail is made here. */
  private actionsIn(region: string): readonly string[] {
    const { mail, topics } = targetsOf(this.props.options.notify);
    const given = topics.get(region) ?? [];
    if (mail.length === 0) return given;
    const provider = this.provider(region);
    const topic = new SnsTopic(this, `topic-${region}`, {
      provider,
      name: `polycast-${this.props.environment}-alarms`,
    });
    for (const address of mail) {
      new SnsTopicSubscription(this, `mail-${region}-${address}`, {
        provider,
        topicArn: topic.arn,
        protocol: "email",
        endpoint: address,
      });
    }
    return [...given, topic.arn];
  }
}
