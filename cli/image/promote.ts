import type { Command } from "commander";
import type { BuildRecord } from "../../builds/build-record";
import { readBuild, type ImageId } from "../../builds/build-store";
import { readOrBegin, shownPath, writeManifest } from "../../builds/manifest-file";
import { parseChannel, promoteRelease, promoteSource, revoke, type Promotion } from "../../builds/promotion";
import { PolycastError, show, suggest } from "../../constructs/fleet/problem";
import { wantedImages } from "../../builds/wanted-images";
import { sourceOf } from "../../builds/work-tree";
import { formatManifest, type Channel, type ReleaseManifest } from "../../constructs/image/release-manifest";
import { runningReleases } from "../../live/running-releases";
import { imagesDirectory } from "../../live/state-location";
import { manifestFile } from "../../live/read-manifest";
import { openShelf, type ImageShelf } from "./desk";

interface PromoteOptions {
  readonly environment?: string;
  readonly to: string;
  readonly release?: string;
  readonly new?: true;
  readonly json?: true;
}

interface RevokeOptions {
  readonly environment?: string;
  readonly release: string;
  readonly reason: string;
  readonly json?: true;
}

/** `polycast image promote`, `polycast image revoke`: both change the manifest's file, which is then reviewed. */
export function addPromote(image: Command): void {
  image
    .command("promote")
    .description("Let a channel lead to a release; it says what may be rolled out, and deploys nothing")
    .requiredOption("--to <channel>", "candidate or stable")
    .option(
      "--release <id>",
      "one of the manifest; with --new the id of a new one (default: what the work tree's source made)",
    )
    .option("--new", "let --release name a new one, of what the work tree's source made")
    .option("--environment <name>", "the environment (default: what POLYCAST_ENV names)")
    .option("--json", "as JSON")
    .action(async ({ to, release, json, ...options }: PromoteOptions) => {
      const channel = parseChannel(to);
      const shelf = await openShelf(options.environment);
      const before = readOrBegin(shelf.environment);
      if (options.new === undefined) refuseUnknown(before, release);
      const promotion = await promoted(shelf, before, channel, release);
      writeManifest(shelf.environment, before, promotion.manifest);
      process.stdout.write(
        json
          ? `${JSON.stringify(summary(shelf, promotion, channel))}\n`
          : describePromotion(shelf, before, promotion, channel),
      );
    });

  image
    .command("revoke")
    .description("Mark a release that nobody may start any more")
    .requiredOption("--release <id>", "the release")
    .requiredOption("--reason <text>", "what whoever is stopped by it will read")
    .option("--environment <name>", "the environment (default: what POLYCAST_ENV names)")
    .option("--json", "as JSON")
    .action(async ({ release, reason, json, ...options }: RevokeOptions) => {
      const shelf = await openShelf(options.environment);
      const before = readOrBegin(shelf.environment);
      const manifest = revoke(before, release, reason);
      writeManifest(shelf.environment, before, manifest);
      const running = [...(await runningReleases(shelf.environment, shelf.store))].flatMap(([fleet, ids]) =>
        ids.includes(release) ? [fleet] : [],
      );
      const channels = Object.keys(before.channels).filter(
        (channel) => !Object.hasOwn(manifest.channels, channel),
      );
      const file = shownPath(manifestFile(shelf.environment));
      const revocation = { environment: shelf.environment.name, release, reason, file, channels, running };
      process.stdout.write(json ? `${JSON.stringify(revocation)}\n` : describeRevocation(revocation));
    });
}

/** A misspelt id would make a release of whatever the work tree is. @throws PolycastError */
function refuseUnknown({ releases }: ReleaseManifest, release: string | undefined): void {
  if (release === undefined || Object.hasOwn(releases, release)) return;
  throw new PolycastError("Nothing was promoted.", [
    {
      where: "--release",
      what: `${show(release)} is none of the manifest; ${suggest(release, Object.keys(releases))}`,
      remedy: "Let it be a new one, of what the work tree's source made: add --new.",
    },
  ]);
}

async function promoted(
  { environment, store }: ImageShelf,
  manifest: ReleaseManifest,
  channel: Channel,
  release: string | undefined,
): Promise<Promotion> {
  const { image, sandbox = false } = environment;
  const providers = [...new Set(environment.fleets.map(({ provider }) => provider))];
  if (release !== undefined && Object.hasOwn(manifest.releases, release)) {
    const builds = Object.entries(manifest.releases[release]?.builds ?? {});
    const ids = builds.map(([provider, hash]) => ({ image, provider, hash }));
    const records = await recordsOf(store, ids);
    return promoteRelease(manifest, channel, release, { providers, records, sandbox });
  }
  const wanted = wantedImages(environment);
  const records = await recordsOf(store, wanted);
  const commit = await sourceOf(`${imagesDirectory()}/${image}`);
  return promoteSource(manifest, channel, { providers, wanted, records, commit, sandbox }, release);
}

/** Provider -> record, for those that are built. */
async function recordsOf(
  { objects }: ImageShelf["store"],
  images: readonly ImageId[],
): Promise<ReadonlyMap<string, BuildRecord>> {
  const found = await Promise.all(images.map((image) => readBuild(objects, image)));
  return new Map(found.flatMap((record) => (record === undefined ? [] : [[record.provider, record]])));
}

function summary(
  { environment }: ImageShelf,
  { release, isNew, manifest }: Promotion,
  channel: Channel,
): object {
  const file = shownPath(manifestFile(environment));
  return { release, channel, isNew, file, images: manifest.releases[release]?.images };
}

/** What a promotion did; one that changed nothing leaves nothing to commit. */
export function describePromotion(
  { environment }: Pick<ImageShelf, "environment">,
  before: ReleaseManifest,
  { release, isNew, manifest }: Promotion,
  channel: Channel,
): string {
  if (formatManifest(manifest) === formatManifest(before)) {
    return `${environment.name}: ${channel} led to ${release} already. Nothing was changed.\n`;
  }
  const file = shownPath(manifestFile(environment));
  return [
    `${environment.name}: ${channel} leads to ${release}${isNew ? ", which is new" : ""}. Nothing was deployed.`,
    ...(isNew ? [`If an older release was meant: git checkout ${file}`] : []),
    `Commit it and let it be reviewed: git add ${file} && git commit -m "Promote ${release} to ${channel}"`,
    "",
  ].join("\n");
}

interface Revocation {
  readonly environment: string;
  readonly release: string;
  /** The manifest. */
  readonly file: string;
  /** Those that led to it and lead nowhere now. */
  readonly channels: readonly string[];
  /** Fleets that run it. */
  readonly running: readonly string[];
}

function describeRevocation({ environment, release, file, channels, running }: Revocation): string {
  return [
    `${environment}: ${release} is revoked: no fleet can start with it any more.`,
    ...channels.map(
      (channel) =>
        `The channel ${channel} led to it and leads nowhere now: npx polycast image promote --release ID --to ${channel}`,
    ),
    ...running.map((fleet) => `The fleet ${fleet} runs it, and stays deployable: roll another release out.`),
    `Commit it: git add ${file} && git commit -m "Revoke ${release}"`,
    "",
  ].join("\n");
}
