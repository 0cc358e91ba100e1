import { spawn } from "node:child_process";
import type { Finding } from "../../rollout/look";
import type { Find } from "./finding";

/** What a command of the user's own is told of the fleet that it is to judge. */
export interface VerifySubject {
  readonly fleet: string;
  readonly provider: string;
  readonly address: string;
  /** What the live record says that it runs. */
  readonly release: string;
}

/** The user's command, and how long it may take. */
export interface VerifyCommand {
  readonly command: string;
  readonly seconds: number;
}

/** "Temporary failure" of sysexits.h: it could not find out. */
const TEMPFAIL = 75;
const SHOWN = 200;

/**
 * Runs the command in a shell. 0 is good, 75 and whatever ends it from outside is unclear, every other exit code is bad.
 * It is told of the fleet by POLYCAST_FLEET, POLYCAST_PROVIDER, POLYCAST_ADDRESS and POLYCAST_RELEASE.
 */
export function runVerify(
  { command, seconds }: VerifyCommand,
  { fleet, provider, address, release }: VerifySubject,
  env: NodeJS.ProcessEnv,
  find: Find,
): Promise<Finding> {
  return new Promise((resolve) => {
    // A group of its own, so that what it has started ends with it.
    const child = spawn(command, {
      shell: true,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...env,
        POLYCAST_FLEET: fleet,
        POLYCAST_PROVIDER: provider,
        POLYCAST_ADDRESS: address,
        POLYCAST_RELEASE: release,
      },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-SHOWN)));
    }
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    }, seconds * 1000);
    const end = (finding: Finding): void => {
      clearTimeout(timer);
      resolve(finding);
    };
    child.once("error", ({ message }) => {
      end(find("unclear", message));
    });
    child.once("close", (code, signal) => {
      const tail = said.trim() === "" ? "" : `: ${said.replaceAll(/\s+/g, " ").trim()}`;
      if (late) end(find("unclear", `took longer than ${seconds} s${tail}`));
      else if (code === 0) end(find("good", `exit code 0${tail}`));
      else if (code === null) end(find("unclear", `ended by ${signal ?? "a signal"}${tail}`));
      else end(find(code === TEMPFAIL ? "unclear" : "bad", `exit code ${code}${tail}`));
    });
  });
}
