import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { satisfies } from "semver";
import { PolycastError } from "../constructs/fleet/problem";

/** The version that is fetched where Python has none: https://pypi.org/project/moto/ */
const MOTO_VERSION = "5.2.1";
/** `server` for the web server, the others for what these services read beyond moto itself. */
const MOTO_PACKAGE = `moto[server,ec2,iam,s3]==${MOTO_VERSION}`;
/** Account of everything in moto: the only one that the sandbox's provider blocks allow. */
const ACCOUNT = "000000000000";
/** How long moto may take to import its services and listen. */
const START_TIMEOUT_MS = 60_000;
const STOP_TIMEOUT_MS = 3_000;

/** Starts moto, mended, and ends it with its standard input, and so with us, however we end. */
const SERVER = path.join(__dirname, "moto-server.py");

/** A Python that has moto. */
export interface MotoPython {
  readonly python: string;
  /** moto's version. */
  readonly version: string;
}

/**
 * The Python to run moto with: the one at hand if it has moto, else a virtual environment below `cache`, which is
 * made and filled from PyPI the first time.
 *
 * @param cache directory that may be deleted at any time
 * @param say told before something that takes long
 * @throws PolycastError where there is no Python, or moto cannot be fetched.
 */
export async function findMoto(
  cache: string,
  env: NodeJS.ProcessEnv,
  say: (line: string) => void,
): Promise<MotoPython> {
  const atHand = env["PYTHON"] ?? "python3";
  const python = path.join(cache, `moto-${MOTO_VERSION}`, "bin", "python");
  for (const candidate of [atHand, python]) {
    const version = await motoVersion(candidate, env);
    // moto-server.py reaches into moto, so not any version will do.
    if (version !== undefined && satisfies(version, `^${MOTO_VERSION}`))
      return { python: candidate, version };
  }
  say(`fetching ${MOTO_PACKAGE} into ${path.relative(process.cwd(), path.dirname(path.dirname(python)))}`);
  await install(atHand, python, env);
  const version = await motoVersion(python, env);
  if (version === undefined) throw noMoto(atHand, "moto was installed and cannot be imported");
  return { python, version };
}

async function motoVersion(python: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (path.isAbsolute(python) && !existsSync(python)) return undefined;
  const code = "import moto.server; import moto; print(moto.__version__)";
  try {
    return (await promisify(execFile)(python, ["-c", code], { env })).stdout.trim();
  } catch {
    return undefined;
  }
}

async function install(atHand: string, python: string, env: NodeJS.ProcessEnv): Promise<void> {
  const directory = path.dirname(path.dirname(python));
  try {
    await promisify(execFile)(atHand, ["-m", "venv", "--clear", directory], { env });
    await promisify(execFile)(python, ["-m", "pip", "install", "--quiet", MOTO_PACKAGE], { env });
  } catch (error) {
    const { code, stderr = "" } = error as { code?: unknown; stderr?: string };
    const said = stderr.trim().split("\n").at(-1) ?? "";
    throw noMoto(atHand, code === "ENOENT" ? `there is no program "${atHand}" in PATH` : said);
  }
}

function noMoto(python: string, what: string): PolycastError {
  return new PolycastError("There is no moto, which stands in for AWS.", [
    {
      where: python,
      what,
      remedy: `Install Python 3.10 or newer with venv and pip and a way to PyPI, or moto itself: ${python} -m pip install "${MOTO_PACKAGE}". PYTHON names another Python.`,
    },
  ]);
}

/** moto, running. */
export interface Moto {
  /** `http://127.0.0.1:PORT` of every service that moto knows. */
  readonly url: string;
  /** Stops it; nothing is left when this returns. */
  close(): Promise<void>;
}

/**
 * Starts moto with an empty account and waits until it answers.
 * @throws PolycastError with what moto said, where it does not start.
 */
export async function startMoto(python: string, env: NodeJS.ProcessEnv): Promise<Moto> {
  const child = spawn(python, [SERVER], {
    env: { ...env, MOTO_ACCOUNT_ID: ACCOUNT, PYTHONUNBUFFERED: "1" },
    stdio: ["pipe", "ignore", "pipe"],
  });
  child.stdin.on("error", () => undefined); // it ended before its input did
  try {
    return { url: await listening(child), close: () => stop(child) };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

/** The address that moto says it listens on. Its log is read on, lest the pipe fills, and thrown away. */
async function listening(child: ChildProcess): Promise<string> {
  let log = "";
  let url: string | undefined;
  let ended: string | undefined;
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    if (url !== undefined) return;
    log += chunk;
    url = /Running on (http:\/\/127\.0\.0\.1:\d+)/.exec(log)?.[1];
  });
  child.once("error", (error) => (ended = error.message));
  child.once("close", (code) => (ended ??= `it ended with code ${code ?? "none"}`));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (url === undefined && ended === undefined && Date.now() < deadline) await sleep(50);
  if (url !== undefined) return url;
  throw new PolycastError("moto does not start.", [
    {
      where: "moto",
      what: `${ended ?? "it does not listen"}: ${log.trim().split("\n").slice(-3).join(" ")}`,
    },
  ]);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.stdin?.end();
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await ended;
  clearTimeout(timer);
}
