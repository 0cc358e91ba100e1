import { isIPv4, isIPv6 } from "node:net";
import type { Answer } from "dns-packet";
import type { ClientRegions } from "./client-regions";
import { withFeeds, type FeedSource } from "./feeds";
import { applyFilterChain, type RandomSource } from "./filter-chain";
import { draw, outcomes } from "./route53-answers";
import { isHealthy } from "./route53-health";
import { locationOf } from "./route53-locations";
import {
  ancestors,
  canonical,
  isWithin,
  type FilteredSet,
  type RecordSet,
  type RoutedSet,
  type ServedType,
  type Zone,
} from "./zone";

/** A CNAME that leads to another is followed this often. */
const LONGEST_CHAIN = 8;

/** `10 5 443 host.example.`: priority, weight, port, target. */
const SRV_DATA = /^(\d+)\s+(\d+)\s+(\d+)\s+(\S+)$/;

/** What is asked: the name in the asker's own spelling, and a type such as `A` or `ANY`. */
export interface Question {
  readonly name: string;
  readonly type: string;
  /** The network for whose client a resolver asks, if it says so. */
  readonly clientSubnet?: string;
}

/** The content of a reply, before it becomes a packet. */
export interface Reply {
  readonly rcode: "NOERROR" | "NXDOMAIN" | "REFUSED";
  /** False where the name is delegated to somebody else, or refused. */
  readonly authoritative: boolean;
  readonly answers: readonly Answer[];
  readonly authorities: readonly Answer[];
}

export interface Steering {
  readonly random: RandomSource;
  readonly feeds: FeedSource;
  readonly regions: ClientRegions;
  readonly onUnknownFilter: (filter: string) => void;
  /** The serial number of a zone's content. */
  readonly serial: (zone: Zone) => number;
}

/** Steering of a client's answers, whose region is known or not. */
interface LocalSteering extends Steering {
  readonly georegion: string | undefined;
}

/**
 * Answers a question from the zones we are authoritative for (RFC 1034, 4.3.2; wildcards as in RFC 4592).
 * Owner names are spelt as the asker did.
 */
export function answer(zones: readonly Zone[], question: Question, tools: Steering): Reply {
  const { clientSubnet } = question;
  const georegion = clientSubnet === undefined ? undefined : tools.regions.regionOf(clientSubnet);
  const steering = { ...tools, georegion };
  const answers: Answer[] = [];
  let name = question.name;
  for (let step = 0; step < LONGEST_CHAIN; step++) {
    const zone = zoneOf(zones, name);
    if (zone === undefined) break; // outside our zones: the asker must follow the alias
    const cut = delegation(zone, canonical(name));
    if (cut !== undefined) return referral(cut, answers, steering);
    const found = lookUp(zone, canonical(name));
    if (found === undefined) return negative("NXDOMAIN", zone, answers, steering);
    const sets = matching(found, question.type);
    const soa = isSoaWanted(zone, name, question.type) ? [soaRecord(zone, steering, name)] : [];
    const own = [...soa, ...sets.flatMap((set) => records(set, name, steering))];
    if (own.length > 0) return positive([...answers, ...own]);
    const alias = found
      .filter(({ type }) => type === "CNAME")
      .flatMap((set) => records(set, name, steering))[0];
    if (alias?.type !== "CNAME") return negative("NOERROR", zone, answers, steering);
    answers.push(alias);
    name = alias.data;
  }
  return answers.length > 0
    ? positive(answers)
    : { rcode: "REFUSED", authoritative: false, answers: [], authorities: [] };
}

function zoneOf(zones: readonly Zone[], name: string): Zone | undefined {
  return zones
    .filter((zone) => isWithin(canonical(name), zone.name))
    .toSorted((one, other) => other.name.length - one.name.length)[0];
}

/** The topmost name below the apex, at or above `name`, that another server answers for. */
function delegation(zone: Zone, name: string): { owner: string; set: RecordSet } | undefined {
  for (const owner of [...ancestors(name, zone.name)].toReversed()) {
    const set = zone.records.get(owner)?.find(({ type }) => type === "NS");
    if (set !== undefined && owner !== zone.name) return { owner, set };
  }
  return undefined;
}

/** The records at a name: its own, else those of the wildcard below its closest encloser; undefined if it is no name. */
function lookUp(zone: Zone, name: string): readonly RecordSet[] | undefined {
  if (zone.names.has(name)) return zone.records.get(name) ?? [];
  for (const encloser of ancestors(name, zone.name)) {
    if (zone.names.has(encloser)) return zone.records.get(`*.${encloser}`);
  }
  return undefined;
}

function matching(sets: readonly RecordSet[], type: string): readonly RecordSet[] {
  return type === "ANY" ? sets : sets.filter((set) => set.type === type);
}

function isSoaWanted(zone: Zone, name: string, type: string): boolean {
  return canonical(name) === zone.name && (type === "SOA" || type === "ANY");
}

function positive(answers: readonly Answer[]): Reply {
  return { rcode: "NOERROR", authoritative: true, answers, authorities: [] };
}

function negative(
  rcode: "NOERROR" | "NXDOMAIN",
  zone: Zone,
  answers: readonly Answer[],
  steering: LocalSteering,
): Reply {
  // RFC 2308: a resolver keeps "there is no such record" for as long as the SOA in the reply says.
  const soa = { ...soaRecord(zone, steering, zone.name), ttl: Math.min(zone.ttl, zone.nxTtl) };
  return { rcode, authoritative: true, answers, authorities: [soa] };
}

function referral(
  { owner, set }: { owner: string; set: RecordSet },
  answers: readonly Answer[],
  steering: LocalSteering,
): Reply {
  return {
    rcode: "NOERROR",
    authoritative: answers.length > 0,
    answers,
    authorities: records(set, owner, steering),
  };
}

function soaRecord(zone: Zone, steering: LocalSteering, name: string): Answer {
  return {
    type: "SOA",
    name,
    ttl: zone.ttl,
    data: {
      mname: zone.nameservers[0] ?? zone.name,
      rname: zone.hostmaster.replace("@", "."),
      serial: steering.serial(zone),
      refresh: zone.refresh,
      retry: zone.retry,
      expire: zone.expiry,
      minimum: zone.nxTtl,
    },
  };
}

function records(set: RecordSet, name: string, steering: LocalSteering): Answer[] {
  return "routed" in set ? routedRecords(set, name, steering) : filteredRecords(set, name, steering);
}

function routedRecords(
  { type, owner, routed, healthChecks }: RoutedSet,
  name: string,
  { random, georegion, feeds }: LocalSteering,
): Answer[] {
  const circumstances = {
    isHealthy: (id: string) => isHealthy(id, healthChecks, feeds),
    client: locationOf(georegion),
  };
  const { values = [], ttl = 0 } = draw(outcomes(routed, owner, type, circumstances), random) ?? {};
  return values.map((data) => record({ type, ttl }, name, data));
}

function filteredRecords(
  set: FilteredSet,
  name: string,
  { random, georegion, feeds, onUnknownFilter }: LocalSteering,
): Answer[] {
  const answers = set.answers.map((answer) => ({ ...answer, meta: withFeeds(answer.meta, feeds) }));
  const steered = applyFilterChain(answers, set.filters, { random, georegion }, onUnknownFilter);
  // A name has one alias at most (RFC 1034, 3.6.2): of several that are steered between, the first counts.
  const given = set.type === "CNAME" ? steered.slice(0, 1) : steered;
  return given.map(({ data }) => record(set, name, data));
}

/** @throws Error where the data is not what its type needs: the packet library would encode something else. */
function record({ type, ttl }: Pick<FilteredSet, "type" | "ttl">, name: string, data: string): Answer {
  switch (type) {
    case "A":
      return { type, name, ttl, data: checked(data, isIPv4(data), type) };
    case "AAAA":
      return { type, name, ttl, data: checked(data, isIPv6(data), type) };
    case "TXT":
      return { type, name, ttl, data: characterStrings(data) };
    case "SRV": {
      const [, priority, weight, port, target = ""] =
        SRV_DATA.exec(checked(data, SRV_DATA.test(data), type)) ?? [];
      const numbers = { priority: Number(priority), weight: Number(weight), port: Number(port) };
      return { type, name, ttl, data: { ...numbers, target: withoutDot(target) } };
    }
    case "CNAME":
    case "NS":
      return { type, name, ttl, data: withoutDot(data) };
  }
}

function checked(data: string, sound: boolean, type: ServedType): string {
  if (!sound) throw new Error(`${JSON.stringify(data)} cannot be the answer of a record of type ${type}`);
  return data;
}

function withoutDot(name: string): string {
  return name.replace(/\.$/, "");
}

/** One string of a TXT record holds 255 bytes. */
function characterStrings(text: string): Buffer[] {
  const bytes = Buffer.from(text);
  const strings: Buffer[] = [];
  for (let at = 0; at === 0 || at < bytes.length; at += 255) strings.push(bytes.subarray(at, at + 255));
  return strings;
}
