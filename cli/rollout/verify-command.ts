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
  /** Sites that run another one, `us-east-1=r2,eu-west-1=r2`; empty where none does. */
  readonly siteReleases: string;
}

/** "Temporary failure" of sysexits.h: it could not find out. */
const TEMPFAIL = 75;

/**
 * Runs the command in a shell. 0 is good, 75 and whatever ends it from outside is unclear, every other exit code is bad.
 * It is told of the fleet by POLYCAST_FLEET, POLYCAST_PROVIDER, POLYCAST_ADDRESS, POLYCAST_RELEASE and
 * POLYCAST_SITE_RELEASES.
 */
export async function runVerify(
  command: ShellCommand,
  { fleet, provider, address, release, siteReleases }: VerifySubject,
  env: NodeJS.ProcessEnv,
  find: Find,
): Promise<Finding> {
  const ended = await runShell(command, {
    ...env,
    POLYCAST_FLEET: fleet,
    POLYCAST_PROVIDER: provider,
    POLYCAST_ADDRESS: address,
    POLYCAST_RELEASE: release,
    POLYCAST_SITE_RELEASES: siteReleases,
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
