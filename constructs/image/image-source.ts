import type { z } from "zod";
import type { ImageChecks } from "./image-checks";

/**
 * How a provider comes to images of its own: what `FleetProvider.image` declares.
 *
 * Everything that decides an image is hashed ({@link BuildJob.hash}); the same hash is the same image, so a builder is
 * asked for what exists before anything is made. The orchestration (`builds/`) decides, locks, records and cleans up;
 * a builder knows one provider and nothing else.
 */
export interface ImageSource {
  /** Folder below `images/<image>/templates/` that is part of the content address, such as `aws`. */
  readonly template: string;
  /** Form of the provider's part in `images/<image>/build.json`: base image and all else that decides the content. */
  readonly settingsSchema: z.ZodType;
  /**
   * Where the image must lie before the fleet can start, in the provider's words (AWS: regions). No part of the content
   * address: a new place is copied to, not built for. Empty where one image serves every place.
   */
  readonly places: readonly string[];
  /** The provider's builder of one image of one environment. */
  builder(scope: ImageScope, tools: ImageTools): ImageBuilder | Promise<ImageBuilder>;
}

/** Whose images a builder cares for. */
export interface ImageScope {
  readonly environment: string;
  /** The image's folder below `images/`. */
  readonly image: string;
  /** Places of all of the environment's fleets at this provider. */
  readonly places: readonly string[];
}

/**
 * What can be done with one provider's images. Every method rejects with a PolycastError that says what to do, where a
 * person can; with `tools.signal.reason` where it was stopped.
 */
export interface ImageBuilder {
  /**
   * Asks the provider which places have this image, complete and usable.
   * @param known the entry that the build's record holds; undefined: only the name is known.
   */
  find(name: string, known: unknown): Promise<FoundImage>;
  /**
   * Builds an image that is nowhere yet, in all places, its checks passed; nothing of the builder is left, whatever
   * happens: a failure, a stop (`tools.signal`), a time limit. What a killed run leaves, {@link builders} finds.
   */
  build(job: BuildJob): Promise<BuiltImage>;
  /**
   * Brings an image to the places that lack it.
   * @param entry of the places that have it.
   * @returns the entry with all places.
   */
  copy(name: string, entry: unknown): Promise<unknown>;
  /**
   * Removes the image from every place, with all that belongs to it (snapshots); what is gone already is no error. It cleans up
   * after a failed build too, so `tools.signal` does not end it.
   * @param entry what is recorded of it; undefined: whatever has this name, such as the half of a killed run.
   */
  remove(name: string, entry: unknown): Promise<void>;
  /**
   * Names of images of this environment and image folder whose builders exist at this moment: being built, or left by a
   * run that was killed.
   */
  builders(): Promise<readonly string[]>;
  /** Destroys what belongs to the builder of that name: machine, key, firewall. */
  destroyBuilder(name: string): Promise<void>;
}

/** What a provider has of an image. */
export interface FoundImage {
  /** A release manifest's entry of the places that have it, in the provider's own form; undefined: no place has. */
  readonly entry: unknown;
  /** Places that lack it. */
  readonly missing: readonly string[];
}

/** One image to be built. */
export interface BuildJob {
  /** `<environment>-<image>-<first 12 digits of the hash>`: of the image; its builder's is made from it. */
  readonly name: string;
  /** Content address, 64 hexadecimal digits. */
  readonly hash: string;
  /** The image's folder, absolute. */
  readonly folder: string;
  /** The provider's part of `build.json`, as {@link ImageSource.settingsSchema} gives it. */
  readonly settings: unknown;
  /** Variables that every template takes, by name. */
  readonly variables: TemplateVariables;
}

/** Values of Packer variables. */
export type TemplateVariables = Readonly<
  Record<string, string | readonly string[] | Readonly<Record<string, string>>>
>;

/** An image that was built. */
export interface BuiltImage {
  /** A release manifest's entry for this provider, in the provider's own form. */
  readonly entry: unknown;
  /** Bytes that it takes in one place, where the provider says so. */
  readonly sizeBytes?: number;
  readonly checks: ImageChecks;
  /** What `packages.tsv` of the templates holds: what the bill of materials is made from. */
  readonly packages?: string;
  /** Programs that took part, and their versions. */
  readonly tools: Readonly<Record<string, string>>;
}

/** What a builder may use of the machine that it runs on. */
export interface ImageTools {
  /** Variables of the processes and clients that it starts: credentials in production, loopback endpoints in the sandbox. */
  readonly env: NodeJS.ProcessEnv;
  /** True: the cloud is simulated, no machine can be reached by SSH, and nothing may leave this machine. */
  readonly sandbox: boolean;
  /** An empty directory of this run's own, mode 0700; it is removed at the end. Keys belong here. */
  readonly workspace: string;
  /** Terraform's `backend` block for the state of a builder that Terraform makes: beside the environment's state. */
  state(builder: string): BuilderState;
  /** Aborted with an Error when the run has to end: a signal, the time limit, a lost lock. Not for cleaning up. */
  readonly signal: AbortSignal;
  /** Runs a program; its output goes to the log, without secrets. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Adds a line to the log. */
  log(line: string): void;
  /** Tells the user, and the log, what goes on, in half a sentence. */
  progress(what: string): void;
  /** Keeps a value out of the log from now on: a token, a private key. */
  secret(value: string): void;
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970: the world's time in the sandbox. */
  now(): number;
  /** Rejects with `signal.reason` once that is aborted; in the sandbox world seconds pass. */
  sleep(seconds: number, signal?: AbortSignal): Promise<void>;
}

/** As the block stands in Terraform's JSON syntax. */
export type BuilderState =
  { readonly local: { readonly path: string } } | { readonly s3: Readonly<Record<string, unknown>> };

export interface RunOptions {
  readonly cwd?: string;
  /** Besides {@link ImageTools.env}. */
  readonly env?: Readonly<Record<string, string>>;
  /** True: not ended by {@link ImageTools.signal}, since it cleans up. Default: false. */
  readonly cleaning?: boolean;
}

/** A program that ran to its end; one that cannot be started rejects with a PolycastError. */
export interface RunResult {
  readonly code: number;
  /** Both streams, as they came, without secrets. */
  readonly output: string;
}
