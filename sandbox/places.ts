import { realpathSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PolycastError } from "../constructs/fleet/problem";
import { stateHome } from "../live/state-location";
import { sandboxEnvironmentOf } from "./sandbox-environments";

/** The files of one sandbox; the Terraform state of its environment lies in the same directory. */
export interface SandboxPlaces {
  readonly home: string;
  readonly directory: string;
  /** What the running process says about itself; absent when none runs. */
  readonly record: string;
  /** Which version of Polycast made the data. */
  readonly madeBy: string;
  readonly clouds: string;
  /** The nodes and the world's time. */
  readonly world: string;
  readonly controlPlane: string;
  readonly faults: string;
  readonly log: string;
  /** Where cdktf puts what it synthesizes. */
  readonly synthesized: string;
  /** Where cdktf keeps what it would keep in the user's home. */
  readonly cdktfHome: string;
}

export function sandboxPlaces(env: NodeJS.ProcessEnv): SandboxPlaces {
  const home = stateHome(env);
  return placesIn(home, join(home, sandboxEnvironmentOf(env)));
}

/** The places of the sandbox in `directory`, which lies in `home`. */
function placesIn(home: string, directory: string): SandboxPlaces {
  return {
    home,
    directory,
    record: join(directory, "sandbox.json"),
    madeBy: join(directory, "made-by.json"),
    clouds: join(directory, "clouds"),
    world: join(directory, "world.json"),
    controlPlane: join(directory, "control-plane"),
    faults: join(directory, "faults.json"),
    log: join(directory, "sandbox.log"),
    synthesized: join(directory, "cdktf.out"),
    cdktfHome: join(directory, "cdktf-home"),
  };
}

/**
 * Makes the sandbox's directory and gives its places without symbolic links in them, so that all who name the
 * directory name it alike.
 *
 * @throws PolycastError where it cannot be made or written.
 */
export async function makeSandboxDirectory(env: NodeJS.ProcessEnv): Promise<SandboxPlaces> {
  const { directory, home } = sandboxPlaces(env);
  try {
    // The clouds' folder is made here too: it shows whether the directory itself can be written.
    await mkdir(join(directory, "clouds"), { recursive: true });
    return placesIn(realpathSync(home), realpathSync(directory));
  } catch (error) {
    throw notWritable(directory, error);
  }
}

export function notWritable(path: string, error: unknown): PolycastError {
  return new PolycastError("The state directory cannot be written", [
    {
      where: path,
      what: (error as Error).message,
      remedy: "Make it writable, or name another one: POLYCAST_HOME=/some/directory",
    },
  ]);
}
