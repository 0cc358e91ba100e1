import type { RandomSource } from "./filter-chain";

/** What Route 53 answers, and how it chooses: a record of a hosted zone, alone or with others of its name and type. */
export interface Route53Record {
  /** Canonical: lower case, no trailing dot. */
  readonly name: string;
  readonly type: string;
  /** In seconds; of an alias, its target's counts. */
  readonly ttl: number;
  /** What it answers; none where it is an alias. */
  readonly values: readonly string[];
  /** Records of the same type in the same zone that it stands for. */
  readonly alias?: { readonly name: string; readonly evaluateTargetHealth: boolean };
  readonly routing: Routing;
  /** Id of its health check; without one it is healthy. */
  readonly healthCheck?: string;
}

/** How a record is chosen among those of its name and type, which all have the same kind of routing. */
export type Routing =
  | { readonly kind: "simple" }
  | { readonly kind: "multivalue" }
  | { readonly kind: "weighted"; readonly weight: number }
  | { readonly kind: "failover"; readonly role: "PRIMARY" | "SECONDARY" }
  | { readonly kind: "geolocation"; readonly location: Location };

/** In Route 53's codes: continent `EU`, country `DE`, subdivision `NY`; a record for all the rest has country `*`. */
export interface Location {
  readonly continent?: string;
  readonly country?: string;
  readonly subdivision?: string;
}

/** What decides which record is chosen. */
export interface Circumstances {
  readonly isHealthy: (healthCheck: string) => boolean;
  /** Where the client is, as far as that is known. */
  readonly client?: Location;
}

/** One of the answers that a query may get: the values come in an order of chance. */
export interface Outcome {
  readonly probability: number;
  readonly ttl: number;
  readonly values: readonly string[];
}

/** The records of one zone. */
export type Records = readonly Route53Record[];

/** Route 53 never puts more of a multivalue record set into an answer. */
const MOST_VALUES = 8;

/** Far longer than any chain of aliases that makes sense: one that comes back to itself gives no answer. */
const LONGEST_CHAIN = 50;

/**
 * Every answer that a query may get, and how likely it is; they add up to 1 unless there is nothing to answer.
 *
 * Of each group of records with one name and type, those that are healthy are chosen between, all of them where none is:
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/health-checks-how-route-53-chooses-records.html
 */
export function outcomes(
  zone: Records,
  name: string,
  type: string,
  circumstances: Circumstances,
  depth = 0,
): readonly Outcome[] {
  if (depth > LONGEST_CHAIN) return [];
  const group = groupOf(zone, name, type);
  const healthy = group.filter((record) => isHealthy(zone, record, circumstances, depth));
  const [first] = group;
  if (first?.routing.kind === "multivalue") {
    const chosen = healthy.length > 0 ? healthy : group;
    return [{ probability: 1, ttl: first.ttl, values: chosen.flatMap(({ values }) => values) }];
  }
  return choose(group, healthy, circumstances).flatMap(({ record, probability }) => {
    const { alias, ttl, values } = record;
    if (alias === undefined) return [{ probability, ttl, values }];
    return outcomes(zone, alias.name, type, circumstances, depth + 1).map((outcome) => ({
      ...outcome,
      probability: outcome.probability * probability,
    }));
  });
}

/** One answer of those that are possible, its values in an order of chance. */
export function draw(
  possible: readonly Outcome[],
  random: RandomSource,
): Omit<Outcome, "probability"> | undefined {
  let rest = random();
  const drawn = possible.find(({ probability }) => (rest -= probability) < 0) ?? possible.at(-1);
  return drawn && { ttl: drawn.ttl, values: shuffled(drawn.values, random).slice(0, MOST_VALUES) };
}

/** How likely each value is the first one of an answer: exact, and 1 in all unless there is nothing to answer. */
export function firstValues(possible: readonly Outcome[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const { probability, values } of possible) {
    for (const value of values) first.set(value, (first.get(value) ?? 0) + probability / values.length);
  }
  return first;
}

interface Choice {
  readonly record: Route53Record;
  readonly probability: number;
}

function groupOf(zone: Records, name: string, type: string): Records {
  return zone.filter((record) => record.name === name && record.type === type);
}

/**
 * Its health check, where it has one, and of an alias that evaluates its target's health, whether anything there is
 * healthy: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-complex-configs.html
 */
function isHealthy(
  zone: Records,
  record: Route53Record,
  circumstances: Circumstances,
  depth: number,
): boolean {
  const { healthCheck, alias, type } = record;
  if (healthCheck !== undefined && !circumstances.isHealthy(healthCheck)) return false;
  if (alias?.evaluateTargetHealth !== true) return true;
  if (depth > LONGEST_CHAIN) return false;
  return groupOf(zone, alias.name, type).some((target) => isHealthy(zone, target, circumstances, depth + 1));
}

function choose(group: Records, healthy: Records, { client = {} }: Circumstances): readonly Choice[] {
  const sound = healthy.length > 0 ? healthy : group;
  const [first] = sound;
  switch (first?.routing.kind) {
    case "weighted":
      return byWeight(sound);
    case "failover":
      // Where neither is healthy, the primary one answers.
      return surely(
        sound.find(({ routing }) => routing.kind === "failover" && routing.role === "PRIMARY") ?? first,
      );
    case "geolocation":
      return surely(nearest(healthy, client) ?? nearest(group, client));
    case "simple":
    case "multivalue":
    case undefined:
      return surely(first);
  }
}

/**
 * Records of weight 0 count only where no other is healthy, and then alike:
 * https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-weighted.html
 */
function byWeight(group: Records): readonly Choice[] {
  const weightOf = ({ routing }: Route53Record): number => (routing.kind === "weighted" ? routing.weight : 0);
  const total = group.reduce((sum, record) => sum + weightOf(record), 0);
  return group
    .map((record) => ({ record, probability: total > 0 ? weightOf(record) / total : 1 / group.length }))
    .filter(({ probability }) => probability > 0);
}

/** The record for the smallest place that the client is in: https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-geo.html */
function nearest(group: Records, client: Location): Route53Record | undefined {
  const places: Location[] = [
    { ...pick(client, "country"), ...pick(client, "subdivision") },
    pick(client, "country"),
    pick(client, "continent"),
    { country: "*" },
  ];
  const at = (place: Location): Route53Record | undefined =>
    group.find(({ routing }) => routing.kind === "geolocation" && samePlace(routing.location, place));
  return places.map(at).find((record) => record !== undefined);
}

function pick(client: Location, level: keyof Location): Location {
  const code = client[level];
  return code === undefined ? {} : { [level]: code };
}

function samePlace(one: Location, other: Location): boolean {
  const levels = ["continent", "country", "subdivision"] as const;
  return (
    levels.every((level) => one[level] === other[level]) && levels.some((level) => one[level] !== undefined)
  );
}

function surely(record: Route53Record | undefined): readonly Choice[] {
  return record === undefined ? [] : [{ record, probability: 1 }];
}

function shuffled(values: readonly string[], random: RandomSource): readonly string[] {
  const left = [...values];
  for (let end = left.length - 1; end > 0; end--) {
    const other = Math.min(Math.floor(random() * (end + 1)), end);
    [left[end], left[other]] = [left[other] ?? "", left[end] ?? ""];
  }
  return left;
}
