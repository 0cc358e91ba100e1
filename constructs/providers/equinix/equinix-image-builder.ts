import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { PolycastError, refuseIfAny, type Problem } from "../../fleet/problem";
import type { ImageBuilder, ImageTools } from "../../image/image-source";
import { scriptArchive, type BuiltArchive } from "../../image/script-archive";
import type { ArchivePlace } from "./archive-place";
import { archiveUrl, type ArchivesWish } from "./equinix-wish";

/** Which scripts run, in order. */
const LIST = path.join("provision", "provision.list");
/** In milliseconds. */
const FETCHED_WITHIN = 60_000;

/**
 * The builder of archives, which an image's entry names by their SHA-256. It needs no machine: what runs in a builder elsewhere
 * runs at a node's first boot. What can be known before is checked here.
 */
export function equinixImageBuilder(
  archives: ArchivesWish,
  place: ArchivePlace,
  tools: ImageTools,
): ImageBuilder {
  return {
    /** By its bytes alone: one that a killed run has left is what the next run would make. */
    async find(_, known) {
      const isThere = typeof known === "string" && (await place.has(known));
      return { entry: isThere ? known : undefined, missing: [] };
    },
    async build(job) {
      const archive = await scriptArchive(job);
      await checkScripts(archive, tools);
      const url = archiveUrl(archives, archive.sha256);
      tools.progress(`publishing what nodes fetch at ${url}`);
      await place.put(archive);
      const passed = ["tar unpacks it, and every script of it is shell", "each script of the list is in it"];
      if (tools.sandbox) tools.progress("simulated: that nodes can fetch it there");
      else {
        await checkFetched(url, archive, tools);
        passed.push("nodes can fetch it");
      }
      return {
        entry: archive.sha256,
        sizeBytes: archive.content.length,
        checks: { ran: "at-first-boot", lines: passed.map((what, index) => `ok ${index + 1} - ${what}`) },
        tools: { node: process.versions.node },
      };
    },
    copy: (_, entry) => Promise.resolve(entry),
    async remove(_, entry) {
      if (typeof entry === "string") await place.remove(entry);
    },
    builders: () => Promise.resolve([]),
    destroyBuilder: () => Promise.resolve(),
  };
}

/** @throws PolycastError where a machine could not even begin to run it; nothing is published then. */
async function checkScripts({ content }: BuiltArchive, tools: ImageTools): Promise<void> {
  const file = path.join(tools.workspace, "archive.tar.gz");
  const folder = path.join(tools.workspace, "archive");
  await mkdir(folder);
  await writeFile(file, content);
  const problems: Problem[] = [];
  const unpacked = await tools.run("tar", ["-xzf", file, "-C", folder]);
  if (unpacked.code !== 0) problems.push({ where: "tar", what: unpacked.output.trim() });
  const files = await readdir(folder, { recursive: true });
  for (const script of files.filter((name) => name.endsWith(".sh")).sort()) {
    const { code, output } = await tools.run("sh", ["-n", script], { cwd: folder });
    if (code !== 0) problems.push({ where: script, what: output.trim() });
  }
  const list = files.includes(LIST) ? await readFile(path.join(folder, LIST), "utf8") : "";
  for (const script of list.split("\n").filter((line) => line !== "" && !line.startsWith("#"))) {
    if (files.includes(path.join("provision", script))) continue;
    problems.push({ where: LIST, what: `names ${script}, which is not there` });
  }
  refuseIfAny(() => "The image's scripts cannot run at a first boot; nothing was published.", problems);
}

/** @throws PolycastError where nodes would not get what they were promised. */
async function checkFetched(
  url: string,
  { sha256 }: BuiltArchive,
  { fetch, signal }: ImageTools,
): Promise<void> {
  const found = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(FETCHED_WITHIN)]) })
    .then(async (answer) => {
      if (!answer.ok) return `the status ${answer.status}`;
      const hash = createHash("sha256").update(Buffer.from(await answer.arrayBuffer()));
      return `the SHA-256 ${hash.digest("hex")}`;
    })
    .catch((error: unknown) => `no answer: ${(error as Error).message}`);
  if (found === `the SHA-256 ${sha256}`) return;
  throw new PolycastError("The archive is in its bucket, but nodes could not fetch it.", [
    {
      where: url,
      what: `has ${found}; the SHA-256 ${sha256} is wanted`,
      remedy:
        "Let that web server show the bucket, with its keys as paths, to whoever asks; then build again.",
    },
  ]);
}
