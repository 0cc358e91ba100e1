import type { HeldDns } from "../../constructs/dns/dns-api";
import type { Environment } from "../../constructs/fleet/environment";
import { PolycastError, type Problem } from "../../constructs/fleet/problem";
import type { CloudObjects } from "../../constructs/fleet/simulation";
import { openLiveStore } from "../../live/open-live-store";
import { CLIENT_NETWORKS } from "../../sandbox/dns/client-regions";
import type { FeedSource } from "../../sandbox/dns/feeds";
import type { RecordSet, Zone } from "../../sandbox/dns/zone";
import { readZones } from "../../sandbox/dns/zones";
import { attachedSandbox } from "../../sandbox/sandbox";
import { simulations } from "../../sandbox/simulations";
import { answerDifferences, predict, type Prediction } from "./answer-differences";
import { dnsObjects } from "./dns-objects";
import { adviceOn, type AnswersReport, type Comparison, type DriftReport } from "./drift-report";
import { appliedDns } from "./known-values";
import { askMany, findNameServers, type DnsQuestion, type NameServer, type Tally } from "./name-servers";
import { recordDifferences, recordSets } from "./record-differences";
import { serviceVariables } from "./service-variables";
import { synthesizedDns } from "./synthesized-dns";
import { openReferences } from "./terraform-references";

/** How often to begin again where health changes while the name servers are asked. */
const ATTEMPTS = 3;

/** With more monitors, the states that they may be in are too many to try. */
const MOST_UNKNOWN_FEEDS = 8;

/** What the code says. */
interface Code {
  readonly zone: Zone;
  /** Feeds that say whether something is up. */
  readonly healthFeeds: readonly string[];
  readonly isApplied: boolean;
}

/** What the service holds; undefined: nobody knows. */
interface Service {
  readonly held: HeldDns | undefined;
  readonly trouble?: string;
  /** Whether trouble means that something is wrong: a service that is never asked is not in trouble. */
  readonly isExpected: boolean;
}

/**
 * Compares the three.
 * @param wanted `applied`: with what was last applied in the code's place, which on the way to what it says is a step.
 * @throws PolycastError where what the code says cannot be known.
 */
export async function findDrift(
  environment: Environment,
  queries: number,
  env: NodeJS.ProcessEnv,
  wanted: "code" | "applied" = "code",
): Promise<DriftReport> {
  const code = wanted === "code" ? await readCode(environment) : await readApplied(environment);
  for (let attempt = 1; ; attempt++) {
    const service = await readService(environment, env);
    const servers = await nameServers(environment, service.held, env);
    const asked = await askAll(environment, code.zone, servers.servers, queries);
    // What the answers should be depends on health: it must have been the same all the time.
    const after = service.held === undefined ? service : await readService(environment, env);
    const isSteady = JSON.stringify(after.held?.feeds) === JSON.stringify(service.held?.feeds);
    if (isSteady || attempt === ATTEMPTS) {
      const unsteady = isSteady ? [] : ["health changed while the name servers were asked; try again"];
      return reportOf(environment, code, service, asked, [...unsteady, ...servers.failures]);
    }
  }
}

async function readCode(environment: Environment): Promise<Code> {
  const store = await openLiveStore(environment);
  const applied = await appliedDns(environment, store);
  const { stack } = await synthesizedDns(environment, store);
  const objects = dnsObjects(stack, applied.known);
  const zones = readZones(objects);
  const zone = zones.find(({ name }) => name === environment.zone);
  const open = [...new Set(zones.flatMap(({ records }) => openReferences([...records.values()])))];
  if (zone === undefined || open.length > 0) {
    throw new PolycastError("What the code says of DNS is not known yet", [
      {
        where: open.join(", ") || environment.zone,
        what: "is in no state: the fleets are not deployed",
        remedy: "Deploy them first: npx polycast deploy",
      },
    ]);
  }
  const remembered = readZones(applied.objects).find(({ name }) => name === environment.zone);
  return {
    zone,
    healthFeeds: healthFeeds(objects),
    isApplied: remembered !== undefined && recordDifferences(zone, remembered).length === 0,
  };
}

/** What was last applied, as if the code said so. */
async function readApplied(environment: Environment): Promise<Code> {
  const { objects } = await appliedDns(environment, await openLiveStore(environment));
  const zone = readZones(objects).find(({ name }) => name === environment.zone);
  if (zone === undefined) throw new PolycastError(`Nothing was applied of ${environment.zone} yet.`);
  return { zone, healthFeeds: healthFeeds(objects), isApplied: true };
}

function healthFeeds(objects: CloudObjects): readonly string[] {
  const monitors = simulations.flatMap(({ life }) => life?.monitors?.(objects) ?? []);
  return monitors.flatMap(({ feeds }) => feeds);
}

export async function readService(environment: Environment, env: NodeJS.ProcessEnv): Promise<Service> {
  const { dns, zone } = environment;
  if (dns.api === undefined) {
    const trouble = `the API of ${dns.name} is not read here; only code and answers are`;
    return { held: undefined, trouble, isExpected: true };
  }
  try {
    const api = dns.api(serviceVariables(environment, env));
    const held = await api.held(zone);
    if (held !== undefined) return { held, isExpected: true };
    // That is a difference, and the greatest.
    return { held: { nameServers: [], objects: {}, feeds: {} }, isExpected: true };
  } catch (error) {
    if (!(error instanceof PolycastError)) throw error;
    return { held: undefined, trouble: error.message, isExpected: false };
  }
}

export async function nameServers(
  { sandbox = false, zone }: Environment,
  held: HeldDns | undefined,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly servers: readonly NameServer[]; readonly failures: readonly string[] }> {
  if (sandbox) {
    return { servers: [{ name: "the sandbox", ...attachedSandbox(env).record.dns }], failures: [] };
  }
  return findNameServers(zone, held?.nameServers);
}

/** One question and what came back. */
interface Asked {
  readonly owner: string;
  readonly question: DnsQuestion;
  readonly region?: string;
  readonly tally: Tally;
}

async function askAll(
  { dns, sandbox = false }: Environment,
  zone: Zone,
  servers: readonly NameServer[],
  queries: number,
): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  // One that does not answer is not waited for at each name.
  const silent = new Set<string>();
  // Only the simulated world says which networks are in a region.
  const regions = sandbox && dns.traffic.within.length > 0 ? Object.entries(CLIENT_NETWORKS) : [];
  for (const { owner, type } of ownersOf(zone)) {
    const steered = owner.startsWith("*.") ? regions : [];
    for (const [region, networks] of [[undefined, undefined] as const, ...steered]) {
      // A name that nobody has asked for is in no cache on the way.
      const name = owner.replace(/^\*/, `check-${Math.random().toString(36).slice(2)}`);
      const question: DnsQuestion = { name, type, clientSubnet: networks?.[0] };
      const willing = servers.filter((server) => !silent.has(server.name));
      const tally = await askMany(willing, question, queries);
      for (const server of tally.failures.keys()) silent.add(server);
      asked.push({ owner, question, ...(region !== undefined && { region }), tally });
    }
  }
  return asked;
}

/** What to ask for: every record of the code; and where a name has an address of one family only, that of the other. */
function ownersOf(zone: Zone): readonly { readonly owner: string; readonly type: "A" | "AAAA" | "SRV" }[] {
  const owners = new Set(recordSets(zone).map(({ owner }) => owner));
  return [...owners].flatMap((owner) => {
    const types = (zone.records.get(owner) ?? []).map(({ type }) => type as string);
    const wanted = types.some((type) => ["A", "AAAA"].includes(type)) ? ["A", "AAAA"] : types;
    return (["A", "AAAA", "SRV"] as const)
      .filter((type) => wanted.includes(type))
      .map((type) => ({ owner, type }));
  });
}

function reportOf(
  environment: Environment,
  code: Code,
  service: Service,
  asked: readonly Asked[],
  trouble: readonly string[],
): DriftReport {
  const { dns, name } = environment;
  const held = service.held && heldZone(service.held, environment.zone);
  const serviceDifferences =
    service.held === undefined
      ? []
      : held === undefined
        ? [noZone(environment)]
        : recordDifferences(code.zone, held);
  const feeds = feedStates(service.held, code);
  const answers = asked.map((each) => reportAnswers(environment, code.zone, held, feeds, each));
  const failures = new Map(asked.flatMap(({ tally }) => [...tally.failures]));
  const relations = {
    service: dns.name,
    codeAndService:
      service.held === undefined ? ("not compared" as const) : sameIf(serviceDifferences.length === 0),
    codeAndAnswers: together(answers.map((each) => each.code)),
    serviceAndAnswers: together(answers.map((each) => each.service)),
  };
  const notCompared = [
    ...(service.trouble === undefined ? [] : [service.trouble]),
    ...trouble,
    ...[...failures].map(([server, why]) => `${server}: ${why}`),
  ];
  const isComplete =
    trouble.length === 0 &&
    failures.size === 0 &&
    relations.codeAndAnswers !== "not compared" &&
    (service.isExpected || service.held !== undefined);
  const isDifferent = [
    relations.codeAndService,
    relations.codeAndAnswers,
    relations.serviceAndAnswers,
  ].includes("different");
  return {
    environment: name,
    ...relations,
    verdict: isDifferent ? "different" : isComplete ? "same" : "not compared",
    advice: adviceOn(relations, code.isApplied),
    serviceDifferences,
    answers,
    notCompared,
  };
}

function heldZone({ objects }: HeldDns, name: string): Zone | undefined {
  const source = {
    list: (type: string) => (objects[type] ?? []).map((attributes) => ({ attributes })),
  };
  return readZones(source).find((zone) => zone.name === name);
}

function noZone({ zone, dns }: Environment): Problem {
  return { where: zone, what: `${dns.name} has no such zone` };
}

/** The feeds as they may be: as the service says, or where nobody knows, in every state that monitors leave them in. */
function feedStates(held: HeldDns | undefined, { zone, healthFeeds }: Code): readonly FeedSource[] {
  if (held !== undefined) return [{ feed: (id) => held.feeds[id] }];
  if (healthFeeds.length > MOST_UNKNOWN_FEEDS || recordSets(zone).some(({ set }) => looksAtLoad(set)))
    return [];
  return Array.from({ length: 2 ** healthFeeds.length }, (_, state): FeedSource => {
    const down = new Set(healthFeeds.filter((__, index) => (state & (1 << index)) !== 0));
    return { feed: (id) => (healthFeeds.includes(id) ? { up: !down.has(id) } : undefined) };
  });
}

function looksAtLoad(set: RecordSet): boolean {
  return "filters" in set && set.filters.some(({ filter }) => filter === "shed_load");
}

function reportAnswers(
  { dns, sandbox = false }: Environment,
  code: Zone,
  held: Zone | undefined,
  feeds: readonly FeedSource[],
  { owner, question: { type, name }, region, tally }: Asked,
): AnswersReport {
  // Where a client is, only the service knows; ours is in one of the regions, or in none.
  const regions =
    region !== undefined || sandbox
      ? [region]
      : [undefined, ...dns.traffic.within.map((each) => each.region)];
  const predictions = (set: RecordSet | undefined): readonly Prediction[] =>
    regions.flatMap((georegion) =>
      feeds.flatMap((source) => predict(set, { feeds: source, georegion }) ?? []),
    );
  const wanted = compare(tally, predictions(setOf(code, owner, type)));
  const served = held === undefined ? undefined : compare(tally, predictions(setOf(held, owner, type)));
  return {
    name: owner.startsWith("*.") ? owner : name,
    type,
    ...(region !== undefined && { region }),
    replies: tally.replies,
    shares: Object.fromEntries(
      [...tally.first].map(([answer, count]) => [answer, (100 * count) / tally.replies]),
    ),
    code: wanted.result,
    service: served?.result ?? "not compared",
    differences: wanted.differences,
  };
}

/** As good as any of the predictions is. */
function compare(
  tally: Tally,
  predictions: readonly Prediction[],
): { readonly result: Comparison; readonly differences: readonly string[] } {
  if (predictions.length === 0 || tally.replies === 0) return { result: "not compared", differences: [] };
  const all = predictions.map((prediction) => answerDifferences(tally, prediction));
  if (all.some((differences) => differences.length === 0)) return { result: "same", differences: [] };
  return { result: "different", differences: all[0] ?? [] };
}

function setOf(zone: Zone, owner: string, type: string): RecordSet | undefined {
  return zone.records.get(owner)?.find((set) => set.type === type);
}

function sameIf(condition: boolean): Comparison {
  return condition ? "same" : "different";
}

function together(comparisons: readonly Comparison[]): Comparison {
  if (comparisons.includes("different")) return "different";
  return comparisons.length === 0 || comparisons.includes("not compared") ? "not compared" : "same";
}
