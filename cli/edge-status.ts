import { appliedShares, wantedTraffic, type AppliedTraffic } from "../constructs/dns/applied-traffic";
import type { Environment } from "../constructs/fleet/environment";
import { openLiveStore } from "../live/open-live-store";
import type { LiveFleet, LiveRecord } from "../live/live-record";
import { deployedRelease, normalRelease, releaseText, type LiveRelease } from "../live/live-release";
import { readRetirement, retirementProblem, type RetirementRecord } from "../live/retirement-record";
import { readManifest } from "../live/read-manifest";
import { stackOutputs, type StackOutputs } from "../live/stack-outputs";
import { EDGE_DNS, fleetStackName } from "../live/stack-names";
import { lastTraffic } from "../live/traffic-valve";
import type { AlarmReport, GroupReport } from "../sandbox/world/world";
import { knownNodes, type KnownNode, type KnownNodes } from "./known-nodes";

/** An environment's edge at one moment. */
export interface EdgeStatus {
  readonly environment: string;
  /** When it was looked at, ISO 8601; the world's time in the sandbox. */
  readonly time: string;
  /** World seconds per real second, in the sandbox. */
  readonly clockScale?: number;
  /** The release that new fleets start with; undefined: the channel is empty. */
  readonly stable?: string;
  readonly fleets: readonly FleetStatus[];
  readonly nodesFrom: KnownNodes["source"];
  /** Why no nodes are shown. */
  readonly nodesUnknown?: string;
  readonly nodes: readonly KnownNode[];
  readonly monitors: readonly MonitorStatus[];
  readonly alarms: readonly AlarmStatus[];
}

export interface FleetStatus {
  readonly name: string;
  /** Its addresses, as its stack's outputs hold them. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  /** What the live record says that it runs. */
  readonly release?: string;
  /** Site -> what it runs instead, by the live record; left out: no site does. */
  readonly siteReleases?: Readonly<Record<string, string>>;
  /** Percent of all traffic that DNS gives it while all fleets are well, for IPv4 and IPv6 users; null: no record. */
  readonly share: { readonly ipv4: number | null; readonly ipv6: number | null };
  readonly healthyNodes: number;
  readonly allNodes: number;
  readonly replacement: GroupReport["replacement"];
  /** Where live record, environment and deployment differ, or it is on its way out; none: they are in step. */
  readonly differences: readonly string[];
}

export interface MonitorStatus {
  readonly name: string;
  readonly status: "up" | "down" | "pending";
  /** The places that see it down. */
  readonly downFrom: readonly string[];
  readonly forSeconds: number;
}

export interface AlarmStatus {
  readonly name: string;
  readonly state: AlarmReport["state"];
  readonly reason: string;
  readonly forSeconds: number;
}

/** Reads it from live record, Terraform's states and, where they are known, the nodes. */
export async function readEdgeStatus(environment: Environment, env: NodeJS.ProcessEnv): Promise<EdgeStatus> {
  const store = await openLiveStore(environment);
  const { record } = await store.read();
  const names = fleetNames(environment, record);
  const states = await Promise.all(names.map((name) => store.readState(fleetStackName(name))));
  const outputs = new Map(names.map((name, i) => [name, stackOutputs(states[i])]));
  const traffic = lastTraffic(await store.readState(EDGE_DNS));
  return describeEdge(
    environment,
    readManifest(environment).channels.stable,
    record,
    outputs,
    await knownNodes(environment, env),
    traffic === "unknown" ? undefined : traffic,
    (await readRetirement(store.objects))?.record,
  );
}

/**
 * @param outputs of the fleets' stacks, by fleet; without an address: not deployed.
 * @param applied what DNS was last given; undefined: nothing, or nobody knows.
 * @param retirement of a fleet that has to go; undefined: all stay.
 */
export function describeEdge(
  environment: Environment,
  stable: string | undefined,
  record: LiveRecord,
  outputs: ReadonlyMap<string, StackOutputs>,
  known: KnownNodes,
  applied?: AppliedTraffic,
  retirement?: Pick<RetirementRecord, "fleet" | "phase">,
): EdgeStatus {
  const { nodes, now, source, unknown, world } = known;
  /** Without what is recorded of sites that the environment no longer has. */
  const live = (name: string): LiveFleet | undefined => {
    const recorded = record.fleets[name];
    const sites = environment.fleets.find((fleet) => fleet.name === name)?.wish.sites;
    return recorded && { ...normalRelease(recorded, sites), share: recorded.share };
  };
  const percents = environment.fleets.map(({ name }) => [name, live(name)?.share ?? 0] as const);
  const wanted = wantedTraffic(environment, Object.fromEntries(percents));
  const share = (family: "A" | "AAAA", name: string, traffic = applied): number | null =>
    (traffic && appliedShares(traffic, family)?.[name]) ?? null;
  return {
    environment: environment.name,
    time: new Date(now).toISOString(),
    ...(world && { clockScale: world.clock.scale }),
    ...(stable !== undefined && { stable }),
    fleets: fleetNames(environment, record).map((name) => {
      const { anycast_ipv4: ipv4, anycast_ipv6: ipv6 } = outputs.get(name) ?? {};
      const own = nodes.filter(({ fleet }) => fleet === name);
      const { release, sites: siteReleases } = live(name) ?? {};
      return {
        name,
        ...(ipv4 !== undefined && { ipv4 }),
        ...(ipv6 !== undefined && { ipv6 }),
        ...(release !== undefined && { release }),
        ...(siteReleases !== undefined && { siteReleases }),
        share: { ipv4: share("A", name), ipv6: share("AAAA", name) },
        healthyNodes: own.filter(({ health }) => health === "healthy").length,
        allNodes: own.length,
        replacement: replacementOf((world?.groups ?? []).filter(({ fleet }) => fleet === name)),
        differences: differences(
          environment.fleets.some((fleet) => fleet.name === name),
          live(name),
          { address: ipv4, runs: deployedRelease(outputs.get(name) ?? {}) },
          stable,
          shareDifference(share("A", name), share("A", name, wanted)),
          retirement?.fleet === name ? retirementProblem(retirement).what : undefined,
        ),
      };
    }),
    nodesFrom: source,
    ...(unknown !== undefined && { nodesUnknown: unknown }),
    nodes,
    monitors: (world?.monitors ?? []).map(({ name, status, from, since }) => ({
      name,
      status,
      downFrom: Object.entries(from).flatMap(([place, { up }]) => (up ? [] : [place])),
      forSeconds: Math.max(0, Math.round((now - since) / 1000)),
    })),
    alarms: (world?.alarms ?? []).map(({ name, state, reason, since }) => ({
      ...{ name, state, reason },
      forSeconds: Math.max(0, Math.round((now - since) / 1000)),
    })),
  };
}

function fleetNames({ fleets }: Environment, record: LiveRecord): readonly string[] {
  return [...new Set([...fleets.map(({ name }) => name), ...Object.keys(record.fleets)])];
}

function replacementOf(groups: readonly GroupReport[]): GroupReport["replacement"] {
  const states = groups.map(({ replacement }) => replacement);
  return states.find((state) => state === "failed") ?? states.find((state) => state === "running") ?? "none";
}

function differences(
  wanted: boolean,
  live: LiveFleet | undefined,
  deployed: { readonly address?: string | undefined; readonly runs?: LiveRelease | undefined },
  stable: string | undefined,
  share: string,
  retiring: string | undefined,
): readonly string[] {
  if (live === undefined && retiring !== undefined) return [retiring];
  if (live === undefined)
    return [deployed.address === undefined ? "not deployed" : "deployed, but missing from the live record"];
  const recorded = releaseText(live);
  const found = [
    retiring ?? "",
    wanted ? "" : "recorded, but not in the environment",
    deployed.address === undefined ? "recorded, but without an address: not deployed to the end" : "",
    recorded === stable ? "" : `runs ${recorded}; stable is ${stable ?? "none"}`,
    live.share === 100 ? "" : live.share === 0 ? "drained" : `at ${live.share} % of its share`,
    share,
    deployed.runs === undefined || releaseText(deployed.runs) === recorded
      ? ""
      : `recorded with ${recorded}, deployed with ${releaseText(deployed.runs)}`,
  ];
  return found.filter(Boolean);
}

/** DNS follows the environment and the live record only when it is deployed, and in steps where that is much. */
function shareDifference(held: number | null, wanted: number | null): string {
  if (held === null || wanted === null || Math.abs(held - wanted) < 0.05) return "";
  return `DNS gives it ${Number(held.toFixed(1))} %, wanted are ${Number(wanted.toFixed(1))} %`;
}
