import path from "node:path";
import { shortHash } from "../../builds/build-store";
import type { Environment } from "../../constructs/fleet/environment";
import type { BuilderState } from "../../constructs/image/image-source";
import { environmentDirectory, stateKey } from "../../live/state-location";
import { worldClient } from "../../sandbox/world-api/client";
import { buildTools, type BuildTools } from "./build-tools";
import type { ImageDesk } from "./desk";

/** The tools for work on one provider's image; its log has a name of its own, so that all logs stay. */
export async function openTools(
  { environment, env }: ImageDesk,
  image: { readonly provider: string; readonly hash: string },
  say: (line: string) => void,
): Promise<BuildTools> {
  const { sandbox = false } = environment;
  const client = sandbox ? worldClient(process.env) : undefined;
  const clock = await client?.clock();
  const begun = Date.now();
  const time = new Date(begun).toISOString().replaceAll(/[:.]/g, "-");
  const name = `${image.provider}-${shortHash(image.hash)}-${time}-${process.pid}.log`;
  return buildTools({
    env,
    sandbox,
    state: (builder) => builderState(environment, builder),
    log: path.join(environmentDirectory(environment.name), "logs", "images", name),
    progress: (what) => {
      say(`${image.provider.padEnd(10)} ${what}`);
    },
    scale: async () => (await client?.clock())?.scale ?? 1,
    now: () => (clock === undefined ? Date.now() : clock.now + (Date.now() - begun) * clock.scale),
  });
}

/** Beside the environment's stacks' states. */
function builderState({ name, state }: Environment, builder: string): BuilderState {
  const own = `image-builders/${builder}`;
  if (state.kind === "local") {
    return { local: { path: path.join(environmentDirectory(name), "state", `${own}.tfstate`) } };
  }
  const { bucket, region } = state;
  return { s3: { bucket, region, key: stateKey(name, own), encrypt: true, use_lockfile: true } };
}
