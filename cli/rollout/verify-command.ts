import type { Finding } from "../../rollout/look";
import type { Find } from "./finding";
import { runShell, type ShellCommand } from "./shell-command";

/** What a command of the user's own is told of the fleet that it is to judge. */
export interface VerifySubject {
  readonly fleet: string;
  readonly provider: string;
  readonly address: string;
  /** What the live record says that it runs. */
  readonly release: string;
}

/** "Temporary failure" of sysexits.h: it could not find out. */
const TEMPFAIL = 75;

/**
 * Runs the command in a shell. 0 is good, 75 and whatever ends it from outside is unclear, every other exit code is bad.
 * It is told of the fleet by POLYCAST_FLEET, POLYCAST_PROVIDER, POLYCAST_ADDRESS and POLYCAST_RELEASE.
 */
export async function runVerify(
  command: ShellCommand,
  { fleet, provider, address, release }: VerifySubject,
  env: NodeJS.ProcessEnv,
  find: Find,
): Promise<Finding> {
  const ended = await runShell(command, {
    ...env,
    POLYCAST_FLEET: fleet,
    POLYCAST_PROVIDER: provider,
    POLYCAST_ADDRESS: address,
    POLYCAST_RELEASE: release,
  });
  if (ended.kind === "not started") return find("unclear", ended.why);
  const tail = ended.said === "" ? "" : `: ${ended.said}`;
  switch (ended.kind) {
    case "late":
      return find("unclear", `took longer than ${command.seconds} s${tail}`);
    case "signal":
      return find("unclear", `ended by ${ended.signal}${tail}`);
    case "exit":
      if (ended.code === 0) return find("good", `exit code 0${tail}`);
      return find(ended.code === TEMPFAIL ? "unclear" : "bad", `exit code ${ended.code}${tail}`);
  }
}
