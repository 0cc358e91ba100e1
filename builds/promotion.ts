import { createHash } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { PolycastError, refuseIfAny, show, suggest, type Problem } from "../constructs/fleet/problem";
import {
  CHANNELS,
  RELEASE_ID,
  type Channel,
  type Release,
  type ReleaseManifest,
} from "../constructs/image/release-manifest";
import type { BuildRecord } from "./build-record";
import type { WantedImage } from "./wanted-images";

/** What a promotion needs to know of the release's builds. */
export interface PromotedBuilds {
  /** Every provider of the environment. */
  readonly providers: readonly string[];
  /** The record of each provider's build, where there is one. */
  readonly records: ReadonlyMap<string, BuildRecord>;
  /** True: simulated builds and a changed work tree are good enough. */
  readonly sandbox: boolean;
}

/** What the promotion of a work tree's source looks at. */
export interface PromotionSource extends PromotedBuilds {
  /** What the source in the work tree makes, one a provider whose images are built. */
  readonly wanted: readonly WantedImage[];
  /**
   * Which commit the work tree is of. The addresses are those of its content, so a clean one names the commit that every
   * build can be made from again, whatever the state was in which somebody built.
   */
  readonly commit: BuildRecord["source"];
}

/** What was promoted. */
export interface Promotion {
  readonly manifest: ReleaseManifest;
  readonly release: string;
  /** Whether the release is new in the manifest. */
  readonly isNew: boolean;
}

/**
 * Lets a channel lead to what the source in the work tree makes.
 * @param id of the release; undefined: that of the release with the same images, or one of date and content.
 * @throws PolycastError unless every provider's image is built and checked, from one source; all problems at once.
 */
export function promoteSource(
  manifest: ReleaseManifest,
  channel: Channel,
  source: PromotionSource,
  id?: string,
): Promotion {
  const release = releaseOf(source);
  refuseRevoked(manifest, release);
  const same = Object.entries(manifest.releases).find(([, each]) => holds(release, each));
  const chosen = id ?? same?.[0] ?? defaultId(release, source.records);
  if (!RELEASE_ID.test(chosen)) {
    throw refusal(
      "--release",
      `${show(chosen)} is no id; letters, digits, dots, hyphens and underscores make one`,
    );
  }
  const there = manifest.releases[chosen];
  if (there === undefined) return { ...led(manifest, channel, chosen, release), isNew: true };
  if (!isSame(there.builds, release.builds)) {
    throw refusal("--release", `${show(chosen)} exists and has other images; releases never change`);
  }
  return promoteRelease(manifest, channel, chosen, source);
}

/**
 * Lets a channel lead to a release that the manifest has. Where its images have been copied to more places since, it has
 * those too from now on.
 *
 * @throws PolycastError where the manifest has none of that id, or it is revoked, lacks a provider's image, or names
 * another image than was built and checked; all problems at once.
 */
export function promoteRelease(
  manifest: ReleaseManifest,
  channel: Channel,
  id: string,
  { providers, records, sandbox }: PromotedBuilds,
): Promotion {
  const release = releaseIn(manifest, id);
  const problems: Problem[] = providers
    .filter((provider) => !Object.hasOwn(release.images, provider))
    .map((provider) => ({ where: `releases.${id}`, what: `has no image for ${provider}` }));
  if (release.revoked !== undefined) {
    problems.push({ where: `releases.${id}`, what: `is revoked: ${release.revoked}` });
  }
  for (const [provider, hash] of Object.entries(release.builds ?? {})) {
    const where = `releases.${id}.images.${provider}`;
    problems.push(...checkBuilt(where, release.images[provider], hash, records.get(provider), sandbox));
  }
  if (new Set([...records.values()].map(({ shared }) => shared)).size > 1) {
    problems.push({ where: `releases.${id}.builds`, what: "are not all of one source" });
  }
  refuseIfAny(() => "Nothing was promoted.", problems);
  const built = [...records].map(([provider, { entry }]) => [provider, entry]);
  const images = { ...release.images, ...(Object.fromEntries(built) as Release["images"]) };
  return { ...led(manifest, channel, id, { ...release, images }), isNew: false };
}

/**
 * Marks a release so that nobody starts with it any more; channels that lead to it lead nowhere then.
 * @throws PolycastError where there is none of that id, or the reason is empty.
 */
export function revoke(manifest: ReleaseManifest, id: string, reason: string): ReleaseManifest {
  const release = releaseIn(manifest, id);
  if (reason.trim() === "") throw refusal("--reason", "is empty; whoever is stopped by it will read it");
  const left = Object.entries(manifest.channels).filter(([, leadsTo]) => leadsTo !== id);
  return {
    ...manifest,
    channels: Object.fromEntries(left),
    releases: { ...manifest.releases, [id]: { ...release, revoked: reason.trim() } },
  };
}

/** @throws PolycastError for a name that is no channel's. */
export function parseChannel(name: string): Channel {
  const channel = CHANNELS.find((each) => each === name);
  if (channel === undefined) throw refusal("--to", `no channel ${show(name)}; ${suggest(name, CHANNELS)}`);
  return channel;
}

/** @throws PolycastError where there is none of that id. */
function releaseIn({ releases }: ReleaseManifest, id: string): Release {
  const release = Object.hasOwn(releases, id) ? releases[id] : undefined;
  if (release !== undefined) return release;
  throw refusal("--release", `no release ${show(id)}; ${suggest(id, Object.keys(releases))}`);
}

/** The release that one source makes, once all of it is built. */
function releaseOf({ providers, wanted, records, commit, sandbox }: PromotionSource): Release {
  const problems: Problem[] = [];
  if (commit.dirty && !sandbox) {
    problems.push({
      where: "work tree",
      what: "the image's folder is changed, so no commit says what is in the images",
      remedy: "Commit first; what is built already stays.",
    });
  }
  for (const provider of providers) {
    const image = wanted.find((each) => each.provider === provider);
    if (image === undefined) {
      problems.push({
        where: provider,
        what: "has no builder; its images are made elsewhere",
        remedy: "Write the release into the manifest by hand (docs/releases.md).",
      });
      continue;
    }
    const record = records.get(provider);
    if (record === undefined) {
      problems.push({
        where: provider,
        what: `the image ${image.hash.slice(0, 12)} of this source is not built`,
        remedy: `Build it: npx polycast image build --provider ${provider}`,
      });
    } else {
      problems.push(...checkRecord(record, image, sandbox));
    }
  }
  refuseIfAny(
    () => "Nothing was promoted: every provider's image must be built and checked, from one source.",
    problems,
  );
  const found = [...records.values()].sort((one, other) => (one.provider < other.provider ? -1 : 1));
  return {
    images: Object.fromEntries(found.map(({ provider, entry }) => [provider, entry])),
    builds: Object.fromEntries(found.map(({ provider, hash }) => [provider, hash])),
    ...(commit.commit === undefined || commit.dirty ? {} : { commit: commit.commit }),
  };
}

/** What is wrong with the image that a release names, by the record of its build. */
function checkBuilt(
  where: string,
  image: unknown,
  hash: string,
  record: BuildRecord | undefined,
  sandbox: boolean,
): readonly Problem[] {
  if (record === undefined) {
    return [
      {
        where,
        what: `there is no record of its build ${hash.slice(0, 12)}, so nobody knows whether its checks passed`,
        remedy: "Build it again from the release's commit: npx polycast image build.",
      },
    ];
  }
  const problems = [...checkSimulated(where, record, sandbox)];
  if (!isPart(image, record.entry)) {
    problems.push({
      where,
      what: `is ${show(image)}, but ${show(record.entry)} was built: it was edited by hand, or built anew since`,
      remedy: "Restore the manifest, or promote what is built now under a new id.",
    });
  }
  return problems;
}

/** The same content under another id would start what was revoked. */
function refuseRevoked({ releases }: ReleaseManifest, { builds }: Release): void {
  refuseIfAny(
    () => "Nothing was promoted.",
    Object.entries(releases).flatMap(([id, release]) =>
      release.revoked !== undefined && isSame(release.builds, builds)
        ? [{ where: `releases.${id}`, what: `has the same images, and is revoked: ${release.revoked}` }]
        : [],
    ),
  );
}

function checkRecord(record: BuildRecord, image: WantedImage, sandbox: boolean): readonly Problem[] {
  const problems: Problem[] = [];
  if (record.shared !== image.shared) {
    problems.push({ where: record.provider, what: "was built from another source than the work tree holds" });
  }
  const { entry } = record;
  const missing = isPlaces(entry) ? image.places.filter((place) => !Object.hasOwn(entry, place)) : [];
  if (missing.length > 0) {
    problems.push({
      where: record.provider,
      what: `the image is not in ${missing.join(", ")}, where its fleets are now`,
      remedy: `Build again, which copies it: npx polycast image build --provider ${record.provider}`,
    });
  }
  return [...problems, ...checkSimulated(record.provider, record, sandbox)];
}

function checkSimulated(where: string, { checks }: BuildRecord, sandbox: boolean): readonly Problem[] {
  return checks.ran === "simulated" && !sandbox
    ? [{ where, what: "its build was simulated, so no check has run" }]
    : [];
}

/** The manifest in which a channel leads to a release. */
function led(
  manifest: ReleaseManifest,
  channel: Channel,
  id: string,
  release: Release,
): Pick<Promotion, "manifest" | "release"> {
  const channels = { ...manifest.channels, [channel]: id };
  return {
    manifest: { ...manifest, channels, releases: { ...manifest.releases, [id]: release } },
    release: id,
  };
}

/** Whether a release of the manifest names images of these builds, in these places or in fewer. */
function holds(made: Release, { images, builds }: Release): boolean {
  return (
    isSame(builds, made.builds) &&
    Object.entries(images).every(([provider, image]) => isPart(image, made.images[provider]))
  );
}

/** An entry with a name for each place may have got more of them. */
function isPart(image: unknown, built: unknown): boolean {
  if (!isPlaces(image) || !isPlaces(built)) return isDeepStrictEqual(image, built);
  return Object.entries(image).every(([place, name]) => isDeepStrictEqual(name, built[place]));
}

function isPlaces(entry: unknown): entry is Readonly<Record<string, unknown>> {
  return typeof entry === "object" && entry !== null && !Array.isArray(entry);
}

function isSame(one: Release["builds"], other: Release["builds"]): boolean {
  const text = (builds: Release["builds"]): string => JSON.stringify(Object.entries(builds ?? {}).sort());
  return one !== undefined && text(one) === text(other);
}

/** `20261123-1a2b3c4d`: the day of the last build, and which images all builds have made. */
function defaultId({ builds, images }: Release, records: ReadonlyMap<string, BuildRecord>): string {
  const day = [...records.values()]
    .map(({ finished }) => finished)
    .sort()
    .at(-1)
    ?.slice(0, 10)
    .replaceAll("-", "");
  const content = createHash("sha256")
    .update(JSON.stringify([Object.entries(builds ?? {}).sort(), Object.entries(images).sort()]))
    .digest("hex");
  return `${day ?? ""}-${content.slice(0, 8)}`;
}

function refusal(where: string, what: string): PolycastError {
  return new PolycastError("Nothing was changed.", [{ where, what }]);
}
