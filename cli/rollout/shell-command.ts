import { spawn } from "node:child_process";

/** A command of the user's own, and how long it may take. */
export interface ShellCommand {
  readonly command: string;
  readonly seconds: number;
}

/** How it ended; what it printed last is one line, and empty where it printed nothing. */
export type ShellEnd =
  | { readonly kind: "exit"; readonly code: number; readonly said: string }
  | { readonly kind: "signal"; readonly signal: string; readonly said: string }
  /** It took too long, and was ended with all that it had started. */
  | { readonly kind: "late"; readonly said: string }
  | { readonly kind: "not started"; readonly why: string };

const SHOWN = 200;

/**
 * Runs a command in a shell.
 * @param input for its standard input; left out: it has none.
 */
export function runShell(
  { command, seconds }: ShellCommand,
  env: NodeJS.ProcessEnv,
  input?: string,
): Promise<ShellEnd> {
  return new Promise((resolve) => {
    // A group of its own, so that what it has started ends with it.
    const child = spawn(command, { shell: true, detached: true, stdio: ["pipe", "pipe", "pipe"], env });
    // Who does not read what it is told is no trouble.
    child.stdin.on("error", () => undefined).end(input);
    let tail = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (tail = (tail + text).slice(-SHOWN)));
    }
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      endGroup(child.pid);
      // What has left the group may hold on to them.
      child.stdout.destroy();
      child.stderr.destroy();
    }, seconds * 1000);
    const end = (ended: ShellEnd): void => {
      clearTimeout(timer);
      resolve(ended);
    };
    child.once("error", ({ message }) => {
      end({ kind: "not started", why: message });
    });
    child.once("close", (code, signal) => {
      const said = tail.replaceAll(/\s+/g, " ").trim();
      if (late) end({ kind: "late", said });
      else if (code === null) end({ kind: "signal", signal: signal ?? "a signal", said });
      else end({ kind: "exit", code, said });
    });
  });
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended by itself, and only something that it left behind has not.
  }
}
