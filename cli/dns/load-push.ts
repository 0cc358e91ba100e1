import type { Command } from "commander";
import { shedsLoad } from "../../constructs/dns/traffic-policy";
import type { Environment } from "../../constructs/fleet/environment";
import { PolycastError } from "../../constructs/fleet/problem";
import { attachedSandbox } from "../../sandbox/sandbox";
import { CONTROL_PLANE_TOKEN, controlPlaneNodes } from "../control-plane-nodes";
import { UNKNOWN } from "../exit-code";
import { tellManagement } from "../tell-management";
import { fleetConnections, type FleetConnections } from "./fleet-connections";
import { serviceVariables } from "./service-variables";

/** What `polycast dns load push --json` prints. */
export interface LoadReport {
  readonly environment: string;
  /** Why nothing was pushed, and need not be. */
  readonly unneeded?: string;
  /** Why whoever watches the environment does not know of it. */
  readonly untold?: string;
  /** What was pushed: each fleet's connections, or 0 for all of them, with an alarm for each whose reading is missing. */
  readonly fleets: readonly (FleetConnections & { readonly pushed: number })[];
}

/**
 * A load with which nothing is shed. It is pushed for every fleet as soon as one reading is missing, so that plain weights
 * count: pushed for that fleet alone, it would draw what the others shed to the one that nobody can see. NS1 documents no
 * way to unset what a feed has said.
 */
const SHEDS_NOTHING = 0;

/** `polycast dns load push`; the exit code is 3 where the reading of a fleet is missing. */
export function addLoad(dns: Command): void {
  dns
    .command("load")
    .description("The fleets' load, by which DNS steers")
    .command("push")
    .description("Tell DNS how many connections each fleet has; exit code 3 where nobody knows of one")
    .option("--json", "as JSON")
    .action(async ({ json }: { json?: true }) => {
      const { chosenEnvironment, loadEnvironment } = await import("../../environments/load-environment");
      const report = await pushLoad(await loadEnvironment(chosenEnvironment()), process.env);
      if (report.untold !== undefined) process.stderr.write(`${report.untold}\n`);
      process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : describe(report));
      for (const alarm of loadAlarms(report)) process.stderr.write(`ALARM ${alarm}\n`);
      if (loadAlarms(report).length > 0) process.exitCode = UNKNOWN;
    });
}

/** @throws PolycastError where the DNS service cannot be told; all is then as it was. */
export async function pushLoad(environment: Environment, env: NodeJS.ProcessEnv): Promise<LoadReport> {
  const { name, dns, fleets, zone } = environment;
  const { policy, within } = dns.traffic;
  if (![policy, ...within.map((regional) => regional.policy)].some(shedsLoad)) {
    return { environment: name, unneeded: "no policy of it looks at load", fleets: [] };
  }
  const api = dns.api?.(serviceVariables(environment, env));
  if (api?.pushLoad === undefined) {
    return { environment: name, unneeded: `${dns.name} steers by no load`, fleets: [] };
  }
  const readings = await read(
    environment,
    fleets.map((fleet) => fleet.name),
    env,
  );
  const blind = readings.some((reading) => "alarm" in reading);
  const pushed = readings.map((reading) => ({
    ...reading,
    pushed: blind || "alarm" in reading ? SHEDS_NOTHING : reading.connections,
  }));
  await api.pushLoad(zone, Object.fromEntries(pushed.map((each) => [each.fleet, each.pushed])));
  // Old readings are an alarm as no push is.
  const untold = blind ? undefined : await tellManagement(environment, "load-pushes", 1, env);
  return { environment: name, ...(untold !== undefined && { untold }), fleets: pushed };
}

/** A control plane that does not answer leaves DNS without readings, and not with old ones. */
async function read(
  environment: Environment,
  fleets: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<readonly FleetConnections[]> {
  const { url, token } = environment.sandbox
    ? attachedSandbox(env).record.controlPlane
    : { url: environment.controlPlaneUrl, token: env[CONTROL_PLANE_TOKEN] ?? "" };
  if (token === "") {
    return unread(fleets, `nobody to ask: set ${CONTROL_PLANE_TOKEN} to an operator token of ${url}`);
  }
  try {
    return fleetConnections(fleets, await controlPlaneNodes(environment, url, token));
  } catch (error) {
    if (!(error instanceof PolycastError)) throw error;
    return unread(fleets, error.problems.map(({ where, what }) => `${where}: ${what}`).join("; "));
  }
}

function unread(fleets: readonly string[], alarm: string): readonly FleetConnections[] {
  return fleets.map((fleet) => ({ fleet, alarm }));
}

/** What is wrong with readings, a line each: a scheduler sees them beside the exit code. */
export function loadAlarms({ fleets }: LoadReport): readonly string[] {
  return fleets.flatMap((each) =>
    "alarm" in each
      ? [
          `${each.fleet}: ${each.alarm}; until it is mended, DNS shares by plain weights, whatever the fleets' load`,
        ]
      : [],
  );
}

function describe({ environment, unneeded, fleets }: LoadReport): string {
  if (unneeded !== undefined) return `${environment}: nothing to push: ${unneeded}\n`;
  return fleets
    .map((each) => {
      const known = "alarm" in each ? "not known" : `${each.connections} connections`;
      return `${each.fleet}: ${known}, pushed: ${each.pushed}\n`;
    })
    .join("");
}
