import type { Environment } from "../constructs/fleet/environment";
import { sandboxStatus } from "../sandbox/sandbox";
import { isSandboxEnvironment } from "../sandbox/sandbox-environments";
import { worldClient } from "../sandbox/world-api/client";
import type { WorldReport } from "../sandbox/world-api/world-report";
import { CONTROL_PLANE_TOKEN, controlPlaneNodes } from "./control-plane-nodes";

/** A node as far as whoever told us knows it. */
export interface KnownNode {
  readonly fleet: string;
  readonly site: string;
  readonly name: string;
  readonly release: string;
  /** Id of the secret that it was given to write logs, where it says so. */
  readonly secretId?: string;
  readonly health: string;
  /** Beyond health: that it boots, is frozen, dead, or cut off, and why. */
  readonly condition?: string;
  readonly ageSeconds: number;
  /** Port on 127.0.0.1 of its health path, in the sandbox. */
  readonly port?: number;
}

/** What is known of the nodes of an environment, and from whom. */
export interface KnownNodes {
  readonly source: "sandbox" | "control plane" | "none";
  /** Why nodes are not known, and how to get them. */
  readonly unknown?: string;
  /** Time by which ages are counted, in milliseconds since 1970: the world's in the sandbox. */
  readonly now: number;
  readonly nodes: readonly KnownNode[];
  /** The sandbox's clouds, monitors and alarms, which only it shows. */
  readonly world?: Pick<WorldReport, "clock" | "groups" | "monitors" | "alarms">;
}

/** @throws PolycastError where whoever should know does not answer. */
export async function knownNodes(
  { name, controlPlaneUrl }: Pick<Environment, "name" | "controlPlaneUrl">,
  env: NodeJS.ProcessEnv,
): Promise<KnownNodes> {
  if (isSandboxEnvironment(name)) return fromSandbox(env);
  const token = env[CONTROL_PLANE_TOKEN] ?? "";
  return token === ""
    ? nobody(`set ${CONTROL_PLANE_TOKEN} to an operator token of ${controlPlaneUrl}`)
    : fromControlPlane(name, controlPlaneUrl, token);
}

async function fromSandbox(env: NodeJS.ProcessEnv): Promise<KnownNodes> {
  const { state } = sandboxStatus(env);
  // Another version's, or a damaged one, is refused by the client with its remedy.
  if (state !== "running" && state !== "foreign")
    return nobody(`the sandbox does not run; start it: npx polycast sandbox up`);
  const world = await worldClient(env).world();
  const { clock, groups, monitors, alarms } = world;
  const nodes = worldNodes(world);
  return { source: "sandbox", now: clock.now, nodes, world: { clock, groups, monitors, alarms } };
}

function worldNodes({ nodes, clock }: WorldReport): KnownNode[] {
  return nodes.map(({ fleet, site, name, release, secretId, health, port, ...node }) => {
    const { state, partitioned, reason = "", since } = node;
    const condition = [state === "running" ? "" : state, partitioned ? "cut off" : "", reason]
      .filter(Boolean)
      .join(", ");
    return {
      ...{ fleet, site, name, release, health },
      ...(secretId !== undefined && { secretId }),
      ...(condition !== "" && { condition }),
      ageSeconds: secondsBetween(since, clock.now),
      ...(port !== undefined && { port }),
    };
  });
}

async function fromControlPlane(environment: string, url: string, token: string): Promise<KnownNodes> {
  const nodes = await controlPlaneNodes({ name: environment }, url, token);
  const now = Date.now();
  return {
    source: "control plane",
    now,
    nodes: nodes.map(({ since, fleet, site, name, release, secretId, health }) => ({
      ...{ fleet, site, name, release, health },
      ...(secretId !== undefined && { secretId }),
      ageSeconds: secondsBetween(Date.parse(since), now),
    })),
  };
}

function secondsBetween(since: number, now: number): number {
  return Math.max(0, Math.round((now - since) / 1000));
}

function nobody(unknown: string): KnownNodes {
  return { source: "none", unknown, now: Date.now(), nodes: [] };
}
