import type { Command } from "commander";
import {
  trafficChange,
  type Audience,
  type TrafficChange,
  type UsersChange,
} from "../../constructs/dns/traffic-change";
import { describePoints, describeUsers, type TrafficPlan } from "../../live/traffic-valve";
import { secondsBetween } from "../../live/traffic-walk";
import { FAILED } from "../exit-code";
import { plainTable } from "../plain-table";
import { currentTraffic } from "./current-traffic";

/** What `polycast dns plan --json` prints. */
export interface TrafficReport {
  readonly environment: string;
  /** Whether a deploy would do it. */
  readonly allowed: boolean;
  /** Nothing was applied yet, so that there is nothing to compare with. */
  readonly first: boolean;
  /** The last apply was a step on the way to what was wanted then. */
  readonly onTheWay: boolean;
  readonly points: number;
  readonly limit: number;
  /** Percent by fleet; `after` is null for users that would get no answer any more. */
  readonly users: readonly UsersReport[];
  /** What `dns apply --in-steps` would do; null where there is no way within the limit. */
  readonly steps: readonly { readonly points: number; readonly users: readonly UsersReport[] }[] | null;
  readonly secondsBetweenSteps: number;
}

type UsersReport = Omit<UsersChange, "after"> & { readonly after: UsersChange["before"] | null };

/** `polycast dns plan`; the exit code is 1 where a deploy would be refused. */
export function addPlan(dns: Command): void {
  dns
    .command("plan")
    .description("Say how much traffic a deploy of DNS would move, in points, and whether it may")
    .option("--json", "as JSON")
    .action(async ({ json }: { json?: true }) => {
      const { environment, plan: read } = await currentTraffic();
      const plan = await read(process.env);
      const report = reportTraffic(environment.name, plan, environment.audience);
      process.stdout.write(`${json ? JSON.stringify(report, null, 2) : describeReport(report, plan)}\n`);
      if (!report.allowed) process.exitCode = FAILED;
    });
}

export function reportTraffic(environment: string, plan: TrafficPlan, audience?: Audience): TrafficReport {
  const { applied, wanted, change, limit, steps, refusal } = plan;
  const way = (applied === undefined ? [] : [applied, ...(steps ?? [])]).map((step, index, all) => {
    const before = all[index - 1];
    return before === undefined ? [] : [reportChange(trafficChange(before, step, audience))];
  });
  return {
    environment,
    allowed: refusal === undefined,
    first: applied === undefined && refusal === undefined,
    onTheWay: applied?.step === true,
    ...(change === undefined ? { points: 0, users: [] } : reportChange(change)),
    limit,
    steps: steps === undefined ? null : way.flat(),
    secondsBetweenSteps: secondsBetween(applied ?? wanted, wanted),
  };
}

function reportChange({ points, users }: TrafficChange): Pick<TrafficReport, "points" | "users"> {
  return { points, users: users.map((each) => ({ ...each, after: each.after ?? null })) };
}

function describeReport(report: TrafficReport, { refusal }: TrafficPlan): string {
  const { environment, first, onTheWay, points, limit, users, steps, secondsBetweenSteps } = report;
  if (users.length === 0 && refusal !== undefined) return refusal.message;
  if (first) return `${environment}: nothing was applied yet, so a deploy moves nobody.`;
  const minutes = Number((secondsBetweenSteps / 60).toFixed(1));
  return [
    ...(onTheWay ? [`${environment}: the last apply was a step on the way.`, ""] : []),
    plainTable(["users", "fleet", "before", "after", "points"], users.flatMap(rowsOf)),
    "",
    refusal?.message ??
      `${environment}: ${describePoints(points)} of traffic; up to ${limit} may move at once.`,
    ...(steps !== null && steps.length > 1
      ? [`${steps.length} steps, ${minutes} minutes between them.`]
      : []),
  ].join("\n");
}

function rowsOf({ before, after, ...users }: UsersReport): string[][] {
  const fleets = [...new Set([...Object.keys(before), ...Object.keys(after ?? {})])];
  return fleets.map((name, index) => {
    const [last, next] = [before[name] ?? 0, after?.[name] ?? 0];
    return [
      ...[index === 0 ? describeUsers(users) : "", name, percent(last)],
      ...[after === null ? "no answer" : percent(next), signed(next - last)],
    ];
  });
}

function percent(share: number): string {
  return `${Number(share.toFixed(1))} %`;
}

function signed(points: number): string {
  const rounded = Number(points.toFixed(1));
  return rounded > 0 ? `+${rounded}` : String(rounded === 0 ? 0 : rounded);
}
