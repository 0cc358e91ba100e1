import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { basename } from "node:path";

/** One running process of this machine. */
export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  /** The process group; a signal to a terminal's foreground or to `-group` reaches all of it. */
  readonly group: number;
  /** The name of the program, without its folder; Linux keeps the first 15 characters only. */
  readonly name: string;
}

/** The processes that run now; those that have ended and only wait for their parent are left out. */
export function runningProcesses(): RunningProcess[] {
  return process.platform === "linux" ? fromProc() : fromPs();
}

/** The children of `root`, their children, and so on; not `root` itself. */
export function descendants(
  root: number,
  table: readonly RunningProcess[] = runningProcesses(),
): RunningProcess[] {
  const found: RunningProcess[] = [];
  const parents = [root];
  for (let parent = parents.pop(); parent !== undefined; parent = parents.pop()) {
    for (const child of table) {
      if (child.parent !== parent || found.includes(child)) continue;
      found.push(child);
      parents.push(child.pid);
    }
  }
  return found;
}

/**
 * The command line of a process, its arguments apart by blanks, or undefined where there is no such process.
 * It tells a process that we started from another program that was given the same number later.
 */
export function commandLine(pid: number): string | undefined {
  try {
    const text =
      process.platform === "linux"
        ? readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ").trim()
        : ps(["-ww", "-p", String(pid), "-o", "args="]).trim();
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Sends a signal; false where the process is gone already. */
export function signalProcess(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

function fromProc(): RunningProcess[] {
  return readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((pid) => fromStat(Number(pid)));
}

function fromStat(pid: number): RunningProcess[] {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return []; // it ended since the folder was listed
  }
  // `PID (NAME) STATE PARENT GROUP …`; the name itself may hold blanks and parentheses.
  const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
  const [state, parent, group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === "Z" || state === "X" ? [] : [{ pid, parent: Number(parent), group: Number(group), name }];
}

function fromPs(): RunningProcess[] {
  return parsePs(ps(["-A", "-o", "pid=,ppid=,pgid=,stat=,comm="]));
}

/** Reads the table that `ps -A -o pid=,ppid=,pgid=,stat=,comm=` prints. */
export function parsePs(table: string): RunningProcess[] {
  return table.split("\n").flatMap((line) => {
    const [, pid, parent, group, state, command] =
      /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(line) ?? [];
    if (command === undefined || state?.startsWith("Z")) return [];
    return [{ pid: Number(pid), parent: Number(parent), group: Number(group), name: basename(command) }];
  });
}

function ps(args: readonly string[]): string {
  return execFileSync("ps", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}
