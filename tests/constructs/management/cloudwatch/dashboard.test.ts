import {
  dashboardBody,
  type DashboardBody,
  type Widget,
} from "../../../../constructs/management/cloudwatch/dashboard";
import type { WatchedFleet } from "../../../../constructs/management/management-plane";
import { AWS, manyFleets, STACKPATH } from "./sample-fleets";

interface Chart extends Widget {
  readonly properties: {
    readonly title: string;
    readonly region: string;
    readonly metrics: readonly (readonly (string | Record<string, unknown>)[])[];
    readonly annotations?: { readonly horizontal: readonly { readonly value: number }[] };
  };
}

const page = (fleets: readonly WatchedFleet[]): DashboardBody =>
  dashboardBody({ environment: "test", fleets }, "us-east-1", 5);
const charts = (body: DashboardBody): readonly Chart[] =>
  body.widgets.filter(({ type }) => type === "metric") as readonly Chart[];
const chart = (title: string, fleets = [AWS, STACKPATH]): Chart => {
  const found = charts(page(fleets)).find(({ properties }) => properties.title === title);
  if (found === undefined) throw new Error(`no chart ${title}`);
  return found;
};
const labels = ({ properties }: Chart): unknown[] =>
  properties.metrics.map((line) => (line.at(-1) as Record<string, unknown>)["label"]).filter(Boolean);

const MEASURES = [
  "healthy nodes",
  "unhealthy nodes",
  "connections a minute",
  "failed connections, percent",
  "log lines a minute",
];

test.each([1, 2, 3, 4, 5, 9])("of %i fleets, each has every measure, with a line for each site", (count) => {
  const fleets = manyFleets(count, 3);
  for (const { name } of fleets) {
    for (const measure of MEASURES.slice(0, -1))
      expect(labels(chart(`${name}: ${measure}`, [...fleets]))).toEqual(["site-0", "site-1", "site-2"]);
    expect(labels(chart(`${name}: log lines a minute`, [...fleets]))).toEqual(["us-east-1", "eu-central-1"]);
  }
  expect(charts(page(fleets))).toHaveLength(count * MEASURES.length);
});

test.each([1, 2, 3, 4, 5, 9])("of %i fleets, a measure's charts stand side by side on the grid", (count) => {
  const body = page(manyFleets(count, 2));
  const taken = new Set<string>();
  for (const { x, y, width, height } of body.widgets) {
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + width).toBeLessThanOrEqual(24);
    for (let column = x; column < x + width; column += 1) {
      for (let row = y; row < y + height; row += 1) {
        expect(taken.has(`${column} ${row}`)).toBe(false);
        taken.add(`${column} ${row}`);
      }
    }
  }
  if (count > 4) return;
  for (const measure of MEASURES) {
    const rows = charts(body).filter(({ properties }) => properties.title.endsWith(`: ${measure}`));
    expect(new Set(rows.map(({ y }) => y)).size).toBe(1);
  }
});

test("a line is its site's metric, in its region", () => {
  expect(chart("aws: healthy nodes").properties.metrics).toEqual([
    ["Polycast/test/aws", "HealthyNodes", "Site", "us-east-1", { label: "us-east-1", region: "us-east-1" }],
    [
      "Polycast/test/aws",
      "HealthyNodes",
      "Site",
      "eu-central-1",
      { label: "eu-central-1", region: "eu-central-1" },
    ],
  ]);
  expect(chart("stackpath: connections a minute").properties.metrics[0]).toEqual([
    "Polycast/test/stackpath",
    "Connections",
    "Site",
    "SEA",
    { label: "SEA", region: "us-east-1" },
  ]);
  expect(chart("stackpath: log lines a minute").properties.metrics).toEqual([
    [
      "AWS/Logs",
      "IncomingLogEvents",
      "LogGroupName",
      "/polycast/test/stackpath",
      { label: "us-east-1", region: "us-east-1" },
    ],
  ]);
});

test("errors are the alarm's own expression, of ids that are unique in their chart", () => {
  const { metrics, annotations } = chart("aws: failed connections, percent").properties;
  expect(metrics[0]).toEqual([
    { expression: "IF(all0 < 20, 0, 100 * failed0 / all0)", label: "us-east-1", region: "us-east-1" },
  ]);
  expect(metrics[3]?.[0]).toMatchObject({ expression: "IF(all1 < 20, 0, 100 * failed1 / all1)" });
  const ids = metrics.flatMap((line) => (line.at(-1) as { id?: string }).id ?? []);
  expect(ids).toEqual(["failed0", "all0", "failed1", "all1"]);
  expect(annotations?.horizontal).toEqual([{ value: 5 }]);
});

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
test("a page has the structure that CloudWatch documents", () => {
  const body = page([AWS, STACKPATH]);
  expect(Object.keys(body).toSorted()).toEqual(["start", "widgets"]);
  expect(body.widgets[0]).toMatchObject({
    type: "text",
    properties: { markdown: expect.any(String) as string },
  });
  for (const { properties } of charts(body)) {
    expect(Object.keys(properties).toSorted()).toEqual(
      [
        ...["metrics", "period", "region", "stacked", "stat", "title", "view", "yAxis"],
        ...("annotations" in properties ? ["annotations"] : []),
      ].toSorted(),
    );
    for (const line of properties.metrics) {
      const [rendering, names] = [line.at(-1), line.slice(0, -1)];
      expect(typeof rendering).toBe("object");
      // Namespace, name, and pairs of a dimension; or nothing, for an expression.
      expect(names.length === 0 || (names.length >= 2 && names.length % 2 === 0)).toBe(true);
      for (const name of names) expect(typeof name).toBe("string");
    }
  }
});

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
test.each([
  [4, 20, 488],
  [10, 30, 1820],
])("%i fleets of %i sites stay within CloudWatch's limits, at %i metrics", (fleets, sites, metrics) => {
  const body = page(manyFleets(fleets, sites));
  const counts = charts(body).map(({ properties }) => properties.metrics.length);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(metrics);
  expect(metrics).toBeLessThanOrEqual(2_500);
  expect(Math.max(...counts)).toBeLessThanOrEqual(500);
  expect(body.widgets.length).toBeLessThanOrEqual(500);
});
