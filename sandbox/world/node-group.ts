import { z } from "zod";
import type { NodeGroup, NodeTemplate, Position, Replacement } from "../../constructs/fleet/cloud-life";
import { letsIn, type Door } from "../../constructs/fleet/open-ports";
import type { Timer } from "./clock";
import {
  identityOf,
  newNode,
  sameTemplate,
  SimulatedNode,
  type NodeRecord,
  type NodeSurroundings,
} from "./node";
import {
  advanceReplacement,
  beginReplacement,
  mostNodes,
  progressSchema,
  type Progress,
  type Tally,
} from "./replacement";
import type { GroupReport } from "./world";

/** `none`: all is done, or nothing was to do; `failed`: the cloud has given up. */
export const replacementSchema = z.union([z.enum(["none", "failed"]), progressSchema]);

/** What is kept of a group over a restart. */
export interface GroupRecord {
  readonly id: string;
  readonly template: NodeTemplate;
  readonly replacement: "none" | "failed" | Progress;
  readonly nodes: readonly { readonly template: NodeTemplate; readonly node: NodeRecord }[];
}

/** A group's nodes, and the cloud that keeps them running. */
export class SimulatedGroup {
  private members: SimulatedNode[];
  private replacement: GroupRecord["replacement"];
  private template: NodeTemplate;
  private timer: Timer;
  private turn = 0;

  /** @param kept the group as it was when the process before this one ended. */
  public constructor(
    private readonly world: NodeSurroundings,
    private spec: NodeGroup,
    kept?: GroupRecord,
  ) {
    this.template = kept?.template ?? spec.template;
    this.replacement = kept?.replacement ?? "none";
    this.members = (kept?.nodes ?? []).map(
      ({ template, node }) => new SimulatedNode(world, spec, template, { ...node }),
    );
    for (const node of this.members) node.begin();
    this.timer = this.watch();
    this.update(spec);
  }

  public get nodes(): readonly SimulatedNode[] {
    return this.members;
  }

  public get position(): Position {
    return this.spec.position;
  }

  /** The group is to be like this from now on. */
  public update(spec: NodeGroup): void {
    const before = this.spec;
    this.spec = spec;
    if (before.healthCheck.intervalSeconds !== spec.healthCheck.intervalSeconds) {
      this.timer.cancel();
      this.timer = this.watch();
    }
    if (!sameTemplate(this.template, spec.template)) {
      this.template = spec.template;
      // A replacement that runs starts over: the newest template wins.
      this.replacement = beginReplacement(this.world.clock.now());
      this.world.changed();
    }
    if (spec.replacement.kind === "none") this.replacement = "none";
    this.reconcile();
  }

  /** The node itself boots anew, from its own template. */
  public restart(node: SimulatedNode): SimulatedNode {
    this.stop(node);
    return this.start(node.name, node.template);
  }

  /** One of the nodes that get traffic, in turn; undefined: none does. */
  public nextHealthy(): SimulatedNode | undefined {
    return this.next(this.members.filter(({ health }) => health === "healthy"));
  }

  /** One of all nodes, in turn. */
  public nextOfAll(): SimulatedNode | undefined {
    return this.next(this.members);
  }

  /** Whether its cloud's firewall lets clients in there. */
  public letsIn(door: Door): boolean {
    return letsIn(this.spec.openPorts, door);
  }

  public report(): GroupReport {
    const { id, location, nodes } = this.spec;
    const name = this.members[0]?.name ?? (typeof nodes === "number" ? "" : (nodes[0] ?? ""));
    const { fleet, site } = identityOf(this.template, name);
    return {
      id,
      fleet,
      site,
      location,
      wanted: this.wanted,
      running: count(this.members, ({ state }) => state === "running"),
      healthy: count(this.members, ({ health }) => health === "healthy"),
      replacement: typeof this.replacement === "string" ? this.replacement : "running",
      current: count(this.members, (node) => this.isCurrent(node)),
    };
  }

  public toRecord(): GroupRecord {
    const { template, replacement } = this;
    const nodes = this.members.map((node) => ({ template: node.template, node: node.toRecord() }));
    return { id: this.spec.id, template, replacement, nodes };
  }

  /** Takes its nodes with it. */
  public close(): void {
    this.timer.cancel();
    for (const node of this.members) node.stop();
  }

  private get wanted(): number {
    const { nodes } = this.spec;
    return typeof nodes === "number" ? nodes : nodes.length;
  }

  /** The cloud's rule of replacement; nodes whose names stay cannot be more than the names. */
  private get rule(): Replacement {
    const { nodes, replacement } = this.spec;
    if (typeof nodes === "number" || replacement.kind !== "rolling") return replacement;
    return { ...replacement, maxHealthyPercent: 100 };
  }

  /** One timer for all nodes of the group: a world of a thousand nodes runs at 600 times real time. */
  private watch(): Timer {
    return this.world.clock.every(this.spec.healthCheck.intervalSeconds, () => {
      const { healthCheck, healing } = this.spec;
      for (const node of this.members) node.check(healthCheck);
      for (const node of this.members.filter((each) => each.needsHealing(healing))) this.heal(node);
      this.reconcile();
    });
  }

  private heal(node: SimulatedNode): void {
    const why = node.reason ?? "it was not well";
    if (this.spec.healing.action === "restart") {
      this.world.log(`${node.place} is restarted: ${why}`);
      this.restart(node);
    } else {
      this.world.log(`${node.place} is replaced: ${why}`);
      this.stop(node);
      this.start(this.freeName(), this.template);
    }
  }

  /** Makes the nodes as many, and of the template, as they are to be: as far as the cloud's rules allow now. */
  private reconcile(): void {
    const { nodes } = this.spec;
    if (typeof nodes !== "number") {
      for (const node of this.members.filter(({ name }) => !nodes.includes(name))) this.stop(node);
    }
    const most = typeof this.replacement === "string" ? this.wanted : mostNodes(this.rule, this.wanted);
    this.stopSome(this.members, this.members.length - most);
    this.replaceSome();
    const missing = typeof this.replacement === "string" ? this.wanted - this.members.length : 0;
    this.startSome(missing);
  }

  private replaceSome(): void {
    const { rule, replacement } = this;
    if (typeof replacement === "string" || rule.kind === "none") return;
    const { progress, stop, start } = advanceReplacement(
      rule,
      replacement,
      this.tally(),
      this.world.clock.now(),
    );
    if (progress !== replacement) {
      this.replacement = progress === "done" ? "none" : progress;
      this.world.changed();
    }
    if (typeof progress === "string") {
      const { fleet, site, release } = identityOf(this.template, this.members[0]?.name ?? "");
      const end = progress === "done" ? "all nodes run" : "gives up replacing its nodes by";
      this.world.log(`${fleet}/${site} in ${this.spec.location}: ${end} ${release}`);
    }
    const outdated = this.members.filter((node) => !this.isCurrent(node));
    this.stopSome(outdated, stop);
    this.startSome(start);
  }

  private tally(): Tally {
    const { rule } = this;
    const warmup = rule.kind === "rolling" ? rule.warmupSeconds * 1000 : 0;
    const fresh = this.members.filter((node) => this.isCurrent(node));
    const old = this.members.filter((node) => !this.isCurrent(node));
    const now = this.world.clock.now();
    return {
      wanted: this.wanted,
      old: old.length,
      oldHealthy: count(old, ({ health }) => health === "healthy"),
      fresh: fresh.length,
      ready: count(fresh, (node) => node.health === "healthy" && now - node.healthSince >= warmup),
    };
  }

  /** Stops some of these: unhealthy ones first, then the oldest. */
  private stopSome(nodes: readonly SimulatedNode[], some: number): void {
    if (some <= 0) return;
    const rank = ({ health }: SimulatedNode): number => (health === "unhealthy" ? 0 : 1);
    const inOrder = nodes.toSorted((one, other) => rank(one) - rank(other) || one.since - other.since);
    for (const node of inOrder.slice(0, some)) {
      this.stop(node);
      this.world.log(`${node.place} is stopped`);
    }
  }

  private startSome(some: number): void {
    for (let i = 0; i < some; i++) {
      this.start(this.freeName(), this.template);
    }
  }

  private start(name: string, template: NodeTemplate): SimulatedNode {
    const node = new SimulatedNode(this.world, this.spec, template, newNode(name, this.world.clock.now()));
    this.members.push(node);
    this.world.changed();
    this.world.log(`${node.place} boots ${node.release}`);
    node.begin();
    return node;
  }

  private stop(node: SimulatedNode): void {
    node.stop();
    this.members = this.members.filter((other) => other !== node);
    this.world.changed();
  }

  /** The first of the group's names that no node has, or a new one where nodes have none that stays. */
  private freeName(): string {
    const { nodes, newName } = this.spec;
    if (typeof nodes === "number") return newName();
    return nodes.find((name) => this.members.every((node) => node.name !== name)) ?? newName();
  }

  private isCurrent({ template }: SimulatedNode): boolean {
    return sameTemplate(template, this.template);
  }

  private next(nodes: readonly SimulatedNode[]): SimulatedNode | undefined {
    return nodes[this.turn++ % nodes.length];
  }
}

function count<T>(all: readonly T[], is: (one: T) => boolean): number {
  return all.filter(is).length;
}
