import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { PROJECT_ROOT } from "../../live/state-location";
import { sandboxPlaces, type SandboxPlaces } from "../../sandbox/places";
import { commandLine, runningProcesses } from "../../sandbox/process-table";

/** One command that runs, or has run. */
export interface Running {
  readonly child: ChildProcess;
  /** All that it has printed so far, both streams in the order they came. */
  output(): string;
  /** Waits until it has printed something; fails where it ends before. */
  printed(text: string | RegExp): Promise<void>;
  /** Waits for its end. */
  done(): Promise<Done>;
}

export interface Done {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A state directory of its own for the tests of one suite, and Polycast run in it as a user runs it. */
export class SandboxHome {
  public readonly directory = realpathSync(mkdtempSync(join(tmpdir(), "polycast-e2e-")));
  public readonly env: NodeJS.ProcessEnv;
  public readonly places: SandboxPlaces;

  public constructor(variables: NodeJS.ProcessEnv = {}) {
    const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("POLYCAST_"));
    this.env = {
      ...Object.fromEntries(inherited),
      POLYCAST_HOME: join(this.directory, "home"),
      ...variables,
    };
    this.places = sandboxPlaces(this.env);
  }

  /** Starts `polycast ARGS…` without a terminal. */
  public start(...args: readonly string[]): Running {
    return this.startProgram(process.execPath, [join(PROJECT_ROOT, "bin", "polycast.js"), ...args]);
  }

  public startProgram(program: string, args: readonly string[]): Running {
    const child = spawn(program, args, {
      cwd: PROJECT_ROOT,
      env: this.env,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => ((stdout += text), (output += text)));
    child.stderr.setEncoding("utf8").on("data", (text: string) => ((stderr += text), (output += text)));
    const closed = once(child, "close");
    return {
      child,
      output: () => output,
      printed: async (text) => {
        while (!(typeof text === "string" ? output.includes(text) : text.test(output))) {
          if (child.exitCode !== null)
            throw new Error(`it ended without printing ${String(text)}:\n${output}`);
          await sleep(10);
        }
      },
      done: async () => {
        await closed;
        return { code: child.exitCode, stdout, stderr };
      },
    };
  }

  /** Runs `polycast ARGS…` to its end. */
  public run(...args: readonly string[]): Promise<Done> {
    return this.start(...args).done();
  }

  /** Runs it to its end and fails, showing what it printed, where it fails. */
  public async succeed(...args: readonly string[]): Promise<Done> {
    const done = await this.run(...args);
    if (done.code !== 0)
      throw new Error(`polycast ${args.join(" ")}: exit code ${done.code}\n${done.stdout}${done.stderr}`);
    return done;
  }

  /** Resource type and id of every managed object in the Terraform state of a stack. */
  public stateObjects(stack: string): string[] {
    const path = join(this.places.directory, "state", `${stack}.tfstate`);
    if (!existsSync(path)) return [];
    const { resources } = JSON.parse(readFileSync(path, "utf8")) as {
      resources: { mode: string; type: string; instances: { attributes: { id: string } }[] }[];
    };
    return resources
      .filter(({ mode }) => mode === "managed")
      .flatMap(({ type, instances }) => instances.map(({ attributes }) => `${type} ${attributes.id}`));
  }

  /** Resource type and id of every object that the simulated clouds hold; only while no sandbox runs. */
  public cloudObjects(): string[] {
    const objects = new Set<string>();
    for (const line of readFileSync(join(this.places.clouds, "clouds.jsonl"), "utf8").trim().split("\n")) {
      const { put, remove } = JSON.parse(line) as Record<
        "put" | "remove",
        { type: string; id: string } | undefined
      >;
      if (put !== undefined) objects.add(`${put.type} ${put.id}`);
      if (remove !== undefined) objects.delete(`${remove.type} ${remove.id}`);
    }
    return [...objects];
  }

  /** Command lines of the processes that work for this home: its sandbox, and what was started with its variables. */
  public processes(): string[] {
    return runningProcesses().flatMap(({ pid }) => {
      const line = commandLine(pid);
      return line !== undefined &&
        (line.includes(this.directory) || environmentOf(pid).includes(this.directory))
        ? [line]
        : [];
    });
  }

  /** Ends the sandbox, if one runs, and deletes everything. */
  public async dispose(): Promise<void> {
    await this.run("sandbox", "down");
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Linux shows it to the same user; elsewhere the command lines must do. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "utf8");
  } catch {
    return "";
  }
}
