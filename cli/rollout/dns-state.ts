import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { wantedTraffic, type AppliedTraffic } from "../../constructs/dns/applied-traffic";
import { EDGE_DNS } from "../../live/stack-names";
import { lastTraffic } from "../../live/traffic-valve";
import { appliedPercents } from "../../rollout/applied-percents";
import type { DnsLook } from "../../rollout/look";
import type { RolloutScene } from "./scene";

const stateSchema = z.object({ lineage: z.string(), serial: z.number() });

/** Each fleet's whole share, in percent of the live record, as a rollout's plan has it. */
export interface WholeShares {
  readonly fleets: Readonly<Record<string, { readonly share: number }>>;
}

/**
 * How the traffic is shared, by the live record and by what was last applied.
 * @returns undefined where nobody can tell: DNS is not deployed, or others made its records.
 */
export async function readDnsState(
  { environment, live }: Pick<RolloutScene, "environment" | "live">,
  { fleets }: WholeShares,
): Promise<Omit<DnsLook, "served"> | undefined> {
  const { record } = await live.read();
  const state = await live.readState(EDGE_DNS);
  const applied = lastTraffic(state);
  if (applied === undefined || applied === "unknown") return undefined;
  const { lineage, serial } = stateSchema.parse(state);
  const percents = Object.fromEntries(
    environment.fleets.map(({ name }) => [name, record.fleets[name]?.share ?? 0]),
  );
  const whole = Object.fromEntries(Object.entries(fleets).map(([name, { share }]) => [name, share]));
  return {
    mark: `${lineage} ${serial}`,
    ttl: applied.ttl,
    percents,
    applied: appliedPercents(environment, applied, whole),
    arrived: hasArrived(applied, wantedTraffic(environment, percents)),
  };
}

export function hasArrived(applied: AppliedTraffic | undefined, wanted: AppliedTraffic): boolean {
  // As it is written down, where what is undefined has no place.
  return isDeepStrictEqual(applied, JSON.parse(JSON.stringify(wanted)));
}
