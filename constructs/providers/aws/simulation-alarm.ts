import { Refusal, Unknown, type Planning, type ResourceSimulation } from "../../fleet/simulation";
import { AwsAccount, blocks, regionOf, text } from "./simulation-cloud";

/** An alarm on a metric. Its name is its id, and a second one of that name takes the first one's place. */
export const metricAlarm: ResourceSimulation = {
  place: regionOf,
  plan: refuseMetric,
  create(planned, cloud) {
    const name = text(planned["alarm_name"]);
    return { id: name, arn: new AwsAccount(cloud).arn("cloudwatch", `alarm:${name}`) };
  },
  update: () => ({}),
};

/** @throws Refusal of what the plugin refuses only when it plans; an unknown statistic is none to it */
function refuseMetric({ config }: Planning): void {
  const given = (name: string): boolean => text(config[name]) !== "";
  if (given("metric_name") && given("statistic") === given("extended_statistic")) {
    throw new Refusal("One of `statistic` or `extended_statistic` must be set for a cloudwatch metric alarm");
  }
  const both = blocks(config["metric_query"]).some(
    ({ expression, metric }) =>
      (expression instanceof Unknown || text(expression) !== "") && blocks(metric).length > 0,
  );
  if (both) throw new Refusal("No metric_query may have both `expression` and a `metric` specified");
}
