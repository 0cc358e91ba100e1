import { z } from "zod";
import type { Environment } from "../fleet/environment";
import { parseVersioned } from "../fleet/versioned-file";
import type { TrafficFleet } from "./preference";
import { describeShares, familyFleets, type Family } from "./shares";
import { trafficShares } from "./traffic-model";
import { trafficPolicySchema, watermarksSchema, type Traffic } from "./traffic-policy";

/** The newest version of the output that this code reads. */
const VERSION = 1;

/**
 * All that decides who gets how much traffic: what `trafficShares` needs, and how long an answer lasts. Each apply of the
 * DNS stack leaves it in the stack's state, so that the next one can tell what it would change.
 */
export interface AppliedTraffic {
  readonly version: typeof VERSION;
  /** Name of the DNS service's back end: another one has other name servers. */
  readonly service: string;
  readonly zone: string;
  /** Seconds that resolvers may keep an answer. */
  readonly ttl: number;
  /** Present in a step on the way to what the environment wants. */
  readonly step?: true | undefined;
  readonly traffic: Traffic;
  /** The fleets in the records of each type; none: there is no record. */
  readonly fleets: Readonly<Record<Family, readonly TrafficFleet[]>>;
}

const fleets = z.array(z.strictObject({ name: z.string(), capacity: z.number(), percent: z.number() }));

const schema = z.strictObject({
  version: z.literal(VERSION),
  service: z.string(),
  zone: z.string(),
  ttl: z.number(),
  step: z.literal(true).optional(),
  traffic: z.strictObject({
    policy: trafficPolicySchema,
    within: z.array(z.strictObject({ region: z.string(), policy: trafficPolicySchema })),
    watermarks: watermarksSchema,
  }),
  fleets: z.strictObject({ A: fleets, AAAA: fleets }),
});

/**
 * What an apply leaves that gives an environment all that it wants.
 * @param live fleet name -> percent of what the policy gives it at this moment.
 */
export function wantedTraffic(
  environment: Pick<Environment, "dns" | "fleets" | "zone">,
  live: Readonly<Record<string, number>>,
): AppliedTraffic {
  const { traffic, ttl } = environment.dns;
  return {
    version: VERSION,
    service: environment.dns.name,
    zone: environment.zone,
    ttl,
    traffic,
    fleets: familyFleets(environment, live),
  };
}

/**
 * Percent of the users of a family that each fleet gets while all are well.
 * @param region undefined: all users whose region has no policy of its own.
 * @returns undefined where the family has no record.
 */
export function appliedShares(
  { fleets, traffic }: AppliedTraffic,
  family: Family,
  region?: string,
): Readonly<Record<string, number>> | undefined {
  if (fleets[family].length === 0) return undefined;
  const shares = Object.entries(trafficShares(traffic, fleets[family], {}, region));
  return Object.fromEntries(shares.map(([name, share]) => [name, 100 * share]));
}

/** `aws 25 %, stackpath 75 %; EUROPE: aws 0 %, stackpath 100 %`: what the users of a family get, in each region. */
export function describeApplied(applied: AppliedTraffic, family: Family): string {
  const shares = (region?: string): string => describeShares(appliedShares(applied, family, region) ?? {});
  return [shares(), ...applied.traffic.within.map(({ region }) => `${region}: ${shares(region)}`)].join("; ");
}

/** Reads what an apply left. @throws PolycastError when it is malformed or of a newer version. */
export function parseAppliedTraffic(text: string, source: string): AppliedTraffic {
  return parseVersioned(text, VERSION, schema, source);
}
