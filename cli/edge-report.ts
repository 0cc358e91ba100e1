import type { Answer } from "dns-packet";
import { z } from "zod";
import { deployedRelease, releaseText } from "../live/live-release";
import { queryDns, type DnsAddress } from "../sandbox/dns/query";
import { stackDirectory } from "./cdktf";
import { stackOutputs } from "./terraform";

/** A fleet as its stack's outputs show it. */
export interface FleetReport {
  readonly stack: string;
  readonly ipv4: string;
  readonly ipv6?: string;
  /** `r1`; where some sites run another one, `r1, us-east-1=r2`. */
  readonly release?: string;
}

/** What the edge's DNS answers for one name. */
export interface DnsReport {
  readonly name: string;
  readonly type: "A" | "AAAA";
  /** The records of one answer, as `dig` shows them. */
  readonly answer: readonly string[];
  /** Over how many queries `first` was counted. */
  readonly queries: number;
  /** How often each address stood first in the answer, which is the one that most clients use. */
  readonly first: Readonly<Record<string, number>>;
  /** How many answers held each address. */
  readonly present: Readonly<Record<string, number>>;
}

const addressOutput = z.object({
  anycast_ipv4: z.string(),
  anycast_ipv6: z.string().optional(),
  release: z.string().optional(),
  site_releases: z.string().optional(),
});
const zoneOutput = z.object({ zone: z.string() });

/** The fleets among deployed stacks: those whose outputs have an anycast address. */
export async function reportFleets(
  stacks: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<FleetReport[]> {
  const found = await Promise.all(stacks.map((stack) => stackOutputs(stackDirectory(stack, env), env)));
  return stacks.flatMap((stack, index) => {
    const outputs = addressOutput.safeParse(found[index]).data;
    if (outputs === undefined) return [];
    const { anycast_ipv4: ipv4, anycast_ipv6: ipv6 } = outputs;
    const runs = deployedRelease(outputs);
    return [
      {
        ...{ stack, ipv4 },
        ...(ipv6 !== undefined && { ipv6 }),
        ...(runs !== undefined && { release: releaseText(runs) }),
      },
    ];
  });
}

/** Asks the DNS server for a name of the edge, often enough to see how the answers are spread, for each type of address that it has. */
export async function reportDns(
  stack: string,
  env: NodeJS.ProcessEnv,
  server: DnsAddress,
  queries: number,
): Promise<DnsReport[]> {
  const { zone } = zoneOutput.parse(await stackOutputs(stackDirectory(stack, env), env));
  const reports: DnsReport[] = [];
  for (const type of ["A", "AAAA"] as const) reports.push(await tally(server, `www.${zone}`, type, queries));
  return reports.filter(({ answer }) => answer.length > 0);
}

async function tally(
  server: DnsAddress,
  name: string,
  type: "A" | "AAAA",
  queries: number,
): Promise<DnsReport> {
  const first: Record<string, number> = {};
  const present: Record<string, number> = {};
  let answer: readonly string[] = [];
  for (let query = 0; query < queries; query++) {
    const records = (await queryDns(server, name, type)).answers ?? [];
    const addresses = records.flatMap((record) => (record.type === type ? [record.data] : []));
    addresses.slice(0, 1).forEach((address) => (first[address] = (first[address] ?? 0) + 1));
    addresses.forEach((address) => (present[address] = (present[address] ?? 0) + 1));
    answer = records.map(digLine);
  }
  return { name, type, answer, queries, first, present };
}

function digLine(record: Answer): string {
  if (record.type !== "A" && record.type !== "AAAA" && record.type !== "CNAME") return record.type;
  return [`${record.name}.`, record.ttl, "IN", record.type, record.data].join("\t");
}
