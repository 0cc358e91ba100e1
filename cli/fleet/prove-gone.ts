import { tunnelName, tunnelRecords } from "../../constructs/dns/tunnel-names";
import { PolycastError, type Problem } from "../../constructs/fleet/problem";
import { fleetStackName } from "../../live/stack-names";
import { CLIENT_NETWORKS } from "../../sandbox/dns/client-regions";
import { nameServers, readService } from "../dns/find-drift";
import { askMany, spelling, type DnsQuestion, type NameServer } from "../dns/name-servers";
import type { RetirementScene } from "./retirement-steps";

/** How often each name server is asked each question: one that gives a fleet 5 % of its answers is found with 99.4 %. */
const TIMES = 100;

/**
 * Asks every name server of the zone, one by one, for every name that a fleet can be behind, and the DNS service what it
 * holds.
 * @returns what was asked, for a person.
 * @throws PolycastError where any answer leads to the fleet, or one is missing: then nothing is proven.
 */
export async function proveGone(scene: RetirementScene): Promise<string> {
  const { fleet, listed, env } = scene;
  const traces = await tracesOf(scene);
  const { held, trouble } = await readService(listed, env);
  const { servers, failures } = await nameServers(listed, held, env);
  const problems: Problem[] = failures.map((what) => ({ where: listed.zone, what }));
  if (servers.length === 0)
    problems.push({ where: listed.zone, what: "has no name server that could be asked" });
  if (trouble !== undefined && listed.dns.api !== undefined) {
    problems.push({ where: listed.dns.name, what: trouble });
  }
  for (const trace of traces) {
    if (holds(JSON.stringify(held?.objects ?? {}), trace)) {
      problems.push({ where: listed.dns.name, what: `holds ${trace}` });
    }
  }
  let replies = 0;
  for (const server of servers) {
    for (const question of questions(scene)) {
      const found = await ask(server, question, traces);
      problems.push(...found.problems);
      replies += found.replies;
    }
  }
  if (problems.length > 0) {
    throw new PolycastError(`It is not proven that nobody is sent to ${fleet}; it was not destroyed:`, [
      ...problems,
    ]);
  }
  return `${replies} replies of ${servers.length === 1 ? "the name server" : `all ${servers.length} name servers`} were read,`;
}

/** What an answer with the fleet would have in it: its addresses, and the name of its tunnel. */
async function tracesOf({ fleet, listed, live }: RetirementScene): Promise<readonly string[]> {
  const state = (await live.readState(fleetStackName(fleet))) as
    { readonly outputs?: Readonly<Record<string, { readonly value?: unknown }>> } | undefined;
  const addresses = ["anycast_ipv4", "anycast_ipv6"].flatMap((output) => {
    const value = state?.outputs?.[output]?.value;
    return typeof value === "string" ? [spelling(value)] : [];
  });
  if (addresses.length > 0) return [...addresses, tunnelName(fleet, listed.zone)];
  throw new PolycastError(`It is not known which address ${fleet} has; it was not destroyed:`, [
    {
      where: fleetStackName(fleet),
      what: "its state has no address",
      remedy: `Take it back and deploy it first: npx polycast fleet retire ${fleet} --back`,
    },
  ]);
}

function questions({ fleet, listed }: RetirementScene): readonly DnsQuestion[] {
  // A name that nobody has asked for is in no cache on the way.
  const wildcard = `gone-${Math.random().toString(36).slice(2)}.${listed.zone}`;
  // Only the simulated world says which networks are in a region.
  const regions = listed.sandbox === true ? Object.values(CLIENT_NETWORKS).map(([network]) => network) : [];
  const steered = (["A", "AAAA"] as const).flatMap((type) =>
    [undefined, ...regions].map((clientSubnet) => ({ name: wildcard, type, clientSubnet })),
  );
  // The names of the tunnels as they were: of all, of the fleet, of the service.
  const names = tunnelRecords(listed.zone, listed.listeners, [
    { name: fleet, addresses: { A: "0.0.0.0", AAAA: "::" } },
  ]);
  return [...steered, ...names.map(({ name, type }) => ({ name, type }))];
}

async function ask(
  server: NameServer,
  question: DnsQuestion,
  traces: readonly string[],
): Promise<{ readonly problems: readonly Problem[]; readonly replies: number }> {
  const where = `${server.name}: ${question.name} ${question.type}`;
  const { seen, replies, failures } = await askMany([server], question, TIMES);
  const found = [...seen].filter((answer) => traces.some((trace) => holds(answer, trace)));
  return {
    replies,
    problems: [
      ...found.map((answer) => ({ where, what: `still answers ${answer}` })),
      ...[...failures.values()].map((what) => ({ where, what })),
    ],
  };
}

/** Whether a text has an address or a name in it that is not a part of a longer one. */
export function holds(text: string, trace: string): boolean {
  const literal = trace.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`(?<![\\w.:-])${literal}(?![\\w:-]|\\.\\w)`, "i").test(text);
}
