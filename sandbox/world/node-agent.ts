import { secretIdOf, type NodeFile } from "../../constructs/fleet/node-file";
import type { ControlPlane } from "../control-plane/control-plane";
import type { Caller } from "../control-plane/identity";
import { signToken } from "../control-plane/node-token";
import { RENEW_SECONDS, TOKEN_SECONDS, type NodeList, type Registration } from "../control-plane/protocol";
import { RefusedRequest } from "../control-plane/refused-request";
import type { Clock } from "./clock";
import { nodeKeys, type NodeKey } from "./node-keys";
import type { WorldNode } from "./world";

export interface NodeAgentsOptions {
  readonly clock: Clock;
  readonly nodes: () => readonly WorldNode[];
  /** By node; one that is not there has none. */
  readonly connections: () => ReadonlyMap<string, number>;
  readonly controlPlane: ControlPlane;
  /** Where the secret lies that the nodes' keys come from. */
  readonly directory: string;
  /** Is told when the control plane begins to refuse a node. */
  readonly log: (line: string) => void;
}

export interface NodeAgents {
  /** What a node knows of the nodes of its environment; undefined: nothing (yet). */
  view(node: string): NodeList | undefined;
  /** Ends them as a crash would: no node leaves. */
  close(): void;
}

/** How often nodes look at what is new, in seconds of world time. */
const LOOK_SECONDS = 1;

/** What runs on one node from its boot on. */
interface Agent {
  readonly name: string;
  readonly file: NodeFile;
  readonly key: NodeKey;
  /** Whether it ran, and the network reached it, when last looked at. */
  isOnline: boolean;
  /** Its token, once the control plane has found it good. */
  caller?: NodeCaller | undefined;
  registration?: Registration;
  /** World time in milliseconds. */
  renewAt: number;
  list?: NodeList;
  /** Why the control plane refuses it. */
  refusal?: string | undefined;
}
type NodeCaller = Extract<Caller, { kind: "node" }>;

/**
 * What runs on every simulated node for the control plane: it enrols, renews, learns of the others, and leaves when its
 * node is stopped in order. A node that is frozen, cut off or dead falls silent.
 */
export function runAgents(options: NodeAgentsOptions): NodeAgents {
  const { clock, nodes, controlPlane, directory, log } = options;
  const keyOf = nodeKeys(directory);
  const joinTokens = new Map<string, string>();
  const agents = new Map<WorldNode, Agent>();

  /** All nodes renew before the first of them learns, so that they learn of each other at once. */
  function look(): void {
    const now = clock.now();
    const present = new Set(nodes());
    const connections = options.connections();
    for (const [node, agent] of agents) {
      if (!present.has(node)) leave(agent);
      if (!present.has(node) || !hasProcesses(node)) agents.delete(node);
    }
    for (const node of present) {
      const agent = agents.get(node) ?? start(node);
      if (agent === undefined) continue;
      agent.isOnline = node.state === "running" && !node.partitioned;
      if (agent.isOnline && agent.renewAt <= now) renew(agent, node, connections, now);
    }
    for (const agent of agents.values()) learn(agent);
  }

  /** undefined: nothing runs on the node, or it does not know where it belongs. */
  function start(node: WorldNode): Agent | undefined {
    const { name, file, since } = node;
    if (file === undefined || !hasProcesses(node)) return undefined;
    const agent = { name, file, key: keyOf(`${name} ${since}`), isOnline: false, renewAt: 0 };
    agents.set(node, agent);
    return agent;
  }

  function renew(agent: Agent, node: WorldNode, connections: ReadonlyMap<string, number>, now: number): void {
    agent.renewAt = now + RENEW_SECONDS * 1000;
    attempt(agent, () => {
      if (agent.caller === undefined || agent.caller.expires - now < (TOKEN_SECONDS * 1000) / 2) {
        agent.caller = signIn(agent, now);
      }
      agent.registration = registrationOf(agent, node, connections.get(node.name) ?? 0);
      controlPlane.renew(agent.caller, agent.name, agent.registration);
      agent.refusal = undefined;
    });
  }

  function learn(agent: Agent): void {
    const { caller } = agent;
    if (!agent.isOnline || caller === undefined) return;
    attempt(agent, () => (agent.list = controlPlane.nodes(caller, agent.file.environment)));
  }

  function leave(agent: Agent): void {
    const { caller } = agent;
    if (!agent.isOnline || caller === undefined) return;
    attempt(agent, () => {
      controlPlane.leave(caller, agent.name);
    });
  }

  /** Shows the control plane a new token; enrols first, where the key is not known there. */
  function signIn(agent: Agent, now: number): NodeCaller {
    const { key, name, file } = agent;
    const iat = Math.floor(now / 1000);
    const claims = { sub: name, aud: file.controlPlaneUrl, iat, exp: iat + TOKEN_SECONDS };
    const token = signToken(key.privateKey, key.keyId, claims);
    try {
      return asNode(controlPlane.identify(token));
    } catch (error) {
      if (!(error instanceof RefusedRequest) || error.reason !== "not-enrolled") throw error;
    }
    enrol(agent);
    return asNode(controlPlane.identify(token));
  }

  function enrol({ name, key: { publicKey }, file: { environment, fleet } }: Agent): void {
    const of = `${environment} ${fleet}`;
    const joinToken = joinTokens.get(of) ?? controlPlane.issueJoinToken({ environment, fleet });
    joinTokens.delete(of); // an operator may have replaced it: then the next node gets a new one
    controlPlane.enrol(controlPlane.identify(joinToken), { name, publicKey });
    joinTokens.set(of, joinToken);
  }

  /** Does what the control plane may refuse. The node then signs in anew: at once where it has been forgotten. */
  function attempt(agent: Agent, request: () => void): void {
    try {
      request();
    } catch (error) {
      if (!(error instanceof RefusedRequest)) throw error;
      agent.caller = undefined;
      if (error.reason === "not-enrolled") agent.renewAt = 0;
      else if (agent.refusal !== error.message)
        log(`${agent.name}: the control plane refuses it: ${error.message}`);
      agent.refusal = error.message;
    }
  }

  const timer = clock.every(LOOK_SECONDS, look);
  return {
    view: (name) => [...agents.values()].find((agent) => agent.name === name)?.list,
    close: () => {
      timer.cancel();
    },
  };
}

function hasProcesses({ state }: WorldNode): boolean {
  return state === "running" || state === "frozen";
}

/** The same object as long as there is nothing new to say. */
function registrationOf({ file, registration }: Agent, node: WorldNode, connections: number): Registration {
  const health = node.answer()?.status === 200 ? "healthy" : "unhealthy";
  if (registration?.health === health && registration.connections === connections) return registration;
  const { fleet, provider, release } = file;
  const secretId = secretIdOf(file);
  return {
    ...{ fleet, site: node.site, provider, release, health, connections },
    ...(secretId !== undefined && { secretId }),
  };
}

function asNode(caller: Caller): NodeCaller {
  if (caller.kind !== "node") throw new Error("a node's token is a node's");
  return caller;
}
