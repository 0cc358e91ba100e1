import { Refusal, type Cloud, type ResourceSimulation, type Values } from "../../fleet/simulation";
import { AwsAccount, blocks, CLOUDWATCH, isObject, LOGS, refusal, regionOf, text } from "./simulation-cloud";
import { isJson, isRecord, sameJson, sortedJson } from "./simulation-json";

/**
 * Counts a log group's lines of one kind. Its id is its name, which is unique in its log group only: two of one name in
 * two log groups of a region are one object here.
 */
export const logMetricFilter: ResourceSimulation = {
  place: regionOf,
  normalise: { pattern: (given) => given.trim() },
  create(planned, cloud) {
    refuseFilter("", planned, cloud);
    return { id: text(planned["name"]) };
  },
  update(planned, prior, cloud) {
    refuseFilter(text(prior["id"]), planned, cloud);
    return {};
  },
  find(importId, cloud) {
    const [group = "", name = "", ...rest] = importId.split(":");
    if (group === "" || name === "" || rest.length > 0)
      throw new Refusal(`Unexpected format of ID ("${importId}"), expected <log_group_name>:<name>`);
    return cloud
      .list("aws_cloudwatch_log_metric_filter")
      .find(({ attributes }) => attributes["log_group_name"] === group && attributes["name"] === name);
  },
};

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_MetricTransformation.html */
const MOST_DIMENSIONS = 3;

function refuseFilter(id: string, planned: Values, cloud: Cloud): void {
  const refuse = (code: string, message: string): Error =>
    refusal(`putting CloudWatch Logs Metric Filter (${id})`, LOGS, "PutMetricFilter", [code, message]);
  if (cloud.get("aws_cloudwatch_log_group", text(planned["log_group_name"])) === undefined)
    throw refuse("ResourceNotFoundException", "The specified log group does not exist.");
  for (const { dimensions, default_value: byDefault } of blocks(planned["metric_transformation"])) {
    const values = isObject(dimensions) ? Object.values(dimensions).map(text) : [];
    const problem =
      values.length > 0 && text(byDefault) !== ""
        ? "dimensions and default value are mutually exclusive properties."
        : values.length > MOST_DIMENSIONS
          ? `there can be at most ${String(MOST_DIMENSIONS)} dimensions.`
          : values.some((value) => !value.startsWith("$"))
            ? "a dimension's value must be a field of the log event."
            : undefined;
    if (problem !== undefined)
      throw refuse("InvalidParameterException", `Invalid metric transformation: ${problem}`);
  }
}

/** A page of the console. Dashboards know no region. */
export const dashboard: ResourceSimulation = {
  normalise: { dashboard_body: (given) => sortedJson(given) },
  suppress: { dashboard_body: sameJson },
  create(planned, cloud) {
    refuseDashboard(planned);
    const name = text(planned["dashboard_name"]);
    return { id: name, dashboard_arn: new AwsAccount(cloud).globalArn("cloudwatch", `dashboard/${name}`) };
  },
  update(planned) {
    refuseDashboard(planned);
    return {};
  },
};

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
const MOST_WIDGETS = 500;
const WIDGETS = ["text", "metric", "log", "alarm", "explorer", "custom", "chart"];

function refuseDashboard({ dashboard_name: name, dashboard_body: body }: Values): void {
  const problems = bodyProblems(isJson(text(body)) ? JSON.parse(text(body)) : undefined);
  if (problems.length === 0) return;
  const message = `The dashboard body is invalid, there are ${String(problems.length)} validation errors: ${JSON.stringify(problems)}`;
  const error = ["InvalidParameterInput", message] as const;
  throw refusal(`putting CloudWatch Dashboard (${text(name)})`, CLOUDWATCH, "PutDashboard", error);
}

interface BodyProblem {
  readonly dataPath: string;
  readonly message: string;
}

function bodyProblems(body: unknown): BodyProblem[] {
  const widgets = isRecord(body) ? body["widgets"] : undefined;
  if (!Array.isArray(widgets)) return [{ dataPath: "", message: "Should have required property 'widgets'" }];
  const tooMany = {
    dataPath: "/widgets",
    message: `Should NOT have more than ${String(MOST_WIDGETS)} items`,
  };
  return [
    ...(widgets.length > MOST_WIDGETS ? [tooMany] : []),
    ...widgets.flatMap((widget, index) => widgetProblems(widget, `/widgets/${String(index)}`)),
  ];
}

function widgetProblems(widget: unknown, dataPath: string): BodyProblem[] {
  const missing = (name: string): BodyProblem => ({
    dataPath,
    message: `Should have required property '${name}'`,
  });
  if (!isRecord(widget) || typeof widget["type"] !== "string") return [missing("type")];
  if (!WIDGETS.includes(widget["type"])) return [{ dataPath: `${dataPath}/type`, message: "Unknown type" }];
  const properties = widget["properties"];
  if (!isRecord(properties)) return [missing("properties")];
  const needed = { text: ["markdown"], metric: ["region"], log: ["query", "region"] }[widget["type"]] ?? [];
  return needed.filter((name) => !(name in properties)).map((name) => missing(`properties.${name}`));
}
