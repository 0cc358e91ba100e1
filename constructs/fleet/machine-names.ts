import { createHash } from "node:crypto";
import { minNodes, type SiteWish } from "./fleet-inputs";
import type { NodeFile } from "./node-file";
import type { Problem } from "./problem";

/** Where a machine belongs that is an object of Terraform's by itself. */
export interface MachinePlace {
  /** Name of the environment. */
  readonly environment: string;
  readonly fleet: string;
  readonly site: string;
}

const DIGEST_LENGTH = 6;
/** A host name's label has 63 characters at most (RFC 1035). */
const HOSTNAME_LIMIT = 63;

/**
 * What a machine is called: `<environment>-<fleet>-<site>-<number>-<digest>`. Old and new machines run side by side for a while,
 * so a name says what its machine is made of; and another size is then another machine, too, where a cloud would otherwise
 * restart all of them at once.
 *
 * @param number from 1 up, within its site.
 * @param digest of {@link digestOf}.
 */
export function machineName(
  { environment, fleet, site }: MachinePlace,
  number: number,
  digest: string,
): string {
  return `${environment}-${fleet}-${site}-${number}-${digest}`;
}

/**
 * Of what a name may show and a synth knows: no secrets, and nothing that is known only when something else is made.
 * @param made what decides the machine beside its node file: image, plan.
 */
export function digestOf(file: NodeFile, ...made: readonly unknown[]): string {
  const text = JSON.stringify([file, ...made]);
  return createHash("sha256").update(text).digest("hex").slice(0, DIGEST_LENGTH);
}

/** Says so where a site's machines would have names that are too long. */
export function checkMachineNames(place: MachinePlace, wish: SiteWish, where: string): readonly Problem[] {
  const longest = machineName(place, minNodes(wish), "x".repeat(DIGEST_LENGTH)).length;
  if (longest <= HOSTNAME_LIMIT) return [];
  return [
    {
      where,
      what: `its nodes' host names would have ${longest} characters; ${HOSTNAME_LIMIT} are allowed`,
      remedy: "Shorten the name of the fleet or the environment.",
    },
  ];
}

/** The tags of what belongs to a fleet, or to one of its sites, where a cloud's tags are no pairs. */
export function ownerTags({
  environment,
  fleet,
  site,
}: Omit<MachinePlace, "site"> & { readonly site?: string }): string[] {
  const ofSite = site === undefined ? [] : [`site:${site}`];
  return [`environment:${environment}`, `fleet:${fleet}`, ...ofSite, "managed-by:polycast"];
}
