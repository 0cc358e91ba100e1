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
}

/** `polycast image prune` */
export function addPrune(image: Command): void {
  image
    .command("prune")
    .description("Remove images that no fleet, channel or release uses")
    .option("--keep <number>", `the newest of each provider that stay anyway (default: ${KEEP})`)
    .option("--auto-approve", "do not ask")
    .option("--environment <name>", "the environment (default: what POLYCAST_ENV names)")
    .action(async ({ autoApprove, ...options }: PruneOptions, command: Command) => {
      const keep = parseKeep(options.keep);
      const desk = await openDesk(options.environment);
      const { environment, store } = desk;
      const use = await readUse(desk);
      const records = prunable(await listBuilds(store.objects, environment.image), use, keep);
      if (records.length === 0) {
        process.stdout.write("Every image is used, or among the newest: nothing to remove.\n");
        return;
      }
      process.stdout.write(`${plainTable(["provider", "image", "built", "is"], records.map(row))}\n`);
      if (!autoApprove && !process.stdin.isTTY) {
        command.error("error: there is no terminal to ask at; add --auto-approve", { exitCode: USAGE });
      }
      if (!autoApprove && !(await agreed(records.length))) {
        process.stdout.write("Nothing was removed.\n");
        return;
      }
      if (!(await removeAll(records, desk))) process.exitCode = FAILED;
    });
}

/** @returns whether all went; one that fails keeps its record, and holds nobody up. */
async function removeAll(records: readonly BuildRecord[], desk: ImageDesk): Promise<boolean> {
  let all = true;
  for (const record of records) {
    const { tools, close } = await openTools(desk, record, (line) => process.stdout.write(`${line}\n`));
    try {
      const wanted = wantedImage(desk.environment, record.provider);
      await pruneImage(record, wanted, desk.store.objects, tools, async () =>
        usesOf(record, await readUse(desk)),
      );
      process.stdout.write(`${record.provider} ${shortHash(record.hash)} is removed.\n`);
    } catch (error) {
      if (!(error instanceof PolycastError)) throw error;
      process.stderr.write(`${error.message}\n`);
      all = false;
    } finally {
      close();
    }
  }
  return all;
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

function agreed(count: number): Promise<boolean> {
  return saysYes(`Remove ${count === 1 ? "it" : `these ${count}`} for good? Only "yes" removes. `);
}

function parseKeep(text = String(KEEP)): number {
  const count = Number(text);
  if (text.trim() !== "" && Number.isInteger(count) && count >= 0) return count;
  throw new PolycastError("Nothing was removed.", [
    { where: "--keep", what: `${show(text)} is not a whole number from 0` },
  ]);
}
