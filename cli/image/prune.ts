import type { Command } from "commander";
import type { BuildRecord } from "../../builds/build-record";
import { listBuilds, shortHash } from "../../builds/build-store";
import { prunable, usesOf } from "../../builds/image-use";
import { pruneImage } from "../../builds/prune-image";
import { wantedImage } from "../../builds/wanted-images";
import { PolycastError, show } from "../../constructs/fleet/problem";
import { FAILED, USAGE } from "../exit-code";
import { plainTable } from "../plain-table";
import { saysYes } from "../says-yes";
import { openDesk, type ImageDesk } from "./desk";
import { openTools } from "./open-tools";
import { readUse } from "./read-use";

/** How many builds of each provider stay in any case. */
const KEEP = 5;

interface PruneOptions {
  readonly environment?: string;
  readonly keep?: string;
  readonly autoApprove?: true;
  readonly json?: true;
}

/** `polycast image prune` */
export function addPrune(image: Command): void {
  image
    .command("prune")
    .description("Remove images that no fleet, channel or release uses")
    .option("--keep <number>", `the newest of each provider that stay anyway (default: ${KEEP})`)
    .option("--auto-approve", "do not ask")
    .option("--environment <name>", "the environment (default: what POLYCAST_ENV names)")
    .option("--json", "print what has become of each as JSON")
    .action(async ({ autoApprove, json, ...options }: PruneOptions, command: Command) => {
      const keep = parseKeep(options.keep);
      // With --json only the result may be on standard output.
      const output = json ? process.stderr : process.stdout;
      const tell = (line: string): void => {
        output.write(`${line}\n`);
      };
      const desk = await openDesk(options.environment);
      const { environment, store } = desk;
      const use = await readUse(desk);
      const records = prunable(await listBuilds(store.objects, environment.image), use, keep);
      if (records.length === 0) tell("Every image is used, or among the newest: nothing to remove.");
      else tell(plainTable(["provider", "image", "built", "is"], records.map(row)));
      if (records.length > 0 && !autoApprove && !process.stdin.isTTY) {
        command.error("error: there is no terminal to ask at; add --auto-approve", { exitCode: USAGE });
      }
      const isWanted = records.length > 0 && (autoApprove ?? (await agreed(records.length, output)));
      if (records.length > 0 && !isWanted) tell("Nothing was removed.");
      const fates = isWanted ? await removeAll(records, desk, tell) : records.map(kept);
      if (fates.some(({ error }) => error !== undefined)) process.exitCode = FAILED;
      if (json) process.stdout.write(`${JSON.stringify(fates.map(summary), null, 2)}\n`);
    });
}

/** What has become of an image; neither removed nor an error: nobody wanted it removed. */
interface Fate {
  readonly record: BuildRecord;
  readonly removed: boolean;
  readonly error?: string;
}

function kept(record: BuildRecord): Fate {
  return { record, removed: false };
}

/** One that fails keeps its record, and holds nobody up. */
async function removeAll(
  records: readonly BuildRecord[],
  desk: ImageDesk,
  tell: (line: string) => void,
): Promise<readonly Fate[]> {
  const fates: Fate[] = [];
  for (const record of records) {
    const { tools, close } = await openTools(desk, record, tell);
    try {
      const wanted = wantedImage(desk.environment, record.provider);
      await pruneImage(record, wanted, desk.store.objects, tools, async () =>
        usesOf(record, await readUse(desk)),
      );
      tell(`${record.provider} ${shortHash(record.hash)} is removed.`);
      fates.push({ record, removed: true });
    } catch (error) {
      if (!(error instanceof PolycastError)) throw error;
      process.stderr.write(`${error.message}\n`);
      fates.push({ ...kept(record), error: error.message });
    } finally {
      close();
    }
  }
  return fates;
}

function summary({ record: { provider, hash, finished, entry }, removed, error }: Fate): object {
  return { provider, hash, finished, entry, removed, error };
}

function row({ provider, hash, finished, entry }: BuildRecord): string[] {
  return [provider, shortHash(hash), finished.slice(0, 16).replace("T", " "), describeEntry(entry)];
}

/** Whole, since it is what goes: an id, or one in each place. */
function describeEntry(entry: BuildRecord["entry"]): string {
  if (typeof entry !== "object" || entry === null) return String(entry);
  return Object.entries(entry)
    .map(([place, id]) => `${typeof id === "string" ? id : show(id)} (${place})`)
    .join(", ");
}

function agreed(count: number, output: NodeJS.WriteStream): Promise<boolean> {
  const question = `Remove ${count === 1 ? "it" : `these ${count}`} for good? Only "yes" removes. `;
  return saysYes(question, { input: process.stdin, output });
}

function parseKeep(text = String(KEEP)): number {
  const count = Number(text);
  if (text.trim() !== "" && Number.isInteger(count) && count >= 0) return count;
  throw new PolycastError("Nothing was removed.", [
    { where: "--keep", what: `${show(text)} is not a whole number from 0` },
  ]);
}
