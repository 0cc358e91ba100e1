import { checkPercents } from "../constructs/dns/check-traffic";
import { checkEnvironment } from "../constructs/fleet/check-environment";
import type { Environment } from "../constructs/fleet/environment";
import type { SecretSlots } from "../constructs/fleet/log-access";
import type { FleetProvider, FleetRelease, FleetReleases } from "../constructs/fleet/fleet-provider";
import { releasesOf } from "../constructs/fleet/fleet-releases";
import { refuseIfAny, suggest, type Problem } from "../constructs/fleet/problem";
import type { ReleaseManifest } from "../constructs/image/release-manifest";
import type { LiveRecord } from "./live-record";
import { normalRelease, releaseIds } from "./live-release";
import { fleetStackName } from "./stack-names";

/** A fleet with the release and the share that a deploy gives it. */
export interface FleetDeployment {
  readonly fleet: FleetProvider;
  readonly release: FleetReleases;
  /** Percent of its policy share; see the live record. */
  readonly share: number;
  /** Id -> why it is revoked, of what it runs. */
  readonly revoked: Readonly<Record<string, string>>;
  /** Which of its secrets the nodes are given; those of a first deploy where it is left out. */
  readonly slots?: SecretSlots;
  /** True: the identity by which nodes write logs stays out of the plan, and they keep what they were given. */
  readonly keepsIdentity?: boolean;
}

/**
 * What a deploy of an environment is about: for a fleet in the live record, what the record says; for one that is
 * not there yet, the manifest's stable release and a full share.
 * @param more problems that were found elsewhere, to be reported with the others.
 * @param lost fleets that have run but are missing from the record (see `lostFleets`).
 * @throws PolycastError that names every problem of the environment, the manifest and the record at once.
 */
export function planDeployment(
  environment: Environment,
  manifest: ReleaseManifest,
  record: LiveRecord,
  lost: readonly string[] = [],
  more: readonly Problem[] = [],
): readonly FleetDeployment[] {
  const problems: Problem[] = [];
  const releases = new Map<FleetProvider, FleetReleases>();
  for (const fleet of environment.fleets) {
    const found = findReleases(fleet, manifest, record);
    if ("id" in found) releases.set(fleet, found);
    else problems.push(...found);
  }
  problems.push(
    ...checkEnvironment(environment, (fleet) => releases.get(fleet)),
    ...lost.map((name) => lostProblem(name)),
    ...checkShares(environment, record),
    ...more,
  );
  refuseIfAny(
    (count) =>
      `The environment "${environment.name}" has ${count === 1 ? "a problem" : `${count} problems`}:`,
    problems,
  );
  return environment.fleets.map((fleet) => {
    const release = releases.get(fleet) as FleetReleases;
    const revoked = releasesOf(release).flatMap(({ id }) => {
      const why = manifest.releases[id]?.revoked;
      return why === undefined ? [] : [[id, why] as const];
    });
    const share = record.fleets[fleet.name]?.share ?? 100;
    return { fleet, release, share, revoked: Object.fromEntries(revoked) };
  });
}

function findReleases(
  fleet: FleetProvider,
  manifest: ReleaseManifest,
  record: LiveRecord,
): FleetReleases | readonly Problem[] {
  const live = record.fleets[fleet.name];
  const id = live?.release ?? manifest.channels.stable;
  if (id === undefined) {
    return [
      {
        where: `fleets.${fleet.name}`,
        what: "is new, and the manifest's channel stable leads to no release that it could start with",
        remedy: "Promote one: npx polycast image promote --to stable",
      },
    ];
  }
  const runs = normalRelease({ release: id, sites: live?.sites }, fleet.wish.sites);
  const problems: Problem[] = [];
  const found = new Map<string, FleetRelease>();
  for (const each of releaseIds(runs)) {
    const release = findRelease(fleet, manifest, each, live !== undefined);
    if ("what" in release) problems.push(release);
    else found.set(each, release);
  }
  if (problems.length > 0) return problems;
  const at = (each: string) => found.get(each) as FleetRelease;
  if (runs.sites === undefined) return at(id);
  const others = Object.entries(runs.sites).map(([site, each]) => [site, at(each)] as const);
  return { ...at(id), sites: Object.fromEntries(others) };
}

/** @param runs whether the fleet runs it already. */
function findRelease(
  fleet: FleetProvider,
  manifest: ReleaseManifest,
  id: string,
  runs: boolean,
): FleetRelease | Problem {
  const release = manifest.releases[id];
  if (release === undefined) {
    return {
      where: `fleets.${fleet.name}`,
      what: `runs the release "${id}", which the manifest lacks; ${suggest(id, Object.keys(manifest.releases))}`,
      remedy: "Put the release back into the manifest: a deploy never changes what a fleet runs.",
    };
  }
  const { images, revoked } = release;
  // What runs already must stay deployable, or nobody could take traffic away from it.
  if (revoked !== undefined && !runs) {
    return {
      where: `fleets.${fleet.name}`,
      what: `would start with the release "${id}", which is revoked: ${revoked}`,
      remedy: "Promote another release: npx polycast image promote --release ID --to stable",
    };
  }
  if (!(fleet.provider in images)) {
    return {
      where: `releases.${id}`,
      what: `has no image for ${fleet.provider}; it has: ${Object.keys(images).join(", ") || "none"}`,
      remedy: `Build the image for ${fleet.provider}, or leave the fleet "${fleet.name}" out.`,
    };
  }
  return { id, image: images[fleet.provider] };
}

/** The policy must be able to give the shares that the record holds. And somebody must answer. */
function checkShares({ dns, fleets }: Environment, { fleets: live }: LiveRecord): readonly Problem[] {
  const percents = fleets.map(({ name }) => [name, live[name]?.share ?? 100] as const);
  return checkPercents(dns.traffic, Object.fromEntries(percents));
}

function lostProblem(name: string): Problem {
  return {
    where: `live record, fleets.${name}`,
    what: "is missing, though the fleet was deployed; a deploy could not know which release it runs",
    remedy:
      "Restore the record (the bucket's older versions, or the older files in live/), or write it anew: npx polycast live pin --fleet NAME --release ID",
  };
}

/**
 * Fleets that would give an address back, though the environment protects addresses: Terraform sees no destruction
 * where an accelerator only stops being dual stack.
 */
export async function lostAddresses(
  { fleets, protect, sandbox }: Environment,
  readState: (stack: string) => Promise<unknown>,
): Promise<readonly Problem[]> {
  if (!(protect ?? sandbox !== true)) return [];
  const ipv4Only = fleets.filter(({ wish }) => wish.ipv6 !== true);
  const states = await Promise.all(ipv4Only.map(({ name }) => readState(fleetStackName(name))));
  return ipv4Only
    .filter((_, index) => "anycast_ipv6" in ((states[index] as TerraformState | undefined)?.outputs ?? {}))
    .map(({ name }) => ({
      where: `fleets.${name}.ipv6`,
      what: "is off, but the fleet has an IPv6 address, which would be lost for good",
      remedy: "Switch it on again; or take the fleet out of AAAA first, and then set protect to false.",
    }));
}

/**
 * Fleets whose state shows that they were recorded, but which the record lacks: the record was lost.
 * @param readState the Terraform state of a stack, parsed, or undefined.
 */
export async function lostFleets(
  fleets: readonly FleetProvider[],
  record: LiveRecord,
  readState: (stack: string) => Promise<unknown>,
): Promise<readonly string[]> {
  const missing = fleets.map(({ name }) => name).filter((name) => record.fleets[name] === undefined);
  const states = await Promise.all(missing.map((name) => readState(fleetStackName(name))));
  return missing.filter((_, index) => holdsLiveRecord(states[index]));
}

/** Construct id, and so the address, of the resource that records a fleet at its first deploy. */
export const LIVE_RECORD_RESOURCE = "live-record";

/** What is read here of Terraform's state. */
interface TerraformState {
  readonly outputs?: Readonly<Record<string, unknown>>;
}

/** What is read here of a resource in it. */
interface StateResource {
  readonly type: string;
  readonly name: string;
  readonly instances?: readonly { readonly status?: string }[];
}

function holdsLiveRecord(state: unknown): boolean {
  const { resources = [] } = (state ?? {}) as { resources?: readonly StateResource[] };
  return resources.some(
    ({ type, name, instances = [] }) =>
      type === "null_resource" &&
      name === LIVE_RECORD_RESOURCE &&
      // Tainted: it was interrupted, and did not record anything.
      instances.some(({ status }) => status !== "tainted"),
  );
}
