import { rmSync, truncateSync } from "node:fs";
import { lockDirectory } from "./directory-lock";
import { sandboxPlaces, type SandboxPlaces } from "./places";
import { ANOTHER_RUNS, isDaemon } from "./sandbox";
import { serveSandbox, type Clouds } from "./serve";

/** A service that does not close within this time is cut off, in milliseconds. */
const CLOSE_WITHIN = 3_000;

/**
 * The life of the sandbox process: takes its directory (`POLYCAST_HOME` names the home), serves until SIGTERM,
 * SIGINT or SIGHUP, and leaves no record and no lock behind. Its output is the sandbox's log.
 */
export async function runDaemon(
  openClouds: (places: SandboxPlaces, log: (line: string) => void) => Promise<Clouds>,
): Promise<void> {
  const places = sandboxPlaces(process.env);
  const unlock = lockDirectory(places.directory, (pid) => isDaemon(pid, places));
  if (unlock === undefined) process.exit(ANOTHER_RUNS);
  rmSync(places.record, { force: true });
  truncateSync(places.log);
  const sandbox = await serveSandbox(
    places,
    await openClouds(places, log),
    log,
    () => void finish("its directory is gone"),
  );
  log(`serving; DNS on ${sandbox.record.dns.address}:${sandbox.record.dns.port}`);

  const finish = async (why: string): Promise<void> => {
    log(`ending: ${why}`);
    setTimeout(() => process.exit(1), CLOSE_WITHIN).unref();
    await sandbox.close();
    unlock();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
    process.once(signal, () => void finish(signal));
}

function log(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
}
