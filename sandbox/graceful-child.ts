import { spawn, type ChildProcess, type StdioOptions } from "node:child_process";
import { constants } from "node:os";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { descendants, runningProcesses, signalProcess, type RunningProcess } from "./process-table";

const STOPPING = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type StopSignal = (typeof STOPPING)[number];

/** How often the tree of processes is looked at once it has to stop, in milliseconds. */
const LOOK_EVERY = 50;
/** How long the command may go on without Terraform once it has to stop: it still prints what Terraform said. */
const GRACE = 5_000;
/** Signals that arrive closer together are one wish: npm repeats the terminal's Ctrl-C to its script. */
const SAME_WISH = 500;

/**
 * What a process calls itself that builds images below a Terraform: as Terraform it gets one SIGINT, and is waited for
 * until it has destroyed its builder.
 */
export const IMAGE_BUILD = "polycast-image";

export interface GracefulOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly stdio?: StdioOptions;
  /** Sees the process when it has started, to read its output. */
  readonly onStart?: (child: ChildProcess) => void;
  /** Told once, when the first signal arrived and Terraform was asked to stop. */
  readonly onStopping?: (signal: StopSignal) => void;
}

export interface GracefulResult {
  /** What the shell would report: the command's own code, or 128 plus the number of the signal that ended it. */
  readonly code: number;
  /** The signal by which somebody asked us to stop, if somebody did. */
  readonly stoppedBy?: StopSignal;
}

/** The exit code by which a shell reports a signal: 130 for SIGINT, 143 for SIGTERM. */
export function signalCode(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

/**
 * Runs a command so that Ctrl-C, SIGTERM and SIGHUP stop the Terraform below it gracefully.
 *
 * cdktf answers a signal by closing the terminal in which it runs Terraform, which kills Terraform in the middle
 * of a resource: the cloud has it, no state does, and the lock stays. So the command gets a session of its own,
 * out of reach of the terminal's Ctrl-C, and each Terraform below it gets one SIGINT, on which Terraform finishes
 * what is in flight, writes the state and removes the lock. A command without Terraform is ended itself.
 * A second signal makes Terraform stop at once. When this returns, no process of the command's is left.
 *
 * cdktf 0.21 also kills a Terraform that is at work when another stack fails (or is stopped) while a third waits for
 * both: nothing handles the failed stack's promise yet, and Node.js ends a process for that. It is told not to; cdktf
 * reports the failure itself once all stacks have settled. Nor does it end any more in the middle of a stack where the
 * reader of its output has gone, as with `| head`.
 *
 * @throws the error of `spawn` where the command cannot be started.
 */
export async function runGracefully(
  command: string,
  args: readonly string[],
  options: GracefulOptions,
): Promise<GracefulResult> {
  const child = spawn(command, args, {
    env: { ...options.env, NODE_OPTIONS: settled(options.env["NODE_OPTIONS"]) },
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdio: options.stdio ?? "inherit",
    detached: true,
  });
  const exit = whenExited(child);
  const drained = new Promise((resolve) => child.once("close", resolve));
  options.onStart?.(child);
  const stopping = new Stopping(child, terraformName(options.env), options.onStopping);
  const release = listen((signal) => {
    stopping.ask(signal);
  });
  try {
    const code = await exit;
    await stopping.clearUp();
    await drained;
    return stopping.signal === undefined ? { code } : { code, stoppedBy: stopping.signal };
  } finally {
    release();
    stopping.close();
  }
}

function settled(nodeOptions = ""): string {
  const preload = `--require=${JSON.stringify(join(__dirname, "settle-cdktf.js"))}`;
  // cdktf gives the synth this much, but only where NODE_OPTIONS is not set.
  const memory = nodeOptions.includes("--max-old-space-size") ? "" : "--max-old-space-size=4096";
  return [nodeOptions, preload, memory].filter(Boolean).join(" ");
}

function terraformName(env: NodeJS.ProcessEnv): string {
  return basename(env["TERRAFORM_BINARY_NAME"] ?? "terraform");
}

function whenExited(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      resolve(code ?? signalCode(signal ?? "SIGKILL"));
    });
  });
}

function listen(heard: (signal: StopSignal) => void): () => void {
  for (const signal of STOPPING) process.on(signal, heard);
  return () => {
    for (const signal of STOPPING) process.off(signal, heard);
  };
}

/** Brings the processes below one command to their end. */
class Stopping {
  public signal: StopSignal | undefined;
  private askedAt = 0;
  private idleSince: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** Every process seen below the command: once their parent is gone, the tree no longer leads to them. */
  private readonly seen = new Set<number>();
  private readonly interrupted = new Set<number>();

  public constructor(
    private readonly child: ChildProcess,
    private readonly terraform: string,
    private readonly onStopping: ((signal: StopSignal) => void) | undefined,
  ) {}

  public ask(signal: StopSignal): void {
    const now = Date.now();
    if (this.signal === undefined) {
      this.signal = signal;
      this.askedAt = now;
      this.onStopping?.(signal);
      this.look(0);
      this.timer = setInterval(() => {
        this.look(GRACE);
      }, LOOK_EVERY);
    } else if (now - this.askedAt >= SAME_WISH) {
      this.interrupted.clear(); // a second SIGINT is Terraform's own way to stop at once
      if (!this.interruptTerraform()) this.signalGroup("SIGKILL");
    }
  }

  /** Ends what the command has left behind; Terraform is waited for, as long as it takes. */
  public async clearUp(): Promise<void> {
    this.close();
    const deadline = Date.now() + GRACE;
    for (let left = this.leftBehind(); left.length > 0; left = this.leftBehind()) {
      const waitedFor = left.filter((stray) => this.isTerraform(stray));
      // What these have started they end themselves: plugins, Packer.
      const theirs = new Set(waitedFor.flatMap(({ pid }) => descendants(pid).map((each) => each.pid)));
      for (const stray of left) {
        if (this.isTerraform(stray)) this.interrupt(stray);
        else if (!theirs.has(stray.pid))
          signalProcess(stray.pid, Date.now() < deadline ? "SIGTERM" : "SIGKILL");
      }
      await sleep(LOOK_EVERY);
    }
  }

  public close(): void {
    clearInterval(this.timer);
  }

  /** One look at the tree: Terraform is asked to stop; without Terraform for `patience` ms, the command is. */
  private look(patience: number): void {
    if (this.interruptTerraform()) {
      this.idleSince = undefined;
      return;
    }
    this.idleSince ??= Date.now();
    if (Date.now() - this.idleSince >= patience) this.signalGroup("SIGTERM");
  }

  /** @returns whether any Terraform runs. */
  private interruptTerraform(): boolean {
    const below = descendants(this.child.pid ?? 0);
    for (const { pid } of below) this.seen.add(pid);
    const running = below.filter((process) => this.isTerraform(process));
    running.forEach((process) => {
      this.interrupt(process);
    });
    return running.length > 0;
  }

  private leftBehind(): RunningProcess[] {
    return runningProcesses().filter(({ pid, group }) => this.seen.has(pid) || group === this.child.pid);
  }

  private isTerraform({ name }: RunningProcess): boolean {
    // A provider's plugin is called terraform-provider-…: it must hear of the end from Terraform.
    return [this.terraform, "terraform", "tofu", IMAGE_BUILD].some((known) => known.slice(0, 15) === name);
  }

  private interrupt({ pid }: RunningProcess): void {
    if (this.interrupted.has(pid)) return;
    this.interrupted.add(pid);
    signalProcess(pid, "SIGINT");
  }

  private signalGroup(signal: NodeJS.Signals): void {
    if (this.child.pid !== undefined) signalProcess(-this.child.pid, signal);
  }
}
