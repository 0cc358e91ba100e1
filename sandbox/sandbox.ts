import { spawn, type ChildProcess } from "node:child_process";
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  rmdirSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { PolycastError } from "../constructs/fleet/problem";
import { PROJECT_ROOT } from "../live/state-location";
import { withoutCredentials } from "./credentials";
import { makeSandboxDirectory, notWritable, sandboxPlaces, type SandboxPlaces } from "./places";
import { commandLine, signalProcess } from "./process-table";
import {
  makerSchema,
  readJson,
  recordSchema,
  thisPolycast,
  writeJson,
  type Maker,
  type SandboxRecord,
} from "./sandbox-record";

/** In milliseconds. */
const LOOK_EVERY = 20;
const READY_WITHIN = 30_000;
const END_WITHIN = 10_000;
/** The daemon's way to say that another one holds the directory. */
export const ANOTHER_RUNS = 75;

/** A sandbox that runs and can be used. */
export interface AttachedSandbox {
  readonly places: SandboxPlaces;
  readonly record: SandboxRecord;
}

export type SandboxStatus =
  /** There is no sandbox, not even a stopped one. */
  | { readonly state: "none"; readonly places: SandboxPlaces }
  /** No process runs; the clouds' content is kept. */
  | { readonly state: "stopped"; readonly places: SandboxPlaces }
  /** The process ended without saying so; the clouds' content is kept. */
  | { readonly state: "dead"; readonly places: SandboxPlaces; readonly pid: number; readonly started: string }
  | { readonly state: "running"; readonly places: SandboxPlaces; readonly record: SandboxRecord }
  /** Its files are not this Polycast's: made by another version, or damaged. */
  | {
      readonly state: "foreign";
      readonly places: SandboxPlaces;
      readonly why: string;
      readonly pid?: number;
    };

export interface UpOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Told what is going on, in half a sentence. */
  readonly onProgress?: (what: string) => void;
  /** The program of the sandbox process; tests replace it. */
  readonly daemon?: string;
}

/** What there is, without changing anything. */
export function sandboxStatus(env: NodeJS.ProcessEnv): SandboxStatus {
  const places = sandboxPlaces(env);
  if (!existsSync(places.madeBy) && !existsSync(places.record)) return { state: "none", places };
  const maker = readOwn(places.madeBy, makerSchema);
  const record = readOwn(places.record, recordSchema);
  const why = maker.trouble ?? otherVersion(maker.content) ?? record.trouble ?? otherVersion(record.content);
  if (why !== undefined) return { state: "foreign", places, why, ...daemonOf(places) };
  if (record.content === undefined) return { state: "stopped", places };
  const { pid } = record.content;
  return isDaemon(pid, places)
    ? { state: "running", places, record: record.content }
    : { state: "dead", places, pid, started: record.content.started };
}

/**
 * Starts the sandbox, or attaches to the one that runs; a dead one's clouds are taken over as they are.
 *
 * @returns the sandbox, and whether this call started it.
 * @throws PolycastError where it cannot start (with the last lines of its log), or is another version's.
 */
export async function sandboxUp(
  options: UpOptions,
): Promise<AttachedSandbox & { readonly started: boolean }> {
  const places = await makeSandboxDirectory(options.env);
  const before = sandboxStatus(options.env);
  if (before.state === "foreign") throw foreign(before);
  if (before.state === "running") return { places, record: before.record, started: false };
  options.onProgress?.(
    before.state === "dead" ? `its process ${before.pid} is gone: starting a new one` : "starting",
  );
  try {
    writeJson(places.madeBy, thisPolycast());
  } catch (error) {
    throw notWritable(places.directory, error);
  }
  const daemon = startDaemon(places, options);
  const record = await whenReady(
    options.env,
    places,
    daemon,
    before.state === "dead" ? before.started : undefined,
  );
  return { places, record, started: record.pid === daemon.pid };
}

/**
 * The sandbox that runs.
 *
 * @throws PolycastError that says what to do where none does.
 */
export function attachedSandbox(env: NodeJS.ProcessEnv): AttachedSandbox {
  const status = sandboxStatus(env);
  switch (status.state) {
    case "running":
      return { places: status.places, record: status.record };
    case "foreign":
      throw foreign(status);
    case "dead":
      throw notRunning(`its process ${status.pid} ended without stopping; what the clouds hold is kept`);
    case "none":
      throw notRunning("there is none yet");
    case "stopped":
      throw notRunning("it is stopped; what the clouds hold is kept");
  }
}

/** Ends the process; what the clouds hold stays. Nothing happens where none runs. */
export async function sandboxStop(env: NodeJS.ProcessEnv): Promise<void> {
  const status = sandboxStatus(env);
  const pid =
    status.state === "running" ? status.record.pid : status.state === "foreign" ? status.pid : undefined;
  if (pid !== undefined) await end(pid, status.places);
}

/**
 * Ends the process and deletes everything the sandbox has written, its Terraform state included.
 * @returns whether there was anything.
 */
export async function sandboxDown(env: NodeJS.ProcessEnv): Promise<boolean> {
  const { directory, home } = sandboxPlaces(env);
  const wasThere = existsSync(directory);
  await sandboxStop(env);
  try {
    rmSync(directory, { recursive: true, force: true });
    if (existsSync(home) && readdirSync(home).length === 0) rmdirSync(home);
  } catch (error) {
    throw notWritable(directory, error);
  }
  return wasThere;
}

function notRunning(why: string): PolycastError {
  return new PolycastError("No sandbox is running", [
    { where: "sandbox", what: why, remedy: "Start it: npx polycast sandbox up" },
  ]);
}

function foreign({ why, places }: { why: string; places: SandboxPlaces }): PolycastError {
  return new PolycastError("This sandbox is not this Polycast's", [
    {
      where: places.directory,
      what: why,
      remedy: "Delete it, with all that its clouds hold: npx polycast sandbox down",
    },
  ]);
}

/** The content of a file of ours, or what is wrong with it; neither where there is no such file. */
function readOwn<T>(path: string, schema: z.ZodType<T>): { content?: T; trouble?: string } {
  try {
    const content = readJson(path);
    if (content === undefined) return {};
    const parsed = schema.safeParse(content);
    if (parsed.success) return { content: parsed.data };
    // Another version's file need not have our form, but it says whose it is.
    const other = otherVersion(makerSchema.safeParse(content).data);
    return { trouble: other ?? `${path} is damaged: ${z.prettifyError(parsed.error)}` };
  } catch (error) {
    return { trouble: `${path} cannot be read: ${String(error)}` };
  }
}

function otherVersion(maker: Maker | undefined): string | undefined {
  const own = thisPolycast();
  if (maker === undefined || (maker.format === own.format && maker.polycast === own.polycast))
    return undefined;
  return `made by Polycast ${maker.polycast} (format ${maker.format}); this is ${own.polycast} (format ${own.format})`;
}

/** The process that works in a directory whose files we cannot read: what any version's record begins with tells. */
function daemonOf(places: SandboxPlaces): { pid?: number } {
  try {
    const { pid } = z.object({ pid: z.int().positive() }).parse(readJson(places.record));
    return isDaemon(pid, places) ? { pid } : {};
  } catch {
    return {};
  }
}

/** Whether this process is a sandbox of that directory, and not another program that got its number. */
export function isDaemon(pid: number, { directory }: Pick<SandboxPlaces, "directory">): boolean {
  const path = existsSync(directory) ? realpathSync(directory) : directory;
  return commandLine(pid)?.endsWith(`daemon.ts ${path}`) ?? false;
}

function startDaemon(places: SandboxPlaces, { env, daemon }: UpOptions): ChildProcess {
  const log = openLog(places);
  try {
    const program = daemon ?? join(__dirname, "daemon.ts");
    const child = spawn(process.execPath, ["--require", "ts-node/register", program, places.directory], {
      cwd: PROJECT_ROOT,
      env: { ...withoutCredentials(env), POLYCAST_HOME: places.home },
      stdio: ["ignore", log, log],
      detached: true,
    });
    child.unref();
    return child;
  } finally {
    closeSync(log);
  }
}

/** Opened to append: the process that gets the directory empties it first. */
function openLog({ log, directory }: SandboxPlaces): number {
  try {
    return openSync(log, "a");
  } catch (error) {
    throw notWritable(directory, error);
  }
}

/** Waits for the record of the process that we have started, or of another that was started at the same time. */
async function whenReady(
  env: NodeJS.ProcessEnv,
  places: SandboxPlaces,
  daemon: ChildProcess,
  stale: string | undefined,
): Promise<SandboxRecord> {
  const deadline = Date.now() + READY_WITHIN;
  while (Date.now() < deadline) {
    const status = sandboxStatus(env);
    // After a restart of the machine the new process may have the number of the one before.
    if (status.state === "running" && status.record.started !== stale) {
      if (status.record.pid !== daemon.pid) daemon.kill(); // it lost the race, or is about to
      return status.record;
    }
    if (daemon.exitCode !== null && daemon.exitCode !== ANOTHER_RUNS) break;
    if (daemon.signalCode !== null) break;
    await sleep(LOOK_EVERY);
  }
  if (daemon.exitCode === null && daemon.signalCode === null) daemon.kill("SIGKILL");
  throw new PolycastError("The sandbox did not start", [
    {
      where: places.log,
      what: lastLines(places.log, 12),
      remedy: "Start anew from nothing: npx polycast sandbox down",
    },
  ]);
}

function lastLines(path: string, count: number): string {
  const lines = existsSync(path) ? readFileSync(path, "utf8").trimEnd().split("\n") : [];
  return lines.some((line) => line !== "")
    ? `its last lines:\n      ${lines.slice(-count).join("\n      ")}`
    : "it wrote nothing";
}

async function end(pid: number, places: SandboxPlaces): Promise<void> {
  signalProcess(pid, "SIGTERM");
  const deadline = Date.now() + END_WITHIN;
  while (isDaemon(pid, places)) {
    if (Date.now() > deadline) signalProcess(pid, "SIGKILL");
    await sleep(LOOK_EVERY);
  }
}
