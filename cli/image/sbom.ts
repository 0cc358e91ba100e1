import type { Command } from "commander";
import { readSbom } from "../../builds/build-sbom";
import { listBuilds, shortHash } from "../../builds/build-store";
import { PolycastError, show, suggest } from "../../constructs/fleet/problem";
import type { ImageChecks } from "../../constructs/image/image-checks";
import { openShelf } from "./desk";

const WHY_NONE: Readonly<Record<ImageChecks["ran"], string>> = {
  simulated: "its builder was simulated, so nothing was installed in it",
  "in-builder": "its builder did not say what is in it",
  "at-first-boot":
    "its nodes install at their first boot; /usr/share/polycast/packages.tsv on each says what is in it",
};

/** `polycast image sbom` */
export function addSbom(image: Command): void {
  image
    .command("sbom")
    .description("Print the software bill of materials of an image, CycloneDX in JSON")
    .argument("<address>", "the image's content address, or its first digits, as in polycast image list")
    .option("--environment <name>", "the environment (default: what POLYCAST_ENV names)")
    .action(async (address: string, options: { environment?: string }) => {
      const { environment, store } = await openShelf(options.environment);
      const builds = await listBuilds(store.objects, environment.image);
      const found = builds.filter(({ hash }) => address !== "" && hash.startsWith(address));
      const [build] = found;
      if (build === undefined || found.length > 1) {
        const known = builds.map(({ hash }) => shortHash(hash));
        throw new PolycastError("There is no one such image.", [
          {
            where: show(address),
            what:
              build === undefined
                ? suggest(address, known)
                : `${found.length} images begin with these digits`,
          },
        ]);
      }
      const text = await readSbom(store.objects, build);
      if (text !== undefined) {
        process.stdout.write(text);
        return;
      }
      throw new PolycastError("The image has no bill of materials.", [
        {
          where: `${build.provider}, ${shortHash(build.hash)}`,
          what: WHY_NONE[build.checks.ran],
        },
      ]);
    });
}
