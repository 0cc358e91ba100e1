import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { secretFilter } from "../../builds/secret-filter";
import { PolycastError } from "../../constructs/fleet/problem";
import type { ImageTools, RunOptions, RunResult } from "../../constructs/image/image-source";
import { signalCode } from "../../sandbox/graceful-child";
import { signalProcess } from "../../sandbox/process-table";
import { makeRunDirectory } from "../run-directory";

/** How long a program may take to clean up once it has to end, in milliseconds: Packer ends a machine meanwhile. */
const GRACE = 180_000;

/** The tools of one build, on this machine. */
export interface BuildTools {
  readonly tools: ImageTools;
  /** Ends the work: aborts `tools.signal`. */
  readonly stop: (why: Error) => void;
  /** The log; it exists once something was written to it. */
  readonly log: string;
  /** Lines at the end of the log. */
  readonly tail: (lines: number) => readonly string[];
  /**
   * Removes the workspace and looks through the log for secrets once more.
   * @returns what is to be told of the log, if anything.
   */
  readonly close: () => string | undefined;
}

export interface BuildToolsOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly sandbox: boolean;
  readonly state: ImageTools["state"];
  /** Where the log goes, absolute. */
  readonly log: string;
  readonly progress: (what: string) => void;
  /** World seconds per real second; 1 outside the sandbox. */
  readonly scale: () => Promise<number>;
  /** Milliseconds since 1970: the world's time. */
  readonly now: () => number;
}

export function buildTools({
  env,
  sandbox,
  state,
  log,
  progress,
  scale,
  now,
}: BuildToolsOptions): BuildTools {
  const secrets = secretFilter(env);
  const stopping = new AbortController();
  let workspace: string | undefined;
  let lost: string | undefined;

  const write = (line: string): void => {
    try {
      mkdirSync(path.dirname(log), { recursive: true });
      appendFileSync(log, `${secrets.hide(line)}\n`, { mode: 0o600 });
    } catch (error) {
      // A disk that is full is no reason to leave a builder alone.
      lost ??= (error as Error).message;
    }
  };

  const tools: ImageTools = {
    env,
    sandbox,
    state,
    get workspace() {
      workspace ??= makeRunDirectory(tmpdir(), "polycast-image");
      return workspace;
    },
    signal: stopping.signal,
    run: (command, args, options = {}) => {
      write(`$ ${[command, ...args].join(" ")}`);
      return runProgram(
        command,
        args,
        { ...options, env: { ...env, ...options.env } },
        stopping.signal,
        write,
      ).then(({ code, output }) => ({ code, output: secrets.hide(output) }));
    },
    log: write,
    progress: (what) => {
      write(`# ${what}`);
      progress(secrets.hide(what));
    },
    secret: (value) => {
      secrets.add("secret", value);
    },
    fetch,
    now,
    sleep: async (seconds, signal) => {
      const pace = await scale();
      await wait((seconds * 1000) / pace, undefined, signal === undefined ? {} : { signal }).catch(
        () => undefined,
      );
      signal?.throwIfAborted();
    },
  };

  return {
    tools,
    stop: (why) => {
      stopping.abort(why);
    },
    log,
    tail: (lines) => readLog(log).trimEnd().split("\n").slice(-lines),
    close: () => {
      if (workspace !== undefined) rmSync(workspace, { recursive: true, force: true });
      const text = readLog(log);
      const found = secrets.found(text);
      if (found.length > 0) {
        writeFileSync(log, secrets.hide(text));
        return `the log held what must be in none, and was cleaned: ${found.join(", ")}`;
      }
      return lost === undefined ? undefined : `the log is not whole: ${lost}`;
    },
  };
}

function readLog(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

/**
 * Runs a program in a process group of its own, out of reach of the terminal's Ctrl-C; once the signal is aborted the
 * group is interrupted as a terminal would do it, and Packer and Terraform clean up. No process of the group is left.
 */
async function runProgram(
  command: string,
  args: readonly string[],
  { cwd, env, cleaning = false }: Omit<RunOptions, "env"> & { readonly env: NodeJS.ProcessEnv },
  signal: AbortSignal,
  line: (text: string) => void,
): Promise<RunResult> {
  if (!cleaning) signal.throwIfAborted();
  const child = spawn(command, args, {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  const group = -(child.pid ?? 0);
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    byLine(stream, (text) => {
      output += `${text}\n`;
      line(text);
    });
  let killing: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    if (child.pid === undefined) return;
    signalProcess(group, "SIGINT");
    killing = setTimeout(() => signalProcess(group, "SIGKILL"), GRACE);
  };
  if (!cleaning) signal.addEventListener("abort", interrupt, { once: true });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) => {
        reject(error.code === "ENOENT" ? missing(command) : error);
      });
      child.once("exit", (exit, by) => {
        // What it has left behind would hold its pipes open.
        if (child.pid !== undefined) signalProcess(group, "SIGKILL");
        child.once("close", () => {
          resolve(exit ?? signalCode(by ?? "SIGKILL"));
        });
      });
    });
    if (!cleaning) signal.throwIfAborted();
    return { code, output };
  } finally {
    clearTimeout(killing);
    signal.removeEventListener("abort", interrupt);
  }
}

/** Whole lines, so that no secret is cut in two. */
function byLine(stream: NodeJS.ReadableStream, then: (line: string) => void): void {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop() ?? "";
    lines.forEach(then);
  });
  stream.on("end", () => {
    if (rest !== "") then(rest);
  });
}

function missing(command: string): PolycastError {
  return new PolycastError(`There is no program "${command}" in PATH.`, [
    { where: command, what: "cannot be started", remedy: "Install it, or mend PATH." },
  ]);
}
