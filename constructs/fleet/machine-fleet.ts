import type { ITerraformDependable, LocalExecProvisioner } from "cdktf";
import { awaitNode, checkAwaitable } from "./await-node";
import type { FirstBoot } from "./first-boot";
import { minNodes, type FleetWish, type SiteWish } from "./fleet-inputs";
import type { FleetDemand, FleetProps, FleetRelease } from "./fleet-provider";
import { releaseAt } from "./fleet-releases";
import { checkMachineNames, digestOf, machineName, ownerTags } from "./machine-names";
import { nodeFile, type NodeBgp, type NodeFile } from "./node-file";
import { suggest, type Problem } from "./problem";
import { checkUserData, secretFilesOf, userData } from "./user-data";

// Fleets whose nodes are machines that Terraform makes one by one: docs/decisions/0010-new-nodes-before-old-ones.md.

/** What every node of such a fleet is told beside what nodes of every provider are. */
export interface MachineKind {
  /** The provider's name. */
  readonly provider: string;
  /** How they announce the fleet's addresses, where it is they who do. */
  readonly bgp?: NodeBgp;
  /** Files that only root reads: path -> content. */
  readonly secretFiles?: Readonly<Record<string, string>>;
  /** What makes the machine a node, where it does not come from an image. */
  readonly firstBoot?: FirstBoot;
}

/** One machine, as the provider's resource is to have it. */
export interface Machine {
  /** Of its construct, and so of its address in Terraform's state: `ewr-1`. */
  readonly id: string;
  readonly site: string;
  /** Of the release that its site runs. */
  readonly image: string;
  /** Its host name, unique in the environment. */
  readonly name: string;
  readonly tags: string[];
  readonly userData: string;
  readonly dependsOn: ITerraformDependable[];
  /** @param address of its own, as a reference. @returns a provisioner. */
  readonly awaitAt: (address: string) => LocalExecProvisioner;
}

/** How a fleet's machines are made. */
export interface MachineMaking<Made> {
  readonly kind: (release: FleetRelease) => MachineKind;
  /** What decides a site's machines beside what they are told: image, plan. Another one is another machine. */
  readonly madeOf: (site: string, release: FleetRelease) => readonly unknown[];
  /** What the nodes announce as far as a synth knows it. Default: all of the kind's `bgp`. */
  readonly knownBgp?: NodeBgp;
  /** Makes a machine, to be replaced new before old: `createBeforeDestroy`, and `awaitAt` among its provisioners. */
  readonly make: (machine: Machine) => Made;
  /** What the machines of the next site wait for. */
  readonly served: (made: Made) => readonly ITerraformDependable[];
}

/** Makes the machines site after site, so that a release never loses more than one. */
export function makeMachines<Made>(
  props: FleetProps & { readonly name: string; readonly wish: FleetWish },
  { kind, madeOf, knownBgp, make, served }: MachineMaking<Made>,
): Readonly<Record<string, readonly Made[]>> {
  const { environment, name: fleet, wish } = props;
  let before: readonly ITerraformDependable[] = props.after;
  const sites = Object.entries(wish.sites).map(([site, siteWish]): [string, readonly Made[]] => {
    const place = { environment, fleet, site };
    const release = releaseAt(props.release, site);
    const demand = { ...props, release };
    const told = kind(release);
    const text = machineUserData(demand, fleet, site, told);
    const known = knownBgp === undefined ? told : { ...told, bgp: knownBgp };
    const digest = digestOf(machineFile(demand, fleet, site, known), ...madeOf(site, release));
    const made = Array.from({ length: minNodes(siteWish) }, (_, index) => {
      const name = machineName(place, index + 1, digest);
      return make({
        id: `${site}-${index + 1}`,
        site,
        image: String(release.image),
        name,
        tags: ownerTags(place),
        userData: text,
        dependsOn: [...before],
        awaitAt: (address) => awaitNode(props, { fleet, name, address }),
      });
    });
    before = made.flatMap(served);
    return [site, made];
  });
  return Object.fromEntries(sites);
}

/** What the machines of a site are told at boot, and their secrets. */
export function machineUserData(
  demand: FleetDemand & Pick<FleetProps, "release" | "logAccess">,
  fleet: string,
  site: string,
  kind: MachineKind,
): string {
  const file = machineFile(demand, fleet, site, kind, demand.logAccess?.settings);
  return userData(file, { ...secretFilesOf(demand), ...kind.secretFiles }, kind.firstBoot);
}

function machineFile(
  demand: FleetDemand & Pick<FleetProps, "release">,
  fleet: string,
  site: string,
  { provider, bgp }: MachineKind,
  logAccess?: NodeFile["logAccess"],
): NodeFile {
  const file = nodeFile(demand, { name: fleet, provider }, demand.release.id, { name: site }, logAccess);
  return bgp === undefined ? file : { ...file, bgp };
}

/** Where such a fleet can be. */
export interface MachineSites {
  readonly names: readonly string[];
  /** What one is called, and all of them: `Vultr region`, `Vultr's regions`. */
  readonly one: string;
  readonly all: string;
}

/**
 * What is wrong with such a fleet wherever it is: unknown sites, names and user data that are too long, no listener by which
 * a new node shows that it serves.
 * @param longest the kind with all that is known only later at its longest.
 */
export function checkMachines(
  { name, wish }: { readonly name: string; readonly wish: FleetWish },
  demand: FleetDemand & { readonly release: FleetRelease },
  sites: MachineSites,
  longest: MachineKind,
): readonly Problem[] {
  const where = `fleets.${name}`;
  const { environment } = demand;
  const logAccess = wish.logs?.longest({ environment, fleet: name });
  const [site = ""] = Object.keys(wish.sites).toSorted((one, other) => other.length - one.length);
  return [
    ...Object.entries(wish.sites).flatMap(([each, siteWish]) =>
      checkSite({ environment, fleet: name, site: each }, siteWish, sites, `${where}.sites["${each}"]`),
    ),
    ...checkAwaitable(demand.listeners, where),
    ...checkUserData(machineUserData({ ...demand, logAccess }, name, site, longest), where),
  ];
}

function checkSite(
  place: { readonly environment: string; readonly fleet: string; readonly site: string },
  wish: SiteWish,
  { names, one, all }: MachineSites,
  where: string,
): readonly Problem[] {
  if (!names.includes(place.site)) return [{ where, what: `no such ${one}; ${suggest(place.site, names)}` }];
  const chosen = { where: `${where}.locations`, what: `cannot be chosen: a site is one of ${all}` };
  return [...(wish.locations === undefined ? [] : [chosen]), ...checkMachineNames(place, wish, where)];
}
