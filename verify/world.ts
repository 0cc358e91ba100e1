import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Environment } from "../constructs/fleet/environment";
import { parseManifest } from "../constructs/image/release-manifest";
import { planDeployment } from "../live/deployment";
import { fileLiveStore } from "../live/file-live-store";
import { updateLiveRecord } from "../live/live-store";
import { PROJECT_ROOT } from "../live/state-location";
import type { LiveRecord } from "../live/live-record";
import { withoutCredentials } from "../sandbox/credentials";
import { CloudStore } from "../sandbox/engine/cloud-store";
import { NO_FAULTS } from "../sandbox/engine/fault";
import { servePlugins } from "../sandbox/engine/plugin-server";
import { simulations } from "../sandbox/simulations";
import { buildApp } from "../stacks/app";
import { synth } from "../stacks/synth";
import type { EmulatedAws } from "./emulated-aws";
import { realPlugin } from "./real-plugin";
import { Terraform } from "./terraform";

/** Where stacks are deployed to: one set of clouds, one set of states. */
export interface World {
  readonly name: "real" | "simulated";
  /** Directory of its own, for stacks and states. */
  readonly home: string;
  /** What its AWS plugin is, for the record. */
  readonly description: string;
  /** Environment of Terraform. */
  readonly env: NodeJS.ProcessEnv;
  close(): Promise<void>;
}

/** The real AWS plugin, working against the emulated account. The null provider, which has no cloud, is simulated. */
export async function realWorld(home: string, aws: EmulatedAws): Promise<World> {
  mkdirSync(home, { recursive: true });
  const served = await serve(home, (source) => source === "hashicorp/null");
  const plugin = realPlugin(home, process.env);
  const env = {
    ...aws.env,
    ...plugin.env,
    POLYCAST_HOME: home,
    TF_REATTACH_PROVIDERS: JSON.stringify(served.reattach),
  };
  const description = `the AWS plugin of ${plugin.binary ?? "the registry"}`;
  return { name: "real", home, description, env, close: served.close };
}

/** Every provider simulated, as in the sandbox. */
export async function simulatedWorld(home: string): Promise<World> {
  const served = await serve(home, () => true);
  const env: NodeJS.ProcessEnv = {
    ...withoutCredentials(process.env),
    POLYCAST_HOME: home,
    TF_REATTACH_PROVIDERS: JSON.stringify(served.reattach),
  };
  delete env["TF_CLI_CONFIG_FILE"];
  return { name: "simulated", home, description: "the simulated AWS plugin", env, close: served.close };
}

async function serve(home: string, wanted: (source: string) => boolean) {
  const store = CloudStore.open(path.join(home, "clouds"));
  const chosen = simulations.filter(({ source }) => wanted(source));
  const servers = await servePlugins({ simulations: chosen, store, ...NO_FAULTS });
  return {
    reattach: servers.reattach,
    close: async () => {
      await servers.close();
      store.close();
    },
  };
}

/**
 * An environment's stacks, written anew into a world.
 * @param fleets what becomes of the live record before, as a rollout would change it
 */
export async function writeStacks(
  world: World,
  environment: Environment,
  fleets: LiveRecord["fleets"],
): Promise<void> {
  const outdir = stacksDirectory(world, environment);
  mkdirSync(outdir, { recursive: true });
  const file = path.join("images", environment.image, "manifests", `${environment.name}.json`);
  const manifest = parseManifest(
    readFileSync(path.join(PROJECT_ROOT, file), "utf8"),
    file,
    environment.image,
  );
  const store = fileLiveStore(environment.name, path.join(world.home, environment.name));
  const record = await updateLiveRecord(store, (found) => ({ ...found, fleets }));
  const before = process.env["POLYCAST_HOME"];
  // Where local states lie is decided when stacks are made.
  process.env["POLYCAST_HOME"] = world.home;
  try {
    synth(() => buildApp(environment, planDeployment(environment, manifest, record), { outdir }));
  } finally {
    if (before === undefined) delete process.env["POLYCAST_HOME"];
    else process.env["POLYCAST_HOME"] = before;
  }
}

/** Terraform in the directory of a stack that {@link writeStacks} wrote. */
export function terraformIn(world: World, environment: Environment, stack: string): Terraform {
  return new Terraform(path.join(stacksDirectory(world, environment), "stacks", stack), world.env);
}

function stacksDirectory({ home }: World, { name }: Environment): string {
  return path.join(home, name, "cdktf.out");
}
