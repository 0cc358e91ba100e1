import { parseAppliedTraffic, wantedTraffic, type AppliedTraffic } from "../constructs/dns/applied-traffic";
import { describeShares } from "../constructs/dns/shares";
import {
  trafficChange,
  unanswered,
  type TrafficChange,
  type UsersChange,
} from "../constructs/dns/traffic-change";
import { isWithin, SLACK, trafficSteps } from "../constructs/dns/traffic-steps";
import type { Environment } from "../constructs/fleet/environment";
import { PolycastError, show, type Problem } from "../constructs/fleet/problem";
import type { FleetDeployment } from "./deployment";
import type { LiveStore } from "./live-store";
import { EDGE_DNS } from "./stack-names";

/** Points of traffic that one deploy of DNS may move, unless the environment or `POLYCAST_TRAFFIC_LIMIT` says otherwise. */
const LIMIT = 10;

/** What tells a synth more than the environment does. `polycast dns apply` sets them, and so can anybody. */
export const TRAFFIC_LIMIT = "POLYCAST_TRAFFIC_LIMIT";
/** `1`: the deploy takes the next step within the limit, instead of being refused where all is too much. */
export const TRAFFIC_STEPS = "POLYCAST_TRAFFIC_STEPS";

/** What a deploy of DNS does to the traffic. */
export interface TrafficPlan {
  /** What the last apply left; undefined before the first. */
  readonly applied: AppliedTraffic | undefined;
  readonly wanted: AppliedTraffic;
  /** From what is applied to what is wanted; undefined before the first apply. */
  readonly change: TrafficChange | undefined;
  /** In points. */
  readonly limit: number;
  /** The way to what is wanted, within the limit; undefined where there is none. */
  readonly steps: readonly AppliedTraffic[] | undefined;
  /** What the deploy leaves: what is wanted, or in steps the first of them. */
  readonly next: AppliedTraffic;
  /** Why it must not be deployed. */
  readonly refusal?: PolycastError;
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Compares what is wanted with what was last applied.
 * @throws PolycastError where what was applied, or a variable, cannot be read.
 */
export async function planTraffic(
  environment: Environment,
  deployments: readonly FleetDeployment[],
  store: Pick<LiveStore, "readState">,
  variables: Variables,
): Promise<TrafficPlan> {
  const applied = lastTraffic(await store.readState(EDGE_DNS));
  return holdTraffic(environment, applied, wantedOf(environment, deployments), variables);
}

/** What the environment and the live record want of DNS. */
export function wantedOf(environment: Environment, deployments: readonly FleetDeployment[]): AppliedTraffic {
  const percents = deployments.map(({ fleet, share }) => [fleet.name, share] as const);
  return wantedTraffic(environment, Object.fromEntries(percents));
}

/** @param applied undefined: nothing was, and so nothing can change; `unknown`: something, and nobody knows what. */
export function holdTraffic(
  { trafficLimit, audience }: Pick<Environment, "trafficLimit" | "audience">,
  applied: AppliedTraffic | "unknown" | undefined,
  wanted: AppliedTraffic,
  variables: Variables,
): TrafficPlan {
  const told = toldLimit(variables);
  const limit = told ?? trafficLimit ?? LIMIT;
  if (applied === undefined || applied === "unknown") {
    const first = { applied: undefined, wanted, change: undefined, limit, steps: [wanted], next: wanted };
    return applied === "unknown" && told !== 100 ? { ...first, refusal: UNKNOWN } : first;
  }
  const change = trafficChange(applied, wanted, audience);
  const allowed = told === 100 || isWithin(limit, applied, wanted, audience);
  const steps = allowed ? [wanted] : trafficSteps(applied, wanted, limit, audience);
  const next = (variables[TRAFFIC_STEPS] === "1" ? steps?.[0] : undefined) ?? wanted;
  const plan = { applied, wanted, change, limit, steps, next };
  return allowed || next !== wanted
    ? plan
    : { ...plan, refusal: refusalOf(change, limit, steps !== undefined) };
}

/** Construct id, and so the address, of the resource of the DNS stack that holds what its last apply left. */
export const APPLIED_TRAFFIC = "traffic";
/** The same of the one that is there before any record: records without it were made by others, and adopted. */
export const OWN_RECORDS = "own-records";

const UNKNOWN = new PolycastError(
  "What DNS shares now is not known, so nobody can say how much traffic would move. It was not changed:",
  [
    {
      where: EDGE_DNS,
      what: "its records were made by others, or by an earlier version",
      remedy: `Compare them with what is planned, and then: npx polycast dns apply --allow 100, or with ${TRAFFIC_LIMIT}=100`,
    },
  ],
);

/** What is read here of Terraform's state. */
interface TerraformState {
  readonly resources?: readonly {
    readonly type: string;
    readonly name: string;
    /** A value of any type comes with its type. */
    readonly instances?: readonly {
      readonly attributes?: { readonly input?: { readonly value?: unknown } };
    }[];
  }[];
}

/** What the last apply left, by the state of the DNS stack; undefined: nothing; `unknown`: records of others. */
export function lastTraffic(state: unknown): AppliedTraffic | "unknown" | undefined {
  const { resources = [] } = (state ?? {}) as TerraformState;
  const holds = (wanted: string) => (resource: { type: string; name: string }) =>
    resource.type === "terraform_data" && resource.name === wanted;
  const instance = resources.find(holds(APPLIED_TRAFFIC))?.instances?.[0];
  if (instance === undefined) {
    const adopted =
      resources.some(({ type }) => type.endsWith("_record")) && !resources.some(holds(OWN_RECORDS));
    return adopted ? "unknown" : undefined;
  }
  return parseAppliedTraffic(
    String(instance.attributes?.input?.value),
    `The traffic in the state of ${EDGE_DNS}`,
  );
}

function toldLimit(variables: Variables): number | undefined {
  const text = variables[TRAFFIC_LIMIT] ?? "";
  return text === "" ? undefined : parsePoints(text, TRAFFIC_LIMIT);
}

/**
 * Reads points of traffic that a person allows.
 * @param where the option or variable.
 * @throws PolycastError for anything but a number from 1 to 100.
 */
export function parsePoints(text: string, where: string): number {
  const points = Number(text.trim() === "" ? NaN : text);
  if (points >= 1 && points <= 100) return points;
  throw new PolycastError("The limit cannot be read; nothing was changed", [
    { where, what: `${show(text)} is not a number of points from 1 to 100` },
  ]);
}

function refusalOf(change: TrafficChange, limit: number, hasSteps: boolean): PolycastError {
  const { points, users } = change;
  const problems = users.flatMap(problemOf);
  const allow = unanswered(change).length > 0 ? 100 : Math.ceil(points - SLACK);
  const remedy = [
    hasSteps
      ? "In steps: npx polycast dns apply --in-steps"
      : "There are no steps: a fleet that leaves the environment is drained first, and users without a record get no answer",
    `At once: npx polycast dns apply --allow ${allow}, or with ${TRAFFIC_LIMIT}=${allow}`,
  ].join("\n    ");
  return new PolycastError(
    `DNS would move ${describePoints(points)} of traffic at once; the limit is ${describePoints(limit)}. It was not changed:`,
    problems.map((problem, index) => (index === problems.length - 1 ? { ...problem, remedy } : problem)),
  );
}

function problemOf(change: UsersChange): readonly Problem[] {
  const { before, after, points } = change;
  const where = describeUsers(change);
  if (after === undefined) return [{ where, what: `would get no answer; now ${describeShares(before)}` }];
  if (points < 0.01) return [];
  const moves = [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((name) => {
    const [last, next] = [before[name] ?? 0, after[name] ?? 0];
    const verb = next > last ? "gains" : "loses";
    return last === next
      ? []
      : [`${name} ${verb} ${round(Math.abs(next - last))} (${round(last)} % to ${round(next)} %)`];
  });
  return [{ where, what: moves.join(", ") }];
}

/** `IPv6 users in EUROPE`. */
export function describeUsers({ family, region }: Pick<UsersChange, "family" | "region">): string {
  return `${family === "A" ? "IPv4" : "IPv6"} users${region === undefined ? "" : ` in ${region}`}`;
}

/** `75 points`, `0.5 points`. */
export function describePoints(points: number): string {
  return `${round(points)} ${round(points) === 1 ? "point" : "points"}`;
}

function round(number: number): number {
  return Number(number.toFixed(1));
}
