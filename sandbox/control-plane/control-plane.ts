import path from "node:path";
import { suggest } from "../../constructs/fleet/problem";
import type { Clock } from "../world/clock";
import { identify, nodeOf, type Caller } from "./identity";
import {
  LEASE_SECONDS,
  RENEW_SECONDS,
  TOKEN_SECONDS,
  type Enrolment,
  type EnrolmentRequest,
  type Lease,
  type NodeList,
  type Registration,
} from "./protocol";
import { RefusedRequest } from "./refused-request";
import { Registry, type Member } from "./registry";
import { Tokens, type FleetOf } from "./tokens";

export interface ControlPlaneOptions {
  /** Where it keeps what a restart must not lose. */
  readonly directory: string;
  readonly clock: Clock;
  /** What nodes call it: the controlPlaneUrl of their node files; more than one while nodes with another one run. */
  readonly audiences: () => readonly string[];
}

/**
 * The reference control plane, without the network: what each request does, and who may make it. Requests by HTTP
 * (http.ts) and those of nodes in this process come by here alike. All of them throw {@link RefusedRequest}.
 */
export class ControlPlane {
  private readonly tokens: Tokens;
  private readonly registry: Registry;

  /** @throws PolycastError where what it kept cannot be read. */
  public constructor(private readonly options: ControlPlaneOptions) {
    this.tokens = new Tokens(path.join(options.directory, "tokens.jsonl"));
    this.registry = new Registry(path.join(options.directory, "nodes.jsonl"), options.clock);
  }

  /** A secret that lets nodes enrol in a fleet; the fleet's former one is good for nothing from now on. */
  public issueJoinToken(of: FleetOf): string {
    return this.tokens.issueJoin(of);
  }

  /** A secret that lets a person read all nodes and make join tokens; it replaces the former one. */
  public issueOperatorToken(): string {
    return this.tokens.issueOperator();
  }

  /** Who sends this token. */
  public identify(token: string | undefined): Caller {
    const { tokens, registry } = this;
    return identify(
      token,
      { tokens, registry, audiences: this.options.audiences() },
      this.options.clock.now(),
    );
  }

  public joinTokenFor(caller: Caller, of: FleetOf): string {
    if (caller.kind !== "operator") throw notAllowed("make join tokens", "Send the operator token.");
    return this.issueJoinToken(of);
  }

  public enrol(caller: Caller, { name, publicKey }: EnrolmentRequest): Enrolment {
    if (caller.kind !== "joining") throw notAllowed("enrol", "Send the fleet's join token.");
    const keyId = this.registry.enrol({ ...caller.of, name, key: publicKey });
    return { ...caller.of, name, keyId, tokenSeconds: TOKEN_SECONDS };
  }

  public renew(caller: Caller, name: string, registration: Registration): Lease {
    const member = this.ownNode(caller, name);
    if (registration.fleet !== member.fleet) {
      throw notAllowed(
        `register in ${registration.fleet}`,
        `The join token that the node enrolled with is of ${member.fleet}; enrol with that of its own fleet.`,
      );
    }
    this.registry.renew(member, registration);
    return {
      leaseSeconds: LEASE_SECONDS,
      renewSeconds: RENEW_SECONDS,
      revision: this.registry.currentRevision,
    };
  }

  public leave(caller: Caller, name: string): void {
    this.registry.remove(this.ownNode(caller, name));
  }

  /** @param after a revision since which changes are wanted; a complete list where it is left out or not known. */
  public nodes(caller: Caller, environment: string, after?: string): NodeList {
    if (caller.kind === "operator") {
      const known = this.tokens.environments();
      if (!known.includes(environment)) throw unknownEnvironment(environment, known);
    } else if (nodeOf(caller, this.registry, this.options.clock.now()).environment !== environment) {
      throw notAllowed(`read the nodes of ${environment}`, "Ask for those of the node's own environment.");
    }
    return this.listFor(caller, environment, after);
  }

  /**
   * As {@link nodes}, but where nothing has changed since `after`, it waits for a change.
   *
   * @param seconds of world time; then the answer says that nothing has changed.
   * @param signal ends the wait early.
   */
  public async nodesWhenChanged(
    caller: Caller,
    environment: string,
    after: string | undefined,
    seconds: number,
    signal: AbortSignal,
  ): Promise<NodeList> {
    const now = this.nodes(caller, environment, after);
    const hasChanged = () => hasNews(this.registry.list(environment, after));
    if (seconds === 0 || hasNews(now)) return now;
    await new Promise<void>((resolve) => {
      const timer = this.options.clock.after(seconds, end);
      const stopListening = this.registry.onChange(() => {
        if (hasChanged()) end();
      });
      signal.addEventListener("abort", end);
      if (signal.aborted) end();

      function end(): void {
        timer.cancel();
        stopListening();
        signal.removeEventListener("abort", end);
        resolve();
      }
    });
    return this.listFor(caller, environment, after);
  }

  public close(): void {
    this.registry.close();
    this.tokens.close();
  }

  /** Nodes have no use for each other's load; operators measure fleets by it. */
  private listFor(caller: Caller, environment: string, after: string | undefined): NodeList {
    const list = this.registry.list(environment, after);
    return caller.kind === "operator" ? this.registry.withRenewals(environment, list) : list;
  }

  /** The caller's node, which must be the one that it names. */
  private ownNode(caller: Caller, name: string): Member {
    const member = nodeOf(caller, this.registry, this.options.clock.now());
    if (member.name === name) return member;
    throw notAllowed(`speak for ${name}`, `Its key holds the name ${member.name}.`);
  }
}

function hasNews({ complete, nodes, gone }: NodeList): boolean {
  return complete || nodes.length > 0 || gone.length > 0;
}

function notAllowed(what: string, remedy: string): RefusedRequest {
  return new RefusedRequest(403, "not-allowed", `This token does not allow to ${what}.`, { remedy });
}

function unknownEnvironment(environment: string, known: readonly string[]): RefusedRequest {
  return new RefusedRequest(404, "unknown-environment", "There is no such environment.", {
    detail: `${environment}: ${suggest(environment, known)}`,
    remedy: "An environment is known from its fleets' first join token on.",
  });
}
