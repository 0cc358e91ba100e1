import { InvalidArgumentError, type Command } from "commander";
import { randomInt } from "node:crypto";
import { writeFileSync } from "node:fs";
import { familyFleets, type Family } from "../../constructs/dns/shares";
import { trafficShares, type FleetReading } from "../../constructs/dns/traffic-model";
import { describePolicy } from "./describe-policy";
import type { Environment } from "../../constructs/fleet/environment";
import { PolycastError, refuseIfAny, show, suggest, type Problem } from "../../constructs/fleet/problem";
import { fleetStackName } from "../../live/stack-names";
import { sampler } from "../../sandbox/dns/first-answers";
import { seededRandom } from "../../sandbox/dns/seeded-random";
import { readZones } from "../../sandbox/dns/zones";
import { plainTable } from "../plain-table";
import { dnsObjects } from "./dns-objects";
import { bar, sharesSvg } from "./share-chart";
import { simulateTraffic, type SimulatedUsers, type UsersTraffic } from "./simulated-traffic";
import { simulatedFeeds } from "./simulated-feeds";
import type { CodeDns } from "./synthesized-dns";
import { policyRegion, worldParts } from "./world-regions";

const MOST_QUERIES = 100_000_000;
const MOST_SEED = 2 ** 32 - 1;

interface SimulateOptions {
  readonly queries: number;
  readonly seed?: number;
  readonly json?: true;
  readonly svg?: string;
  readonly fleet: readonly string[];
  readonly load: readonly string[];
}

/** What `polycast dns simulate --json` prints. */
export interface SimulationReport {
  readonly environment: string;
  readonly policy: string;
  readonly queries: number;
  readonly seed: number;
  readonly users: readonly UsersTraffic[];
}

/** `polycast dns simulate`: what the environment's policy does, before anybody is sent anywhere. */
export function addSimulate(dns: Command): void {
  const collect = (value: string, before: readonly string[]) => [...before, value];
  dns
    .command("simulate")
    .description("Ask the records that the environment compiles to many times, and compare with its policy")
    .option("--queries <number>", "how often to ask", wholeNumber(1, MOST_QUERIES), 1_000_000)
    .option("--seed <number>", "repeat the run with this seed", wholeNumber(0, MOST_SEED))
    .option("--fleet <name=down>", "a fleet that is down; may be repeated", collect, [])
    .option("--load <name=connections>", "connections that a fleet has; may be repeated", collect, [])
    .option("--svg <file>", "draw the shares into a file")
    .option("--json", "as JSON")
    .action(async (options: SimulateOptions) => {
      const { chosenEnvironment, loadEnvironment } = await import("../../environments/load-environment");
      const { openLiveStore } = await import("../../live/open-live-store");
      const { synthesizedDns } = await import("./synthesized-dns");
      const environment = await loadEnvironment(chosenEnvironment());
      const readings = parseReadings(environment, options);
      const code = await synthesizedDns(environment, await openLiveStore(environment));
      const { queries, seed = randomInt(MOST_SEED) } = options;
      const report = simulate(environment, code, readings, { queries, seed });
      if (options.svg !== undefined) writeSvg(options.svg, report);
      process.stdout.write(`${options.json ? JSON.stringify(report, null, 2) : describe(report)}\n`);
    });
}

/** @param readings of the fleets; one without is up, and has no connections. */
export function simulate(
  environment: Environment,
  code: CodeDns,
  readings: Readonly<Record<string, FleetReading>>,
  { queries, seed }: { readonly queries: number; readonly seed: number },
): SimulationReport {
  const { dns, zone: zoneName, audience } = environment;
  const addresses = madeUpAddresses(environment);
  const objects = dnsObjects(code.stack, {
    attribute: () => undefined,
    output: (stack, output) => addresses.get(`${stack} ${output}`)?.address,
  });
  const fleetAt = new Map([...addresses.values()].map(({ address, fleet }) => [address, fleet]));
  const feeds = simulatedFeeds(
    objects,
    (address) => readings[fleetAt.get(address) ?? ""]?.up ?? true,
    readings,
  );
  const zone = readZones(objects).find(({ name }) => name === zoneName);
  const random = seededRandom(seed);
  const parts = worldParts(dns.traffic, audience);
  const users = (zone?.records.get(`*.${zoneName}`) ?? []).flatMap((set): SimulatedUsers[] => {
    const type = set.type as Family;
    const fleets = familyFleets(environment, code.live)[type];
    return [...parts].map(([region, part]) => {
      const answers = sampler(set, { feeds, georegion: region }, random);
      return {
        type,
        region,
        part,
        model: trafficShares(dns.traffic, fleets, readings, policyRegion(dns.traffic, region)),
        draw: () => fleetAt.get(answers()[0] ?? ""),
      };
    });
  });
  return {
    environment: environment.name,
    policy: describePolicy(dns.traffic),
    queries,
    seed,
    users: simulateTraffic(users, queries),
  };
}

interface MadeUpAddress {
  readonly fleet: string;
  readonly address: string;
}

/** An address for each fleet, deployed or not (RFC 5737, RFC 3849), by the output that will hold it. */
function madeUpAddresses({ fleets }: Environment): ReadonlyMap<string, MadeUpAddress> {
  return new Map(
    fleets.flatMap(({ name: fleet }, index): [string, MadeUpAddress][] => [
      [`${fleetStackName(fleet)} anycast_ipv4`, { fleet, address: `192.0.2.${index + 1}` }],
      [`${fleetStackName(fleet)} anycast_ipv6`, { fleet, address: `2001:db8::${index + 1}` }],
    ]),
  );
}

/** @throws PolycastError that names all that cannot be understood. */
export function parseReadings(
  { fleets }: Pick<Environment, "fleets">,
  { fleet, load }: Pick<SimulateOptions, "fleet" | "load">,
): Readonly<Record<string, FleetReading>> {
  const names = fleets.map(({ name }) => name);
  const problems: Problem[] = [];
  const parse = (option: string, text: string, allowed: RegExp, form: string): readonly [string, string] => {
    const [name = "", value = ""] = text.split("=", 2);
    if (!names.includes(name)) {
      problems.push({
        where: `${option} ${text}`,
        what: `no fleet is named ${show(name)}; ${suggest(name, names)}`,
      });
    } else if (!allowed.test(value)) {
      problems.push({ where: `${option} ${text}`, what: `${show(value)} is not ${form}` });
    }
    return [name, value];
  };
  const down = fleet.map((text) => parse("--fleet", text, /^down$/, '"down"')[0]);
  const loads = load.map((text) => parse("--load", text, /^\d{1,15}$/, "a whole number of connections"));
  refuseIfAny(() => "The simulation cannot be run", problems);
  return Object.fromEntries(
    names.map((name) => {
      const connections = loads.findLast(([loaded]) => loaded === name)?.[1];
      return [
        name,
        {
          up: !down.includes(name),
          ...(connections !== undefined && { connections: Number(connections) }),
        },
      ];
    }),
  );
}

function writeSvg(file: string, { environment, policy, users }: SimulationReport): void {
  try {
    writeFileSync(file, sharesSvg(`${environment}: ${policy}`, users));
  } catch (error) {
    throw new PolycastError("The picture cannot be written", [
      { where: file, what: (error as Error).message },
    ]);
  }
}

function describe({ environment, policy, queries, seed, users }: SimulationReport): string {
  const rows = users.flatMap(({ type, region = "all users", fleets }) =>
    fleets.map(({ fleet, share, model, error, standardErrors }, index) => [
      index === 0 ? `${region}, ${type}` : "",
      fleet,
      `${share.toFixed(2)} %`,
      `${model.toFixed(2)} %`,
      signed(error, 2),
      standardErrors === null ? "not by chance" : signed(standardErrors, 1),
      bar(share),
    ]),
  );
  const unanswered = users.filter((group) => group.region === undefined && group.unanswered > 0);
  return [
    `${environment}: ${policy}; ${queries} queries, seed ${seed}`,
    "",
    plainTable(["users", "fleet", "share", "model", "points", "errors", ""], rows),
    ...unanswered.map(({ type, unanswered: count }) => `${count} queries for ${type} got no answer`),
    "",
    "points: share less model; errors: the same in standard errors of a sample of this size",
  ].join("\n");
}

function signed(number: number, digits: number): string {
  const text = number.toFixed(digits);
  return number > 0 ? `+${text}` : text;
}

function wholeNumber(least: number, most: number) {
  return (text: string): number => {
    const number = /^\d+$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Allowed are whole numbers from ${least} to ${most}.`);
  };
}
