/** What a change of DNS does to the users, in points of traffic: percent of it that another fleet gets. */
import { appliedShares, type AppliedTraffic } from "./applied-traffic";
import type { Family } from "./shares";

/** Fleet name -> percent of these users. */
type Shares = Readonly<Record<string, number>>;

/** The users of an address family in a region. */
export interface UsersChange {
  readonly family: Family;
  /** Undefined: all whose region has no policy of its own. */
  readonly region?: string;
  readonly before: Shares;
  /** Undefined: they get no answer any more. */
  readonly after: Shares | undefined;
  /** Half the sum of the differences: 75/25 to 0/100 is 75. Without an answer all 100. */
  readonly points: number;
}

export interface TrafficChange {
  /** Those of the family that changes most: of all its users where the sizes of the regions are known, else of the worst region. */
  readonly points: number;
  readonly users: readonly UsersChange[];
}

/** Region -> percent of all users; the others are everywhere else. */
export type Audience = Readonly<Record<string, number>>;

/** @param audience undefined: nobody knows. */
export function trafficChange(
  before: AppliedTraffic,
  after: AppliedTraffic,
  audience?: Audience,
): TrafficChange {
  const named = [before, after].flatMap(({ traffic }) => traffic.within.map(({ region }) => region));
  const regions = [undefined, ...new Set(named)];
  const families = (["A", "AAAA"] as const).map((family) =>
    regions.flatMap((region) => usersChange(before, after, family, region)),
  );
  return {
    points: Math.max(...families.map((users) => familyPoints(users, audience))),
    users: families.flat(),
  };
}

/** The users that get an answer before it and none after it. */
export function unanswered({ users }: TrafficChange): readonly UsersChange[] {
  return users.filter(({ after }) => after === undefined);
}

function usersChange(
  before: AppliedTraffic,
  after: AppliedTraffic,
  family: Family,
  region: string | undefined,
): readonly UsersChange[] {
  const own = appliedShares(before, family, region);
  // Whoever still asks the name servers of before finds nothing there.
  const stays = before.zone === after.zone && before.service === after.service;
  const next = stays ? appliedShares(after, family, region) : undefined;
  if (own === undefined && next === undefined) return [];
  // Who found no IPv6 address has used IPv4.
  const last = own ?? appliedShares(before, "A", region) ?? {};
  const points = next === undefined ? 100 : distance(last, next);
  return [{ family, ...(region !== undefined && { region }), before: last, after: next, points }];
}

function distance(before: Shares, after: Shares): number {
  const fleets = new Set([...Object.keys(before), ...Object.keys(after)]);
  const differences = [...fleets].map((name) => Math.abs((after[name] ?? 0) - (before[name] ?? 0)));
  return differences.reduce((sum, difference) => sum + difference, 0) / 2;
}

function familyPoints(users: readonly UsersChange[], audience: Audience = {}): number {
  const sizes = users.map(({ region }) => (region === undefined ? 0 : audience[region]));
  const known = sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  if (users.length < 2 || sizes.includes(undefined)) return Math.max(0, ...users.map(({ points }) => points));
  const sizeOf = (region?: string) => (region === undefined ? 100 - known : (audience[region] ?? 0));
  return users.reduce((sum, { region, points }) => sum + (sizeOf(region) * points) / 100, 0);
}
