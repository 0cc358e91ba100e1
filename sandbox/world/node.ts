import { z } from "zod";
import { nodeFileFrom, siteOf, type Found } from "../../constructs/fleet/cloud-init";
import type {
  Healing,
  NodeGroup,
  NodeHealthCheck,
  NodeTemplate,
  Position,
} from "../../constructs/fleet/cloud-life";
import type { NodeFile } from "../../constructs/fleet/node-file";
import { show } from "../../constructs/fleet/problem";
import type { Clock, Timer } from "./clock";
import { IMAGES_FILE, type SimulatedImage, type SimulatedImages } from "./images";
import type { NodeAnswer, NodeState, WorldNode } from "./world";

/** What a node has of the world around it. */
export interface NodeSurroundings {
  readonly clock: Clock;
  readonly images: SimulatedImages;
  /** Whether no network reaches the place where the node stands. */
  readonly isCutOff: (node: WorldNode) => boolean;
  /** Is told one line for each event that a person wants to know of. */
  readonly log: (line: string) => void;
  /** Is called when something changed that has to outlive the process. */
  readonly changed: () => void;
}

/** What a node is beside its template, as it is kept over a restart. World times in milliseconds. */
export const nodeRecordSchema = z.object({
  name: z.string(),
  since: z.number(),
  state: z.enum(["booting", "running", "frozen", "dead", "failed"]),
  /** When its processes started. */
  bootedAt: z.number().optional(),
  /** Why it is dead or failed. */
  trouble: z.string().optional(),
  health: z.enum(["starting", "healthy", "unhealthy"]),
  healthSince: z.number(),
  /** How many health checks in a row went well, or, below 0, failed. */
  streak: z.int(),
  /** When its cloud found that it needs healing. */
  unwellSince: z.number().optional(),
});
export type NodeRecord = z.infer<typeof nodeRecordSchema>;

/** What a name says of a node that has no file, or none that says it. */
const UNKNOWN = "unknown";

export function newNode(name: string, now: number): NodeRecord {
  return { name, since: now, state: "booting", health: "starting", healthSince: now, streak: 0 };
}

export function sameTemplate(one: NodeTemplate, other: NodeTemplate): boolean {
  return one === other || (one.image === other.image && one.userData === other.userData);
}

/** Fleet, site and release of a node with this template and name. */
export function identityOf(
  template: NodeTemplate,
  name: string,
): { fleet: string; site: string; release: string } {
  const file = fileOf(template);
  if ("missing" in file) return { fleet: UNKNOWN, site: UNKNOWN, release: UNKNOWN };
  const { fleet, release } = file.found;
  const site = siteOf(file.found, name);
  return { fleet, release, site: "found" in site ? site.found : UNKNOWN };
}

/** One node, from the moment its cloud starts it to the moment it stops it; a restart makes a new one. */
export class SimulatedNode implements WorldNode {
  public readonly name: string;
  public readonly group: string;
  public readonly location: string;
  public readonly position: Position;
  public readonly image: string;
  public readonly file?: NodeFile;
  public readonly fleet: string;
  public readonly site: string;
  public readonly release: string;
  public partitioned: boolean;
  private readonly does: SimulatedImage | undefined;
  private timer: Timer | undefined;

  public constructor(
    private readonly world: NodeSurroundings,
    group: Pick<NodeGroup, "id" | "location" | "position">,
    public readonly template: NodeTemplate,
    private readonly record: NodeRecord,
  ) {
    this.name = record.name;
    this.group = group.id;
    this.location = group.location;
    this.position = group.position;
    this.image = template.image;
    ({ fleet: this.fleet, site: this.site, release: this.release } = identityOf(template, record.name));
    const file = fileOf(template);
    if ("found" in file) this.file = file.found;
    this.does = world.images.get(template.image);
    this.partitioned = world.isCutOff(this);
  }

  /** Lets time do to it, from here on, what its image says. */
  public begin(): void {
    const { does, record } = this;
    if (record.state === "dead" || record.state === "failed") return;
    if (does === undefined) {
      this.end("failed", this.noRecord());
    } else if (record.state === "booting") {
      this.at(record.since + does.bootSeconds * 1000, () => {
        this.boot();
      });
    } else {
      this.awaitDeath();
    }
  }

  public get state(): NodeState {
    return this.record.state;
  }

  public get health(): WorldNode["health"] {
    return this.record.health;
  }

  /** World time since which it has had its health, in milliseconds. */
  public get healthSince(): number {
    return this.record.healthSince;
  }

  public get since(): number {
    return this.record.since;
  }

  /** What it is called in messages. */
  public get place(): string {
    return `${this.fleet}/${this.site}/${this.name}`;
  }

  public get reason(): string | undefined {
    if (this.state === "dead" || this.state === "failed") return this.record.trouble;
    if (this.partitioned) return "no network reaches it";
    if (this.state === "frozen") return "it holds its connections and answers nothing";
    if (this.state === "booting") return undefined;
    return this.fails() ? `${this.release} fails its own health check` : this.slowness();
  }

  public get failedPercent(): number {
    const errors = (this.does?.behaviour ?? []).filter((each) => each.kind === "errors");
    return Math.max(
      0,
      ...errors.filter((each) => this.age() >= each.afterSeconds).map(({ percent }) => percent),
    );
  }

  public answer(): NodeAnswer | undefined {
    if (this.state !== "running" || this.file === undefined) return undefined;
    const { reason, name, fleet, site, release } = this;
    const fails = this.fails();
    return {
      status: fails ? 503 : 200,
      latency: this.latency(),
      body: {
        status: fails ? "unhealthy" : "healthy",
        ...(fails && reason !== undefined ? { reason } : {}),
        node: name,
        provider: this.file.provider,
        fleet,
        site,
        release,
      },
    };
  }

  /** Whether a network can reach it, and its processes answer. */
  public get isReachable(): boolean {
    return this.state === "running" && !this.partitioned;
  }

  /** Its cloud looks whether it is well. What a check finds counts at once, not after the time it took. */
  public check({ timeoutSeconds, healthyThreshold, unhealthyThreshold }: NodeHealthCheck): void {
    const { record } = this;
    if (record.state === "booting") return;
    if (this.isReachable && !this.fails() && this.latency() <= timeoutSeconds * 1000) {
      record.streak = Math.max(0, record.streak) + 1;
      if (record.health !== "healthy" && record.streak >= healthyThreshold) this.becomes("healthy");
    } else {
      record.streak = Math.min(0, record.streak) - 1;
      if (record.health !== "unhealthy" && -record.streak >= unhealthyThreshold) this.becomes("unhealthy");
    }
  }

  /** Whether its cloud should now do something about it. To be asked again and again: it measures how long. */
  public needsHealing({ action, on, afterSeconds, graceSeconds }: Healing): boolean {
    const now = this.world.clock.now();
    if (action === "none" || !this.isUnwell(on)) {
      delete this.record.unwellSince;
      return false;
    }
    this.record.unwellSince ??= now;
    return (
      now - this.record.unwellSince >= afterSeconds * 1000 && now - this.record.since >= graceSeconds * 1000
    );
  }

  /** @returns whether there were processes to kill. */
  public kill(): boolean {
    if (this.state === "dead" || this.state === "failed") return false;
    this.end("dead", "its processes were killed");
    return true;
  }

  /** @returns whether there were processes to freeze. */
  public freeze(): boolean {
    if (this.state !== "running") return false;
    this.enter("frozen");
    this.world.log(`${this.place} freezes`);
    return true;
  }

  /** @returns whether it was frozen. */
  public thaw(): boolean {
    if (this.state !== "frozen") return false;
    this.enter("running");
    this.world.log(`${this.place} goes on`);
    return true;
  }

  /** Its cloud stops it: nothing happens to it any more. */
  public stop(): void {
    this.timer?.cancel();
  }

  /** The record to keep; a restart makes the same node of it. */
  public toRecord(): NodeRecord {
    return { ...this.record };
  }

  private boot(): void {
    const file = fileOf(this.template);
    const site = "found" in file ? siteOf(file.found, this.name) : file;
    if ("missing" in site) {
      this.end("failed", site.missing);
      return;
    }
    this.record.bootedAt = this.world.clock.now();
    this.enter("running");
    this.world.log(`${this.place} has booted ${this.release}`);
    this.awaitDeath();
  }

  /** A leak ends in death. */
  private awaitDeath(): void {
    const after = this.does?.behaviour
      .filter(({ kind }) => kind === "leaks")
      .map((leak) => leak.afterSeconds);
    if (after === undefined || after.length === 0) return;
    this.at((this.record.bootedAt ?? 0) + Math.min(...after) * 1000, () => {
      if (this.state === "running" || this.state === "frozen") this.end("dead", "it ran out of memory");
    });
  }

  private at(time: number, then: () => void): void {
    const { clock } = this.world;
    this.timer = clock.after(Math.max(0, time - clock.now()) / 1000, then);
  }

  private enter(state: NodeState): void {
    this.record.state = state;
    this.world.changed();
  }

  private end(state: "dead" | "failed", trouble: string): void {
    this.timer?.cancel();
    this.record.trouble = trouble;
    this.enter(state);
    this.world.log(`${this.place} ${state === "dead" ? "has died" : "does not come up"}: ${trouble}`);
  }

  private becomes(health: "healthy" | "unhealthy"): void {
    this.record.health = health;
    this.record.healthSince = this.world.clock.now();
    this.world.changed();
    const why = health === "unhealthy" && this.reason !== undefined ? `: ${this.reason}` : "";
    this.world.log(`${this.place} is ${health}${why}`);
  }

  private isUnwell(on: Healing["on"]): boolean {
    switch (on) {
      case "unhealthy":
        return this.health === "unhealthy";
      case "unresponsive":
        return this.state !== "booting" && !this.isReachable;
      case "dead":
        return this.state === "dead" || this.state === "failed";
    }
  }

  /** Seconds since its processes started. */
  private age(): number {
    return (this.world.clock.now() - (this.record.bootedAt ?? Infinity)) / 1000;
  }

  private fails(): boolean {
    const { behaviour = [] } = this.does ?? {};
    return behaviour.some((each) => each.kind === "fails" && this.age() >= each.afterSeconds);
  }

  /** World milliseconds that an answer takes now. */
  private latency(): number {
    const { behaviour = [], latencyMs = 0 } = this.does ?? {};
    return behaviour.reduce((latency, each) => {
      if (each.kind === "leaks")
        return Math.max(latency, latencyMs * (1 + (9 * this.age()) / each.afterSeconds));
      if (each.kind === "slow" && this.age() >= each.afterSeconds) return Math.max(latency, each.latencyMs);
      return latency;
    }, latencyMs);
  }

  private slowness(): string | undefined {
    const latency = this.latency();
    return latency > (this.does?.latencyMs ?? 0) ? `it takes ${Math.round(latency)} ms to answer` : undefined;
  }

  private noRecord(): string {
    const releases = [...new Set([...this.world.images.values()].map(({ release }) => release))];
    return (
      `nothing says what the image ${show(this.image)} does; there are records for ` +
      `${releases.join(", ") || "no release"}; add one to ${IMAGES_FILE}`
    );
  }
}

const files = new WeakMap<NodeTemplate, Found<NodeFile>>();

/** The node file in a template; it is parsed once. */
function fileOf(template: NodeTemplate): Found<NodeFile> {
  const file = files.get(template) ?? nodeFileFrom(template.userData);
  files.set(template, file);
  return file;
}
