import { PolycastError, show, suggest } from "../../fleet/problem";
import { AWS_POLICIES } from "../../providers/aws/aws-policies";
import { REGION_ZONES } from "../../providers/aws/regions";
import { awsCredential } from "../../secrets/aws-credential";
import type { ManagementPlane } from "../management-plane";
import { MEASUREMENTS } from "./alarms";
import { optionsSchema, type CloudWatchOptions } from "./cloudwatch-options";
import { fleetAlarms, readAlarms } from "./fleet-alarms";
import { CloudWatchWatch } from "./cloudwatch-watch";
import { environmentNamespace, logRegions } from "./log-metrics";
import { checkNotify } from "./notify";

/** In milliseconds. */
const ANSWER_WITHIN = 10_000;

/** The edge is watched by CloudWatch, in the AWS account whose credentials are in the environment. */
export function cloudwatch(options: CloudWatchOptions): ManagementPlane {
  return {
    name: "cloudwatch",
    options,
    optionsSchema,
    credentials: [awsCredential],
    policies: AWS_POLICIES,
    check: ({ fleets }) => {
      const regions = [
        { where: "management.region", region: options.region },
        ...fleets.flatMap((fleet) =>
          logRegions(fleet).map((region) => ({ where: `fleets.${fleet.name}.logs`, region })),
        ),
      ];
      return [
        ...regions
          .filter(({ region }) => !(region in REGION_ZONES))
          .map(({ where, region }) => ({
            where,
            what: `no such AWS region as ${show(region)}; ${suggest(region, Object.keys(REGION_ZONES))}`,
          })),
        ...checkNotify(options.notify, fleets, options.region),
      ];
    },
    watch: (scope, id, props) => {
      new CloudWatchWatch(scope, id, { ...props, options: { errorPercent: 5, ...options } });
    },
    alarmsOf: fleetAlarms,
    readAlarms,
    metricOf: (environment, measurement) =>
      `${environmentNamespace(environment)} ${MEASUREMENTS[measurement]}`,
    report: async (environment, measurement, value) => {
      const { CloudWatchClient, PutMetricDataCommand } = await import("@aws-sdk/client-cloudwatch");
      const client = new CloudWatchClient({ region: options.region, maxAttempts: 2 });
      try {
        await client.send(
          new PutMetricDataCommand({
            Namespace: environmentNamespace(environment),
            MetricData: [{ MetricName: MEASUREMENTS[measurement], Value: value, Unit: "Count" }],
          }),
          { abortSignal: AbortSignal.timeout(ANSWER_WITHIN) },
        );
      } catch (error) {
        throw new PolycastError("CloudWatch was not told", [
          {
            where: `${environmentNamespace(environment)} ${MEASUREMENTS[measurement]}`,
            // AWS repeats in some refusals what it was sent.
            what: (error as Error).name,
            remedy: "The credentials in the environment need cloudwatch:PutMetricData.",
          },
        ]);
      } finally {
        client.destroy();
      }
    },
  };
}
