import { isDeepStrictEqual } from "node:util";
import { PolycastError, suggest } from "../constructs/fleet/problem";
import { CHANNELS, type Release, type ReleaseManifest } from "../constructs/image/release-manifest";
import type { BuildRecord } from "./build-record";

/** What images are used for, as far as this environment knows. */
export interface ImageUse {
  /** The environment's own manifest. */
  readonly manifest: ReleaseManifest;
  /** Those of every environment, this one's too: an id may have been copied to another. */
  readonly manifests: readonly ReleaseManifest[];
  /** Fleet -> ids of the releases that its nodes may run. */
  readonly running: ReadonlyMap<string, readonly string[]>;
  /** Fleet -> provider; a fleet that is not in it uses its release's images of every provider. */
  readonly providers: ReadonlyMap<string, string>;
}

/**
 * Why an image may not go, in words: `fleet aws`, `channel stable`, `release r7`; none: nobody uses it. A release that is
 * revoked uses nothing, unless a fleet runs it.
 *
 * @throws PolycastError where a fleet runs a release that the manifest lacks: nobody knows what it uses.
 */
export function usesOf(
  record: BuildRecord,
  { manifest, manifests, running, providers }: ImageUse,
): readonly string[] {
  const has = (release: Release): boolean =>
    release.builds?.[record.provider] === record.hash ||
    namesPart(release.images[record.provider], record.entry);
  const fleets = [...running].flatMap(([fleet, ids]) => {
    const releases = ids.map((id) => {
      const release = manifest.releases[id];
      if (release === undefined) throw unknownRelease(fleet, id, manifest);
      return release;
    });
    const own = (providers.get(fleet) ?? record.provider) === record.provider;
    return own && releases.some(has) ? [`fleet ${fleet}`] : [];
  });
  const others = manifests.flatMap(({ channels, releases }) =>
    Object.entries(releases)
      .filter(([, release]) => release.revoked === undefined && has(release))
      .flatMap(([id]) => [
        ...CHANNELS.filter((channel) => channels[channel] === id).map((channel) => `channel ${channel}`),
        `release ${id}`,
      ]),
  );
  return [...new Set([...fleets, ...others])];
}

/**
 * Records whose images may go: nobody uses them, and they are not among the newest of their provider.
 * @param records the newest first.
 * @param keep how many of each provider stay anyway.
 */
export function prunable(
  records: readonly BuildRecord[],
  use: ImageUse,
  keep: number,
): readonly BuildRecord[] {
  const providers = [...new Set(records.map(({ provider }) => provider))];
  return providers.flatMap((provider) =>
    records
      .filter((record) => record.provider === provider)
      .slice(keep)
      .filter((record) => usesOf(record, use).length === 0),
  );
}

/** Whether a release that was written by hand names the image, in one of its places at least. */
function namesPart(named: unknown, built: BuildRecord["entry"]): boolean {
  if (typeof named !== "object" || named === null || typeof built !== "object" || built === null) {
    return named === built;
  }
  const ids = Object.values(built);
  return Object.values(named).some((id) => ids.some((own) => isDeepStrictEqual(id, own)));
}

function unknownRelease(fleet: string, id: string, { releases }: ReleaseManifest): PolycastError {
  return new PolycastError("It is not known which images are in use.", [
    {
      where: `fleets.${fleet}`,
      what: `runs the release "${id}", which the manifest lacks; ${suggest(id, Object.keys(releases))}`,
      remedy: "Put the release back into the manifest.",
    },
  ]);
}
