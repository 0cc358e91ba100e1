import type { RecordType } from "dns-packet";
import { Resolver } from "node:dns/promises";
import { isIPv6, SocketAddress } from "node:net";
import { queryDns, type DnsAddress } from "../../sandbox/dns/query";
import { canonical } from "../../sandbox/dns/zone";

/** Queries on their way at once: the answers come fast, and no name server takes it for an attack. */
const AT_ONCE = 20;

/** Datagrams get lost; a server that does not answer this often does not answer. */
const TRIES = 3;

/** In milliseconds. */
const RESOLVE_WITHIN = 5_000;

export interface NameServer extends DnsAddress {
  readonly name: string;
}

export interface DnsQuestion {
  readonly name: string;
  readonly type: RecordType;
  /** A network for whose clients it is asked; left out: for whoever asks. */
  readonly clientSubnet?: string | undefined;
}

/** What came back for one question that was asked many times. */
export interface Tally {
  readonly asked: number;
  /** Replies that came. */
  readonly replies: number;
  /** How often each answer was the first one of a reply. */
  readonly first: ReadonlyMap<string, number>;
  /** Every answer that was in a reply. */
  readonly seen: ReadonlySet<string>;
  /** How many answers replies had. */
  readonly sizes: ReadonlySet<number>;
  /** In seconds. */
  readonly ttls: ReadonlySet<number>;
  /** Why replies did not come, by name server. */
  readonly failures: ReadonlyMap<string, string>;
}

/**
 * The addresses of name servers, and those that have none.
 * @param hosts undefined: whatever the world's DNS says that the zone's are.
 */
export async function findNameServers(
  zone: string,
  hosts: readonly string[] | undefined,
): Promise<{ readonly servers: readonly NameServer[]; readonly failures: readonly string[] }> {
  const resolver = new Resolver({ timeout: RESOLVE_WITHIN, tries: 2 });
  const failures: string[] = [];
  const named =
    hosts ??
    (await resolver.resolveNs(zone).catch((error: unknown) => {
      failures.push(`${zone}: ${describe(error)}`);
      return [];
    }));
  const found = await Promise.all(
    named.map(async (name) => {
      try {
        const [address] = await resolver.resolve4(name);
        return address === undefined ? [] : [{ name, address, port: 53 }];
      } catch (error) {
        failures.push(`${name}: ${describe(error)}`);
        return [];
      }
    }),
  );
  return { servers: found.flat(), failures };
}

/** Asks the servers in turn. */
export async function askMany(
  servers: readonly NameServer[],
  { name, type, clientSubnet }: DnsQuestion,
  times: number,
): Promise<Tally> {
  const first = new Map<string, number>();
  const [seen, sizes, ttls] = [new Set<string>(), new Set<number>(), new Set<number>()];
  const failures = new Map<string, string>();
  let [next, replies] = [0, 0];
  const ask = async (): Promise<void> => {
    for (let query = next++; query < times; query = next++) {
      const server = servers[query % servers.length];
      // One that does not answer is not waited for again and again.
      if (server === undefined || failures.has(server.name)) continue;
      try {
        const { answers = [] } = await retry(() => queryDns(server, name, type, clientSubnet));
        const texts = answers.flatMap((answer) => answerText(answer, type));
        for (const { ttl } of answers as { ttl?: number }[]) ttls.add(ttl ?? 0);
        for (const text of texts) seen.add(text);
        if (texts[0] !== undefined) first.set(texts[0], (first.get(texts[0]) ?? 0) + 1);
        sizes.add(texts.length);
        replies += 1;
      } catch (error) {
        failures.set(server.name, describe(error));
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return { asked: times, replies, first, seen, sizes, ttls, failures };
}

async function retry<T>(ask: () => Promise<T>, tries = TRIES): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (tries === 1) throw error;
    return retry(ask, tries - 1);
  }
}

type DnsAnswer = NonNullable<Awaited<ReturnType<typeof queryDns>>["answers"]>[number];

/** The answer as records write it; none where it is of another type. */
function answerText(answer: DnsAnswer, type: RecordType): string[] {
  if (answer.type !== type) return [];
  if (answer.type === "A" || answer.type === "AAAA") return [spelling(answer.data)];
  if (answer.type !== "SRV") return [];
  const { priority = 0, weight = 0, port, target } = answer.data;
  return [`${priority} ${weight} ${port} ${canonical(target)}`];
}

/** The one spelling in which answers are compared: IPv6 addresses have many. */
export function spelling(answer: string): string {
  return isIPv6(answer) ? new SocketAddress({ address: answer, family: "ipv6" }).address : answer;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
