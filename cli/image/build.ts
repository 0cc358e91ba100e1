import path from "node:path";
import type { Command } from "commander";
import { shortHash } from "../../builds/build-store";
import { ensureImage, type EnsuredImage } from "../../builds/ensure-image";
import { wantedImage, wantedImages, type WantedImage } from "../../builds/wanted-images";
import { sourceOf } from "../../builds/work-tree";
import { PolycastError, show } from "../../constructs/fleet/problem";
import { imageStackName } from "../../live/stack-names";
import { IMAGE_BUILD } from "../../sandbox/graceful-child";
import { FAILED, Stopped } from "../exit-code";
import { listenForStop } from "../stop-wish";
import { requireCredentials } from "../preflight";
import { openDesk, type ImageDesk } from "./desk";
import { openTools } from "./open-tools";

const LIMIT_MINUTES = 60;
/** How much of a failed build's log is shown. */
const TAIL = 20;

interface BuildOptions {
  readonly environment?: string;
  readonly provider?: string;
  readonly hash?: string;
  readonly limitMinutes?: string;
  readonly json?: true;
}

const STOPPED = new PolycastError("Stopped: what was being built is given up, and its builder is destroyed.");

/** What became of one provider's image. */
type Outcome = { readonly provider: string; readonly hash: string } & (
  | (EnsuredImage & { readonly seconds: number })
  | {
      readonly did: "failed";
      readonly error: unknown;
      readonly log: string;
      readonly tail: readonly string[];
    }
);

/** `polycast image build` */
export function addBuild(image: Command): void {
  image
    .command("build")
    .description("Build the images of the source in the work tree that do not exist yet")
    .option("--environment <name>", "the environment (default: what POLYCAST_ENV names)")
    .option("--provider <name>", "of this provider only")
    .option("--hash <address>", "fail where the source has another content address")
    .option("--limit-minutes <number>", `how long one build may take (default: ${LIMIT_MINUTES})`)
    .option("--json", "print what was done as JSON")
    .action(async (options: BuildOptions) => {
      process.title = IMAGE_BUILD;
      const desk = await openDesk(options.environment);
      const wanted = chosen(desk, options);
      const limit = parseLimit(options.limitMinutes);
      await requireCredentials(
        desk.environment,
        wanted.map(({ provider }) => imageStackName(provider)),
        desk.env,
      );
      const builds = new Set<(why: Error) => void>();
      const wish = listenForStop(() => {
        for (const stop of builds) stop(STOPPED);
      });
      try {
        const say = (line: string): boolean =>
          (options.json ? process.stderr : process.stdout).write(`${line}\n`);
        if (options.provider === undefined) for (const line of leftOut(desk, wanted)) say(line);
        const outcomes = await Promise.all(wanted.map((each) => ensure(each, desk, limit, builds, say)));
        if (options.json) process.stdout.write(`${JSON.stringify(outcomes.map(asJson), null, 2)}\n`);
        const signal = wish.signal();
        if (signal !== undefined) throw new Stopped(signal);
        for (const outcome of outcomes) if (outcome.did === "failed") say(describeFailure(outcome));
        if (outcomes.some(({ did }) => did === "failed")) process.exitCode = FAILED;
      } finally {
        wish.release();
      }
    });
}

async function ensure(
  wanted: WantedImage,
  desk: ImageDesk,
  limitMinutes: number,
  builds: Set<(why: Error) => void>,
  say: (line: string) => unknown,
): Promise<Outcome> {
  const { provider, hash, folder } = wanted;
  const begun = Date.now();
  const { tools, stop, log, tail, close } = await openTools(desk, wanted, say);
  builds.add(stop);
  try {
    const done = await ensureImage(wanted, {
      ...{ objects: desk.store.objects, tools, stop, limitMinutes },
      log: path.basename(log),
      source: () => sourceOf(folder),
    });
    const seconds = (Date.now() - begun) / 1000;
    say(`${provider.padEnd(10)} ${shortHash(hash)} ${DONE[done.did]} (${seconds.toFixed(1)} s)`);
    return { provider, hash, ...done, seconds };
  } catch (error) {
    tools.log(`# failed: ${error instanceof PolycastError ? error.message : String((error as Error).stack)}`);
    return { provider, hash, did: "failed", error, log, tail: tail(TAIL) };
  } finally {
    builds.delete(stop);
    const told = close();
    if (told !== undefined) say(`${provider.padEnd(10)} ${told}`);
  }
}

const DONE = {
  there: "is there already: nothing to do",
  waited: "was built by somebody else meanwhile",
  copied: "was copied to the places that lacked it",
  built: "is built",
} as const;

function chosen({ environment }: ImageDesk, { provider, hash }: BuildOptions): readonly WantedImage[] {
  const images = provider === undefined ? wantedImages(environment) : [wantedImage(environment, provider)];
  if (hash === undefined || images.every((each) => each.hash === hash)) return images;
  throw new PolycastError("The source is not the one that was asked for; nothing was built.", [
    {
      where: "--hash",
      what: `is ${show(hash)}; the work tree has ${images.map((each) => each.hash).join(", ")}`,
      remedy: "It has changed since: run the command that led here again.",
    },
  ]);
}

/** Nobody is to think that every provider's image is there now. */
function leftOut({ environment }: ImageDesk, wanted: readonly WantedImage[]): readonly string[] {
  const providers = [...new Set(environment.fleets.map(({ provider }) => provider))];
  return providers
    .filter((provider) => !wanted.some((image) => image.provider === provider))
    .map((provider) => `${provider.padEnd(10)} has no builder: its images are made elsewhere`);
}

function parseLimit(text = String(LIMIT_MINUTES)): number {
  const minutes = Number(text);
  if (text.trim() !== "" && minutes > 0 && minutes <= 24 * 60) return minutes;
  throw new PolycastError("Nothing was built.", [
    { where: "--limit-minutes", what: `${show(text)} is not a number of minutes above 0, up to a day` },
  ]);
}

function describeFailure({ provider, hash, error, log, tail }: Extract<Outcome, { did: "failed" }>): string {
  const why = error instanceof PolycastError ? error.message : String((error as Error).stack ?? error);
  return [
    "",
    `${provider} ${shortHash(hash)} failed: ${why}`,
    ...(tail.join("") === "" ? [] : [`The end of ${log}:`, ...tail.map((line) => `  | ${line}`)]),
    "What other providers have built stays, and counts when this is run again.",
  ].join("\n");
}

function asJson(outcome: Outcome): object {
  if (outcome.did !== "failed") return outcome;
  const { error, ...rest } = outcome;
  return { ...rest, error: (error as Error).message };
}
