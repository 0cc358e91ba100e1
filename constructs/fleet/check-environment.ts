import { checkDns, checkValve } from "../dns/check-dns";
import { watchedIn } from "../management/watched-fleets";
import { checkCertificates } from "./certificates";
import { checkFleet } from "./check-fleet";
import type { Environment } from "./environment";
import { DEFAULT_HEALTH_CHECK, type HealthCheck, type Listener } from "./fleet-inputs";
import type { FleetDemand, FleetProvider, FleetReleases } from "./fleet-provider";
import { isCount } from "./numbers";
import { show, showUrl, type Problem } from "./problem";
import { checkState } from "./secrets-in-state";

/** A name that every provider takes as part of its own names. */
const NAME = /^[a-z]([a-z0-9-]{0,29}[a-z0-9])?$/;
const NAME_RULE = "a lower-case letter, then up to 30 lower-case letters, digits or hyphens, no hyphen last";
/** What a node's user data must have room for. */
const LONGEST_JOIN_TOKEN = "x".repeat(256);

/** What an environment asks of each of its fleets alike, defaults filled in. */
export function demandOf({
  name,
  listeners,
  health,
  clientAffinity,
  controlPlaneUrl,
  controlPlaneCa,
  controlPlaneJoinToken,
  sandbox = false,
}: Environment): FleetDemand {
  return {
    environment: name,
    listeners,
    health: { ...DEFAULT_HEALTH_CHECK, ...health },
    clientAffinity: clientAffinity ?? "none",
    controlPlaneUrl,
    sandbox,
    ...(controlPlaneCa !== undefined && { controlPlaneCa }),
    ...(controlPlaneJoinToken === true && { joinToken: LONGEST_JOIN_TOKEN }),
  };
}

/**
 * Everything that is wrong with an environment, before any resource is made.
 * @param releaseOf the release that a fleet is to run; undefined where that is a problem already reported.
 */
export function checkEnvironment(
  environment: Environment,
  releaseOf: (fleet: FleetProvider) => FleetReleases | undefined,
): readonly Problem[] {
  const demand = demandOf(environment);
  return [
    ...checkName(environment.name, "name"),
    ...checkName(environment.image, "image"),
    ...checkState(environment),
    ...checkZone(environment.zone),
    ...checkUrl(environment.controlPlaneUrl),
    ...(environment.controlPlaneCa === undefined
      ? []
      : checkCertificates(environment.controlPlaneCa, "controlPlaneCa")),
    ...checkListeners(environment.listeners),
    ...checkHealth(demand.health, demand.listeners),
    ...checkDns(environment),
    ...checkValve(environment),
    ...(environment.management?.check(watchedIn(environment)) ?? []),
    ...checkFleetNames(environment.fleets),
    ...environment.fleets.flatMap((fleet) => [
      ...checkName(fleet.name, `fleets.${fleet.name}.name`),
      ...checkFleet(fleet, demand, releaseOf(fleet)),
    ]),
  ];
}

function checkName(name: string, where: string): readonly Problem[] {
  return NAME.test(name) ? [] : [{ where, what: `${show(name)} is not a name; ${NAME_RULE} make one` }];
}

/** RFC 1035: labels of 63 octets, 253 in all; at least two, since nobody runs an edge on a top-level domain. */
function checkZone(zone: string): readonly Problem[] {
  const label = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/i;
  const labels = zone.split(".");
  if (labels.length >= 2 && zone.length <= 253 && labels.every((part) => label.test(part))) return [];
  return [
    {
      where: "zone",
      what: `${show(zone)} is not a DNS zone; expected the form "edge.example.net", no dot at the end`,
    },
  ];
}

function checkUrl(url: string): readonly Problem[] {
  const where = "controlPlaneUrl";

  if (/[\u0000-\u0020\u007f]/.test(url) || !URL.canParse(url) || new URL(url).protocol !== "https:") {
    return [{ where, what: `${showUrl(url)} is not an https: URL` }];
  }
  if (new URL(url).username !== "" || new URL(url).password !== "") {
    return [{ where, what: "carries credentials; they would be readable in state and user data" }];
  }
  return [];
}

function checkListeners(listeners: readonly Listener[]): readonly Problem[] {
  if (listeners.length === 0)
    return [{ where: "listeners", what: "there are none; an edge serves at least one port" }];
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const [index, { port, protocol, role }] of listeners.entries()) {
    const where = `listeners[${index}]`;
    if (!isPort(port))
      problems.push({ where: `${where}.port`, what: `${show(port)} is not a port; 1 to 65535 are` });
    if (role === "tunnel" && protocol === "UDP") {
      const what = "is a tunnel over UDP; the nodes' tunnel server is OpenSSH, which has TCP only";
      problems.push({ where, what });
    }
    const key = `${protocol} ${port}`;
    if (seen.has(key)) problems.push({ where, what: `${key} is listed twice` });
    seen.add(key);
  }
  return problems;
}

function checkHealth(health: HealthCheck, listeners: readonly Listener[]): readonly Problem[] {
  const problems: Problem[] = [];
  if (!isPort(health.port))
    problems.push({ where: "health.port", what: `${show(health.port)} is not a port` });
  if (listeners.some(({ port, protocol }) => protocol === "TCP" && port === health.port)) {
    problems.push({
      where: "health.port",
      what: `${health.port} is a listener too; the health endpoint must not be open to the public`,
    });
  }
  if (!/^\/[\x21-\x7e]*$/.test(health.path)) {
    problems.push({ where: "health.path", what: `${show(health.path)} is not a path such as "/healthz"` });
  }
  for (const key of ["intervalSeconds", "unhealthyThreshold"] as const) {
    if (!isCount(health[key])) {
      problems.push({ where: `health.${key}`, what: `${show(health[key])} is not a whole number above 0` });
    }
  }
  return problems;
}

function checkFleetNames(fleets: readonly FleetProvider[]): readonly Problem[] {
  if (fleets.length === 0) {
    return [
      {
        where: "fleets",
        what: "there are none",
        remedy: "Add one, for example aws({ size, sites, connectionsPerNode }).",
      },
    ];
  }
  const names = fleets.map(({ name }) => name);
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return [...repeated].map((name) => ({
    where: "fleets",
    what: `two fleets are named "${name}"`,
    remedy: 'Give one another name: aws({ name: "aws-eu", ... }).',
  }));
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
