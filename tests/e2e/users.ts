import { setTimeout as sleep } from "node:timers/promises";
import { openClock, type RolloutClock } from "../../cli/rollout/rollout-clock";
import { askAddress, resolveName, type Resolved } from "../../cli/sandbox/ask-edge";
import { chooseVantage } from "../../cli/sandbox/vantage";
import { PolycastError } from "../../constructs/fleet/problem";
import type { DnsAddress } from "../../sandbox/dns/query";
import type { Vantage } from "../../sandbox/network/reach";
import { attachedSandbox } from "../../sandbox/sandbox";
import { worldClient, type WorldClient } from "../../sandbox/world-api/client";
import type { SandboxHome } from "./harness";

const NAME = "www.edge.example.net";
const PORT = 443;
/** One of them asks so often: each so many world seconds, and not more often than the machine bears, in milliseconds. */
const CADENCE = 2;
const SHORTEST_REST = 25;
/** Each has a resolver of its own; there are as many as it takes for each to ask so often, in world seconds. */
const OWN_CADENCE = 30;
/** How often the world is looked at, in milliseconds. */
const LOOK_EVERY = 250;
/** How often a resolver sends a question for which no answer comes. */
const TRIES = 3;

/** A question, the fleet that DNS led to, and what came of it. */
export interface Asked {
  /** Seconds of the world's clock. */
  readonly at: number;
  readonly fleet: string;
  /** Whether the name servers were asked for it, and no resolver's memory. */
  readonly fresh: boolean;
  /** Why it did not go well; left out: a healthy node of that fleet answered. */
  readonly trouble?: string;
}

interface Kept extends Resolved {
  readonly at: number;
}

/** People who use the edge while something goes on: name, DNS, anycast address, node. */
export class Users {
  public readonly asked: Asked[] = [];
  /** What no name server answered. */
  public readonly unanswered: string[] = [];
  /** How often a question was sent again since no answer came in time, as every resolver does. */
  public retransmitted = 0;
  /** How often a machine under load held a user up until the answer of DNS had outlived its time, so that it was asked for anew. */
  public outlived = 0;
  /** Moments at which two fleets had nodes that were being replaced. */
  public both = 0;
  private isOver = false;
  private readonly kept = new Map<number, Kept>();
  private readonly under: Promise<unknown>[] = [];

  private constructor(
    private readonly client: WorldClient,
    private readonly dns: DnsAddress,
    private readonly clock: RolloutClock,
    private readonly from: Vantage,
    /** Address -> fleet. */
    private readonly fleets: ReadonlyMap<string, string>,
  ) {
    this.goesOn(this.go());
    this.goesOn(this.watch());
  }

  /** They go on until they are stopped. */
  public static async of(home: SandboxHome): Promise<Users> {
    const client = worldClient(home.env);
    const { stdout } = await home.succeed("status", "--json");
    const { fleets } = JSON.parse(stdout) as { fleets: { name: string; ipv4?: string }[] };
    const addresses = new Map(fleets.map(({ name, ipv4 = "" }) => [ipv4, name]));
    const clock = await openClock({ sandbox: true }, home.env);
    const from = chooseVantage(undefined, await client.world());
    return new Users(client, attachedSandbox(home.env).record.dns, clock, from, addresses);
  }

  /** Changes the pace of the world. */
  public async pace(scale: number): Promise<void> {
    await this.client.setScale(scale);
    await this.clock.read();
  }

  /** Waits until a moment of the world, in seconds, ever more slowly: from then on what happens is to be measured. */
  public async approach(
    moment: number,
    ...paces: readonly { before: number; scale: number }[]
  ): Promise<void> {
    for (const { before, scale } of paces) {
      while (this.clock.now() < moment - before) await sleep(SHORTEST_REST);
      await this.pace(scale);
    }
  }

  public async stop(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.under);
  }

  public get troubles(): readonly Asked[] {
    return this.asked.filter(({ trouble }) => trouble !== undefined);
  }

  /** In one line, for people. */
  public get counts(): string {
    const names = [...this.fleets.values()];
    const led = names.map((name) => `${name} ${this.asked.filter(({ fleet }) => fleet === name).length}`);
    return [
      `${this.asked.length} asked (${led.join(", ")}), ${this.asked.filter(({ fresh }) => fresh).length} of the name servers`,
      `${this.unanswered.length} unanswered, ${this.troubles.length} answered badly`,
      `${this.retransmitted} sent again, ${this.outlived} outlived`,
    ].join("; ");
  }

  /** What goes wrong is told when they are stopped. */
  private goesOn(work: Promise<unknown>): void {
    work.catch(() => undefined);
    this.under.push(work);
  }

  private async go(): Promise<void> {
    for (let turn = 0; !this.isOver; turn++) {
      const scale = this.clock.scale();
      const rest = Math.max(SHORTEST_REST, (CADENCE * 1000) / scale);
      const users = Math.ceil((OWN_CADENCE * 1000) / (rest * scale));
      this.goesOn(this.ask(turn % users));
      await sleep(rest);
    }
  }

  private async watch(): Promise<void> {
    while (!this.isOver) {
      await this.clock.read();
      const { groups } = await this.client.world();
      const busy = groups.filter(({ replacement }) => replacement === "running");
      if (new Set(busy.map(({ fleet }) => fleet)).size > 1) this.both += 1;
      await sleep(LOOK_EVERY);
    }
  }

  private async ask(user: number): Promise<void> {
    const at = this.clock.now();
    const known = this.kept.get(user);
    const fresh = known === undefined || this.hasOutlived(known);
    const said = fresh ? await this.resolve() : known;
    if (said === undefined) return;
    this.kept.set(user, said);
    const [address = ""] = said.addresses;
    const to = { address, port: PORT, protocol: "TCP" } as const;
    const { answer, trouble } = await askAddress(this.client, to, this.from);
    const isWell = answer?.status === "healthy";
    if (!isWell && this.hasOutlived(said)) {
      this.outlived += 1;
      return this.ask(user);
    }
    const fleet = this.fleets.get(address) ?? address;
    const wrong = trouble ?? JSON.stringify(answer);
    this.asked.push({ at, fleet, fresh, ...(!isWell && { trouble: wrong }) });
  }

  private hasOutlived({ at, ttl }: Kept): boolean {
    return this.clock.now() - at > ttl;
  }

  private async resolve(): Promise<Kept | undefined> {
    for (let left = TRIES; ; left--) {
      const at = this.clock.now();
      try {
        return { ...(await resolveName(this.client, this.dns, { name: NAME, type: "A" })), at };
      } catch (error) {
        // That there is no address is an answer, and none that a user may get.
        if (left > 1 && !(error instanceof PolycastError)) {
          this.retransmitted += 1;
          continue;
        }
        this.unanswered.push(`${at}: ${String(error)}`);
        return undefined;
      }
    }
  }
}
