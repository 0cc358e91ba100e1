import { z } from "zod";
import { PolycastError } from "../../constructs/fleet/problem";
import type { BuildJob, BuiltImage, ImageSource, ImageTools } from "../../constructs/image/image-source";
import type { WantedImage } from "../../builds/wanted-images";

/** A provider whose images lie in places; what it holds and was asked is there to be looked at and changed. */
export class FakeCloud {
  /** Place -> names of images. */
  public readonly images = new Map<string, Set<string>>();
  public readonly builders = new Set<string>();
  public readonly calls: string[] = [];
  /** What a build does beside, before its image exists. */
  public during: (job: BuildJob, tools: ImageTools) => Promise<void> = () => Promise.resolve();

  public has(name: string, place: string): boolean {
    return this.images.get(place)?.has(name) ?? false;
  }

  private put(name: string, place: string): void {
    this.images.set(place, (this.images.get(place) ?? new Set()).add(name));
  }

  public source(places: readonly string[]): ImageSource {
    return {
      template: "fake",
      settingsSchema: z.unknown(),
      places,
      builder: (scope, tools) => ({
        find: (name) => {
          this.calls.push("find");
          const there = scope.places.filter((place) => this.has(name, place));
          return Promise.resolve({
            entry: there.length === 0 ? undefined : Object.fromEntries(there.map((place) => [place, name])),
            missing: scope.places.filter((place) => !there.includes(place)),
          });
        },
        build: async (job) => {
          this.calls.push("build");
          for (const place of scope.places) {
            if (this.has(job.name, place)) throw new PolycastError(`the name ${job.name} is taken`);
          }
          this.builders.add(job.name);
          try {
            await this.during(job, tools);
            tools.signal.throwIfAborted();
            for (const place of scope.places) this.put(job.name, place);
            return built(Object.fromEntries(scope.places.map((place) => [place, job.name])));
          } finally {
            this.builders.delete(job.name);
          }
        },
        copy: (name, entry) => {
          this.calls.push("copy");
          for (const place of scope.places) this.put(name, place);
          return Promise.resolve({
            ...(entry as object),
            ...Object.fromEntries(scope.places.map((p) => [p, name])),
          });
        },
        remove: (name) => {
          this.calls.push("remove");
          for (const names of this.images.values()) names.delete(name);
          return Promise.resolve();
        },
        builders: () => Promise.resolve([...this.builders]),
        destroyBuilder: (name) => {
          this.calls.push(`destroy ${name}`);
          this.builders.delete(name);
          return Promise.resolve();
        },
      }),
    };
  }
}

function built(entry: unknown): BuiltImage {
  return { entry, sizeBytes: 8, checks: { ran: "in-builder", lines: ["ok 1 - all"] }, tools: { fake: "1" } };
}

/** An image that is wanted of the fake cloud. */
export function wanted(cloud: FakeCloud, changed: Partial<WantedImage> = {}): WantedImage {
  const places = changed.places ?? ["here", "there"];
  return {
    environment: "test",
    image: "edge-node",
    provider: "fake",
    hash: "a".repeat(64),
    shared: "b".repeat(64),
    source: cloud.source(places),
    places,
    folder: "/nowhere",
    settings: {},
    variables: {},
    ...changed,
  };
}

/** Tools that run nothing, and what they were told. */
export function fakeTools(): { tools: ImageTools; stop: (why: Error) => void; told: string[] } {
  const stopping = new AbortController();
  const told: string[] = [];
  const never = (): never => {
    throw new Error("is not there");
  };
  const tools: ImageTools = {
    ...{ env: {}, sandbox: false, workspace: "/nowhere", signal: stopping.signal, fetch, now: Date.now },
    ...{ state: never, run: never, secret: () => undefined, sleep: () => Promise.resolve() },
    log: (line) => told.push(line),
    progress: (what) => told.push(what),
  };
  return {
    tools,
    told,
    stop: (why) => {
      stopping.abort(why);
    },
  };
}
