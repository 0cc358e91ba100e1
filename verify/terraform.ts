import { spawn, type ChildProcess } from "node:child_process";
import { rmSync } from "node:fs";
import path from "node:path";
import { createInterface } from "node:readline";
import { stripVTControlCharacters } from "node:util";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** One resource's change, as `terraform show -json` writes it. */
export interface ResourceChange {
  readonly address: string;
  readonly type: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before: JsonObject | null;
    readonly after: JsonObject | null;
    readonly after_unknown: Json;
    readonly replace_paths?: Json;
  };
}

/** One resource in the state. */
export interface StateResource {
  readonly address: string;
  readonly type: string;
  readonly values: JsonObject;
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A Terraform that runs. */
export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Terraform, or what ran below it, failed; what it said is in the message. */
export class TerraformError extends Error {
  public constructor(
    public readonly command: string,
    said: string,
  ) {
    super(`terraform ${command} failed:\n${said.trim()}`);
    this.name = "TerraformError";
  }
}

/** What runs now, each in a process group of its own. */
const running = new Set<ChildProcess>();

let isOver = false;

/** Ends every Terraform that runs, its plugins with it, at once: what they were about is lost. No other one starts. */
export function killTerraforms(): void {
  isOver = true;
  for (const child of running) killGroup(child);
}

/** Ends a Terraform and its plugins at once. */
export function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Terraform in one stack's directory. */
export class Terraform {
  private readonly binary: string;

  public constructor(
    public readonly directory: string,
    private readonly env: NodeJS.ProcessEnv,
  ) {
    this.binary = env["TERRAFORM_BINARY_NAME"] ?? "terraform";
  }

  public async init(): Promise<void> {
    await this.must("init", "-input=false");
  }

  /** Plans; what is to be done. The plan is kept for {@link apply}. */
  public async plan(...options: string[]): Promise<readonly ResourceChange[]> {
    await this.must("plan", "-input=false", "-out=plan.bin", ...options);
    const { stdout } = await this.must("show", "-json", "plan.bin");
    const plan = JSON.parse(stdout) as { resource_changes?: ResourceChange[] };
    return plan.resource_changes ?? [];
  }

  /**
   * Applies the last plan.
   * @param onDone told of each resource that is done
   */
  public async apply(onDone: (address: string) => void = () => undefined): Promise<void> {
    await this.changing(onDone, "apply", "-input=false", "plan.bin");
  }

  public async destroy(onDone: (address: string) => void = () => undefined): Promise<void> {
    await this.changing(onDone, "destroy", "-input=false", "-auto-approve");
  }

  public async state(): Promise<readonly StateResource[]> {
    const { stdout } = await this.must("show", "-json");
    const { values } = JSON.parse(stdout) as { values?: { root_module: { resources?: StateResource[] } } };
    return values?.root_module.resources ?? [];
  }

  /** Starts a command in a process group of its own, which {@link killTerraforms} and {@link killGroup} end. */
  public start(args: readonly string[], onLine: (line: string) => void = () => undefined): Started {
    if (isOver) throw new TerraformError(args[0] ?? "", "stopped");
    const child = spawn(this.binary, args, {
      cwd: this.directory,
      env: { ...this.env, CHECKPOINT_DISABLE: "1", TF_IN_AUTOMATION: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    running.add(child);
    const ended = new Promise<Ended>((resolve, reject) => {
      let [stdout, stderr] = ["", ""];
      createInterface({ input: child.stdout }).on("line", (line) => {
        stdout += `${line}\n`;
        onLine(line);
      });
      child.stderr.setEncoding("utf8").on("data", (chunk: string) => (stderr += chunk));
      child.once("error", reject);
      child.once("close", (status) => {
        resolve({ status, stdout, stderr: stripVTControlCharacters(stderr) });
      });
    }).finally(() => running.delete(child));
    return { child, ended };
  }

  public run(...args: string[]): Promise<Ended> {
    return this.start(args).ended;
  }

  /** Forgets providers and back end, as a new machine would. */
  public forget(): void {
    rmSync(path.join(this.directory, ".terraform"), { recursive: true, force: true });
  }

  private async must(...args: string[]): Promise<Ended> {
    const ended = await this.run(...args);
    if (ended.status !== 0)
      throw new TerraformError(args[0] ?? "", `${errorsIn(ended.stdout)}${ended.stderr}`);
    return ended;
  }

  private async changing(onDone: (address: string) => void, command: string, ...args: string[]) {
    const { ended } = this.start([command, "-json", ...args], (line) => {
      for (const { type, hook } of logLines(line)) {
        if (type === "apply_complete" && hook !== undefined) onDone(hook.resource.addr);
      }
    });
    const { status, stdout, stderr } = await ended;
    if (status !== 0) throw new TerraformError(command, `${errorsIn(stdout)}${stderr}`);
  }
}

/** A line of `terraform -json`: https://developer.hashicorp.com/terraform/internals/machine-readable-ui */
interface LogLine {
  readonly type: string;
  readonly change?: { readonly action?: string; readonly resource: { readonly addr: string } };
  readonly hook?: { readonly resource: { readonly addr: string } };
  readonly diagnostic?: { readonly severity: string; readonly summary: string; readonly detail: string };
}

function logLines(stdout: string): LogLine[] {
  return stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as LogLine);
}

function errorsIn(stdout: string): string {
  return logLines(stdout.replaceAll(/^\{"(?:format_version|values)".*$/gm, ""))
    .flatMap(({ diagnostic }) => (diagnostic?.severity === "error" ? [diagnostic] : []))
    .map(({ summary, detail }) => `${summary}\n${detail}\n`)
    .join("");
}
