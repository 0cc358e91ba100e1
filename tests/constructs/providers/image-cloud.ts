import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildTools, type BuildTools } from "../../../cli/image/build-tools";
import { CloudStore } from "../../../sandbox/engine/cloud-store";

/** A simulated cloud's API for images, and what a build has of this machine: no Packer is in its PATH. */
export interface ImageCloud {
  readonly directory: string;
  store: CloudStore;
  /** By which a client finds the API. */
  readonly variables: NodeJS.ProcessEnv;
  readonly stop: BuildTools["stop"];
  /** Each sleep moves the world's time. */
  readonly tools: BuildTools["tools"];
  /** As after a restart. */
  reopen(): void;
  close(): Promise<void>;
}

interface Served {
  readonly variables: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

export async function openImageCloud(
  serve: (options: { objects: CloudStore; clock: { now(): number } }) => Promise<Served>,
): Promise<ImageCloud> {
  const directory = mkdtempSync(path.join(tmpdir(), "polycast-image-cloud-"));
  const store = CloudStore.open(directory);
  let time = 0;
  const api = await serve({ objects: store, clock: { now: () => time } });
  const { tools, stop, close } = buildTools({
    env: { ...api.variables, PATH: directory },
    ...{ sandbox: true, state: () => ({ local: { path: "" } }), log: path.join(directory, "log") },
    ...{ progress: () => undefined, scale: () => Promise.resolve(1), now: () => time },
  });
  const sleep = (seconds: number, signal?: AbortSignal): Promise<void> => {
    time += seconds * 1000;
    return signal?.aborted === true ? Promise.reject(signal.reason as Error) : Promise.resolve();
  };
  const cloud: ImageCloud = {
    ...{ directory, store, stop, variables: api.variables },
    tools: { ...tools, workspace: directory, sleep },
    reopen() {
      cloud.store.close();
      cloud.store = CloudStore.open(directory);
    },
    async close() {
      close();
      await api.close();
      cloud.store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  return cloud;
}
