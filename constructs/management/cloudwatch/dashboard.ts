import type { WatchedFleet, WatchProps } from "../management-plane";
import { errorPercentOf } from "./alarms";
import {
  CONNECTIONS,
  FAILED_CONNECTIONS,
  fleetNamespace,
  HEALTHY_NODES,
  logRegions,
  SITE,
  UNHEALTHY_NODES,
  type LogMetric,
} from "./log-metrics";

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html */
export interface DashboardBody {
  readonly start: string;
  readonly widgets: readonly Widget[];
}

export interface Widget {
  readonly type: "text" | "metric";
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: object;
}

/** Columns of the grid. */
const GRID = 24;
const FEWEST_COLUMNS = 6;
const CHART_ROWS = 6;
const TITLE_ROWS = 1;
const MINUTE = 60;

/** What is shown of each fleet: a chart with a line for each of its sites. */
interface Measure {
  readonly title: string;
  /** Where the line between well and not well is, if there is one. */
  readonly mark?: number;
  readonly lines: (environment: string, fleet: WatchedFleet) => readonly Line[];
}

/** A metric, or an expression, as the chart's `metrics` have it. */
type Line = readonly (string | Readonly<Record<string, string | number | boolean>>)[];

/**
 * One page for all fleets and sites: a row of charts for each measure, in which the fleets stand side by side, and in each
 * chart the sites. Charts are limited to 500 metrics and a page to 2,500
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html): six for a site here, two for a
 * log group.
 * @param region where the page's own metrics would be; each line names its own.
 * @param errorPercent what counts as too much.
 */
export function dashboardBody(
  { environment, fleets }: Pick<WatchProps, "environment" | "fleets">,
  region: string,
  errorPercent: number,
): DashboardBody {
  const measures: readonly Measure[] = [
    { title: "healthy nodes", mark: 1, lines: bySite(HEALTHY_NODES) },
    { title: "unhealthy nodes", lines: bySite(UNHEALTHY_NODES) },
    { title: "connections a minute", lines: bySite(CONNECTIONS) },
    { title: "failed connections, percent", mark: errorPercent, lines: errorLines },
    { title: "log lines a minute", lines: logLines },
  ];
  const width = Math.max(FEWEST_COLUMNS, Math.floor(GRID / Math.max(1, fleets.length)));
  const inOneRow = Math.floor(GRID / width);
  const rows = Math.ceil(fleets.length / inOneRow);
  const charts = measures.flatMap((measure, index) =>
    fleets.map((fleet, place) => ({
      type: "metric" as const,
      x: (place % inOneRow) * width,
      y: TITLE_ROWS + (index * rows + Math.floor(place / inOneRow)) * CHART_ROWS,
      width,
      height: CHART_ROWS,
      properties: chart(measure, environment, fleet, region),
    })),
  );
  const markdown = `# Edge ${environment}: ${fleets.map(({ name }) => name).join(", ")}`;
  const title = { type: "text" as const, x: 0, y: 0, width: GRID, height: TITLE_ROWS };
  return { start: "-PT3H", widgets: [{ ...title, properties: { markdown } }, ...charts] };
}

function chart(
  { title, mark, lines }: Measure,
  environment: string,
  fleet: WatchedFleet,
  region: string,
): object {
  return {
    title: `${fleet.name}: ${title}`,
    view: "timeSeries",
    stacked: false,
    region,
    stat: "Sum",
    period: MINUTE,
    yAxis: { left: { min: 0 } },
    metrics: lines(environment, fleet),
    ...(mark === undefined ? {} : { annotations: { horizontal: [{ value: mark }] } }),
  };
}

function bySite(metric: LogMetric): Measure["lines"] {
  return (environment, fleet) =>
    Object.entries(fleet.sites).map(([site, region]) => [
      ...siteMetric(environment, fleet, site, metric),
      { label: site, region },
    ]);
}

function errorLines(environment: string, fleet: WatchedFleet): readonly Line[] {
  return Object.entries(fleet.sites).flatMap(([site, region], index) => {
    const [failed, all] = [`failed${index}`, `all${index}`];
    const hidden = (metric: LogMetric, id: string): Line => [
      ...siteMetric(environment, fleet, site, metric),
      { id, region, visible: false },
    ];
    return [
      [{ expression: errorPercentOf(failed, all), label: site, region }],
      hidden(FAILED_CONNECTIONS, failed),
      hidden(CONNECTIONS, all),
    ];
  });
}

function logLines(_: string, fleet: WatchedFleet): readonly Line[] {
  return logRegions(fleet).map((region) => [
    "AWS/Logs",
    "IncomingLogEvents",
    "LogGroupName",
    fleet.logGroup,
    { label: region, region },
  ]);
}

function siteMetric(environment: string, fleet: WatchedFleet, site: string, { name }: LogMetric): string[] {
  return [fleetNamespace(environment, fleet), name, SITE, site];
}
