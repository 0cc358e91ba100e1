import type { ImageUse } from "../../builds/image-use";
import { allManifests, readOrBegin } from "../../builds/manifest-file";
import { runningReleases } from "../../live/running-releases";
import type { ImageShelf } from "./desk";

/**
 * What the images of an environment are used for at this moment.
 * @throws PolycastError where a manifest cannot be used: nobody knows then.
 */
export async function readUse({ environment, store }: ImageShelf): Promise<ImageUse> {
  return {
    manifest: readOrBegin(environment),
    manifests: allManifests(environment.image),
    running: await runningReleases(environment, store),
    providers: new Map(environment.fleets.map(({ name, provider }) => [name, provider])),
  };
}
