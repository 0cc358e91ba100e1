import type { Command } from "commander";
import { listBuilds, shortHash } from "../../builds/build-store";
import type { BuildRecord } from "../../builds/build-record";
import { usesOf, type ImageUse } from "../../builds/image-use";
import { wantedImages } from "../../builds/wanted-images";
import type { ReleaseManifest } from "../../constructs/image/release-manifest";
import { plainTable } from "../plain-table";
import { openShelf } from "./desk";
import { readUse } from "./read-use";

/** An image, as it is listed. */
interface ListedBuild extends BuildRecord {
  /** Whether it is what the source in the work tree makes. */
  readonly current: boolean;
  readonly usedBy: readonly string[];
}

/** `polycast image list` */
export function addList(image: Command): void {
  image
    .command("list")
    .description("List what is built, which releases there are, and what uses them")
    .option("--environment <name>", "the environment (default: what POLYCAST_ENV names)")
    .option("--json", "as JSON, with all that is recorded")
    .action(async (options: { environment?: string; json?: true }) => {
      const shelf = await openShelf(options.environment);
      const { environment, store } = shelf;
      const use = await readUse(shelf);
      const { manifest, running } = use;
      const wanted = wantedImages(environment);
      const builds = (await listBuilds(store.objects, environment.image)).map((record): ListedBuild => ({
        ...record,
        current: wanted.some(({ provider, hash }) => provider === record.provider && hash === record.hash),
        usedBy: usesOf(record, use),
      }));
      const missing = wanted.filter(
        (each) => !builds.some(({ provider, hash }) => provider === each.provider && hash === each.hash),
      );
      if (options.json) {
        const { channels, releases } = manifest;
        const unbuilt = missing.map(({ provider, hash }) => ({ provider, hash }));
        process.stdout.write(`${JSON.stringify({ builds, unbuilt, channels, releases }, null, 2)}\n`);
        return;
      }
      const rows = [
        ...missing.map(({ provider, hash }) => [provider, shortHash(hash), "not built", "", "this source"]),
        ...builds.map(buildRow),
      ];
      process.stdout.write(
        `${plainTable(["provider", "image", "built", "checks", "used by"], rows)}\n\n${releaseTable(manifest, running)}\n`,
      );
    });
}

function buildRow({ provider, hash, finished, checks, current, usedBy }: ListedBuild): string[] {
  const passed = checks.ran === "in-builder" ? `${checks.lines.length} passed` : checks.ran;
  const uses = [...(current ? ["this source"] : []), ...usedBy];
  return [provider, shortHash(hash), finished.slice(0, 16).replace("T", " "), passed, uses.join(", ")];
}

function releaseTable({ channels, releases }: ReleaseManifest, running: ImageUse["running"]): string {
  const rows = Object.entries(releases).map(([id, { images, revoked }]) => [
    id,
    Object.keys(images).join(", "),
    Object.entries(channels)
      .filter(([, leadsTo]) => leadsTo === id)
      .map(([channel]) => channel)
      .join(", "),
    [...running]
      .filter(([, ids]) => ids.includes(id))
      .map(([fleet]) => fleet)
      .join(", "),
    revoked === undefined ? "" : `revoked: ${revoked}`,
  ]);
  return plainTable(["release", "images for", "channel", "runs on", ""], rows);
}
