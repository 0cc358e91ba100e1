import type { NodeFile } from "../../constructs/fleet/node-file";
import { minNodes } from "../../constructs/fleet/fleet-inputs";
import type { OpenPorts } from "../../constructs/fleet/cloud-life";
import type { CloudObject } from "../../constructs/fleet/simulation";
import { setTimeout as sleep } from "node:timers/promises";
import type { WorldNode } from "../../sandbox/world/world";
import type { EngineTerraform, ResourceChange } from "../e2e/engine-terraform";
import { declare, environmentOf, longestName } from "./declaration";
import { LivingEnvironment } from "./living-environment";
import {
  FIRST_RELEASE,
  imagesOf,
  manifestOf,
  NEXT_RELEASE,
  simulationsOf,
  sitesOf,
  withSites,
  type Subject,
} from "./subject";

/** What a fleet goes through, in this order. */
export const CHAPTERS = [
  "named",
  "deployed",
  "widened",
  "rolled",
  "mixed",
  "vanished",
  "adopted",
  "narrowed",
  "destroyed",
] as const;
export type Chapter = (typeof CHAPTERS)[number];

/** A secret that every node is given, and nobody else may see. */
export const CANARY = "canary-of-the-join-token-0123456789";

/** How long a fleet may take to come to rest, in seconds of the world. */
const REST_WITHIN = 2_400;
const FAST = 3_000;
const CAREFUL = 300;

/** A node as it was when the fleet had come to rest. */
export interface NodeSeen extends Pick<WorldNode, "name" | "site" | "release" | "health" | "fleet"> {
  readonly file: NodeFile | undefined;
  readonly reason: string | undefined;
  /** Its group's, that a client beside it reaches by the fleet's address; undefined: nobody answers. */
  readonly answeredFrom: string | undefined;
  /** What its cloud's firewall lets everybody reach. */
  readonly open: readonly OpenPorts[];
}

/** What one chapter did, and what there was in the end. */
export interface Step {
  /** What Terraform said, a line each. */
  readonly errors: readonly string[];
  /** Address -> `create`, `update`, `delete, create`; as Terraform planned it. */
  readonly actions: Readonly<Record<string, string>>;
  /** The same of a plan right after it. */
  readonly again: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, unknown>>;
  readonly nodes: readonly NodeSeen[];
  /** Site -> the nodes that were wished. */
  readonly wished: Readonly<Record<string, number>>;
  /** Site -> healthy nodes when it began. */
  readonly before: Readonly<Record<string, number>>;
  /** Site -> names of its nodes when it began. */
  readonly stood: Readonly<Record<string, readonly string[]>>;
  /** `TCP 443` of the fleet's addresses. */
  readonly ports: readonly string[];
  readonly objects: readonly CloudObject[];
  /** Site -> the fewest healthy nodes that it had meanwhile. */
  readonly fewest: Readonly<Record<string, number>>;
  /** The most sites that had served before and had no healthy node, at any one moment. */
  readonly sitesLost: number;
  /** What Terraform shows a person of its plan. */
  readonly shown: string;
}

export type Story = Readonly<Partial<Record<Chapter, Step>>>;

/** Parts of a step for which Terraform is started once more. */
const LOOKS = ["again", "shown"] as const;
export type Look = (typeof LOOKS)[number];

/**
 * Lets a fleet live through some chapters; it is always deployed, and ends where that fails.
 * @param looks what of {@link LOOKS} is wanted; what is left out is empty. Default: all.
 */
export async function tell(
  subject: Subject,
  chapters: readonly Chapter[],
  looks: readonly Look[] = LOOKS,
): Promise<Story> {
  const { provider } = subject.make(subject.wish);
  const deployed = new LivingEnvironment({
    simulations: simulationsOf(subject),
    manifest: manifestOf(subject, provider),
    images: imagesOf(subject, provider),
  });
  const story: Partial<Record<Chapter, Step>> = {};
  try {
    await deployed.start();
    const fleet = new FleetUnderTest(subject, deployed, looks);
    for (const chapter of CHAPTERS.filter((each) => each === "deployed" || chapters.includes(each))) {
      const step = await fleet[chapter]().catch((error: unknown) => ({
        ...NOTHING,
        errors: [error instanceof Error ? error.message : String(error)],
      }));
      story[chapter] = step;
      if (chapter === "deployed" && step.errors.length > 0) break;
    }
    return story;
  } finally {
    await deployed.stop();
  }
}

const NOTHING: Step = {
  ...{ errors: [], actions: {}, again: {}, outputs: {}, nodes: [], ports: [], objects: [] },
  ...{ wished: {}, before: {}, stood: {}, fewest: {}, sitesLost: 0, shown: "" },
};

/** One fleet in its world; a method for each chapter. */
class FleetUnderTest implements Record<Chapter, () => Promise<Step>> {
  private wish: Subject["wish"];
  private release = FIRST_RELEASE;
  /** Site -> what it runs instead. */
  private siteReleases: Readonly<Record<string, string>> = {};
  private readonly first: string;
  private readonly second: string;

  public constructor(
    private readonly subject: Subject,
    private readonly deployment: LivingEnvironment,
    private readonly looks: readonly Look[],
  ) {
    [this.first, this.second] = sitesOf(subject);
    this.wish = withSites(subject.wish, { [this.second]: undefined });
  }

  /** With the longest name that it takes, and only planned. */
  public async named(): Promise<Step> {
    const name = longestName(declare(this.subject));
    if (name === "") return { ...NOTHING, errors: ["every name is refused"] };
    await this.want({ ...this.subject.wish, name });
    const { errors } = await (await this.terraform(name)).plan();
    return { ...NOTHING, errors: errors.map(asLine) };
  }

  /** The first site alone. */
  public deployed(): Promise<Step> {
    return this.apply();
  }

  /** A node more at the first site for each of its locations, and the second site. */
  public widened(): Promise<Step> {
    const site = this.subject.wish.sites[this.first] ?? { nodes: 0 };
    const nodes = minNodes(site) + (site.locations?.length ?? 1);
    this.wish = withSites(this.subject.wish, { [this.first]: { ...site, nodes } });
    return this.apply();
  }

  public rolled(): Promise<Step> {
    this.release = NEXT_RELEASE;
    return this.apply();
  }

  /** Both sites serve, and the first one alone gets another release, where the provider can do that. */
  public async mixed(): Promise<Step> {
    if (!this.subject.make(this.wish).abilities.releasePerSite) return NOTHING;
    if (!(this.second in this.wish.sites)) {
      this.wish = this.subject.wish;
      const { errors } = await this.apply();
      if (errors.length > 0) return { ...NOTHING, errors };
    }
    this.siteReleases = { [this.first]: this.release === FIRST_RELEASE ? NEXT_RELEASE : FIRST_RELEASE };
    return this.apply();
  }

  /** A node dies, or, where its cloud makes no other one, its machine is deleted behind Terraform's back. */
  public async vanished(): Promise<Step> {
    const { world, store } = this.deployment;
    const victim = this.members()[0];
    if (victim === undefined) return { ...NOTHING, errors: ["it has no node that could vanish"] };
    world.disturb("kill", { fleet: victim.fleet, site: victim.site, node: victim.name });
    const machine = store.list().find(({ id }) => id === victim.group);
    if (machine !== undefined) store.remove(machine.type, machine.id, machine.place);
    return this.apply();
  }

  /** What holds the address leaves Terraform's state, and comes back as what was made elsewhere. */
  public async adopted(): Promise<Step> {
    const terraform = await this.terraform();
    const outputs = await this.deployment.outputs(this.stack);
    const state = await terraform.state();
    const address = String(outputs["anycast_ipv4"]);
    const holder = Object.entries(state).find(
      ([at, values]) =>
        !/^(null_resource|terraform_data|data)\./.test(at) && JSON.stringify(values).includes(address),
    );
    if (holder === undefined) return { ...NOTHING, errors: [`nothing in the state holds ${address}`] };
    const [at, values] = holder;
    const { id } = values as { id: string };
    const errors: string[] = [];
    for (const args of [
      ["state", "rm", at],
      ["import", "-input=false", "-no-color", at, id],
    ]) {
      const { status, stderr } = await terraform.run(...args);
      if (status !== 0) errors.push(stderr);
    }
    const step = await this.apply();
    return { ...step, errors: [...errors, ...step.errors] };
  }

  /** As it was first, without the second site. */
  public narrowed(): Promise<Step> {
    this.wish = withSites(this.subject.wish, { [this.second]: undefined });
    return this.apply();
  }

  public async destroyed(): Promise<Step> {
    const errors = (await (await this.terraform()).destroy()).map(asLine);
    await sleep(50); // the world follows the clouds' objects a moment later
    return { ...NOTHING, ...this.seen([]), errors, objects: this.deployment.store.list() };
  }

  private get name(): string {
    return this.subject.make(this.wish).name;
  }

  private get stack(): string {
    return `${this.name}-fleet`;
  }

  private async want(wish: Subject["wish"]): Promise<void> {
    const fleet = this.subject.make(wish);
    const environment = environmentOf(fleet);
    const live = { [fleet.name]: { release: this.release, sites: this.siteReleases, share: 100 } };
    await this.deployment.want({ environment, live });
  }

  private async terraform(fleet = this.name): Promise<EngineTerraform> {
    const terraform = await this.deployment.terraform(`${fleet}-fleet`);
    terraform.env = { [`TF_VAR_join_token_${fleet.replaceAll("-", "_")}`]: CANARY };
    return terraform;
  }

  /** Plans, applies, waits until the fleet has come to rest, and plans again. */
  private async apply(): Promise<Step> {
    const { world } = this.deployment;
    await this.want(this.wish);
    const terraform = await this.terraform();
    const before = healthyBySite(this.members());
    const stood = namesBySite(this.members());
    const fewest: Record<string, number> = { ...before };
    let sitesLost = 0;
    const watch = world.clock.every(1, () => {
      const now = healthyBySite(this.members());
      for (const site of Object.keys(before)) fewest[site] = Math.min(fewest[site] ?? 0, now[site] ?? 0);
      const lost = Object.entries(before).filter(([site, count]) => count > 0 && (now[site] ?? 0) === 0);
      sitesLost = Math.max(sitesLost, lost.length);
    });
    try {
      const { errors, changes } = await terraform.plan();
      if (errors.length > 0) return { ...NOTHING, errors: errors.map(asLine) };
      const shown = this.looks.includes("shown")
        ? (await terraform.run("show", "-no-color", "plan.bin")).stdout
        : "";
      const applied = (await terraform.apply()).map(asLine);
      await this.rest();
      const planAgain = applied.length === 0 && this.looks.includes("again");
      const again = planAgain ? await terraform.plan() : { errors: [], changes: [] };
      const outputs = await this.deployment.outputs(this.stack);
      return {
        ...{
          errors: [...applied, ...again.errors.map(asLine)],
          shown,
          before,
          stood,
          fewest,
          sitesLost,
          outputs,
        },
        ...{ actions: actionsOf(changes), again: actionsOf(again.changes) },
        ...this.seen(Object.values(outputs).map(String)),
        wished: Object.fromEntries(
          Object.entries(this.wish.sites).map(([site, each]) => [site, minNodes(each)]),
        ),
        objects: this.deployment.store.list(),
      };
    } finally {
      watch.cancel();
    }
  }

  private members(): readonly WorldNode[] {
    return this.deployment.world.nodes().filter(({ fleet }) => fleet === this.name);
  }

  /** Until every node is healthy and nothing is being replaced, or until that takes too long. */
  private async rest(): Promise<void> {
    const { world, clock } = this.deployment;
    const end = clock.now() + REST_WITHIN * 1000;
    clock.setScale(FAST);
    const isAtRest = () =>
      world
        .groups()
        .every(({ wanted, running, healthy, current, replacement }) =>
          [wanted === running, running === healthy, current === wanted, replacement === "none"].every(
            Boolean,
          ),
        );
    await sleep(20); // the world follows the clouds' objects a moment later
    while (!isAtRest() && clock.now() < end) await sleep(5);
    clock.setScale(CAREFUL);
  }

  private seen(addresses: readonly string[]): Pick<Step, "nodes" | "ports"> {
    const { world } = this.deployment;
    const ports = world.anycastPorts();
    const own = addresses.length === 0 ? ports : ports.filter(({ address }) => addresses.includes(address));
    const groups = simulationsOf(this.subject).flatMap(
      ({ life }) => life?.nodeGroups?.(this.deployment.store) ?? [],
    );
    const openOf = (group: string) => groups.find(({ id }) => id === group)?.openPorts ?? [];
    const [target] = own.filter(({ protocol }) => protocol === "TCP");
    return {
      ports: [...new Set(own.map(({ protocol, port }) => `${protocol} ${port}`))].sort(),
      nodes: this.members().map((node) => ({
        ...{
          name: node.name,
          site: node.site,
          release: node.release,
          health: node.health,
          fleet: node.fleet,
        },
        ...{ file: node.file, reason: node.reason },
        answeredFrom: target && world.route(target, node.position)?.site,
        open: openOf(node.group),
      })),
    };
  }
}

function healthyBySite(nodes: readonly WorldNode[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { site, health } of nodes) counts[site] = (counts[site] ?? 0) + (health === "healthy" ? 1 : 0);
  return counts;
}

export function namesBySite(
  nodes: readonly Pick<WorldNode, "name" | "site">[],
): Record<string, readonly string[]> {
  const names: Record<string, string[]> = {};
  for (const { site, name } of nodes) (names[site] ??= []).push(name);
  for (const each of Object.values(names)) each.sort();
  return names;
}

function asLine({ summary, detail }: { summary: string; detail: string }): string {
  return `${summary} ${detail}`.trim();
}

/** What Terraform does to the fleet's own objects. */
function actionsOf(changes: readonly ResourceChange[]): Record<string, string> {
  return Object.fromEntries(
    changes
      .filter(({ address }) => !/^(null_resource|terraform_data|data)\./.test(address))
      .map(({ address, actions }): [string, string] => [address, actions.join(", ")])
      .filter(([, actions]) => actions !== "no-op" && actions !== "read"),
  );
}
