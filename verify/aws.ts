/**
 * Applies the AWS fleet of the sandbox environment with the real AWS provider plugin, against emulators, and compares
 * every plan and every state with the simulation's: docs/verification.md.
 *
 *   npm run verify:aws [-- --json]
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { PolycastError } from "../constructs/fleet/problem";
import { requireTerraform } from "../cli/terraform";
import { PROJECT_ROOT } from "../live/state-location";
import { adoption } from "./adoption";
import { startEmulatedAws } from "./emulated-aws";
import { fleetLife } from "./fleet-life";
import { imagesAtEc2 } from "./images";
import { management } from "./management";
import { Report } from "./report";
import { logWriter, route53 } from "./small-stacks";
import { stateInS3 } from "./state-lock";
import { killTerraforms, TerraformError } from "./terraform";
import { realWorld, simulatedWorld } from "./world";

const CACHE = path.join(PROJECT_ROOT, ".cache", "verify");
const STOPPING = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

async function main(json: boolean): Promise<void> {
  const report = new Report((line) => {
    if (json) console.error(line);
    else console.log(line);
  });
  const home = mkdtempSync(path.join(tmpdir(), "polycast-verify-"));
  const closing: (() => Promise<void>)[] = [];
  const close = async (): Promise<void> => {
    killTerraforms();
    for (const each of closing.splice(0).reverse()) await each();
    rmSync(home, { recursive: true, force: true });
  };
  const stopped = new AbortController();
  for (const [signal, code] of Object.entries(STOPPING)) {
    process.once(signal, () => {
      stopped.abort();
      report.say("stopping");
      void close().finally(() => process.exit(code));
    });
  }
  try {
    const terraform = await requireTerraform(process.env);
    const aws = await startEmulatedAws(process.env, CACHE, (line) => {
      report.say(line);
    });
    closing.push(() => aws.close());
    const real = await realWorld(path.join(home, "real"), aws);
    closing.push(() => real.close());
    const simulated = await simulatedWorld(path.join(home, "simulated"));
    closing.push(() => simulated.close());
    report.say(`Terraform ${terraform}, ${real.description}, ${aws.description}`);

    await stateInS3(report, path.join(home, "state"), aws);
    await imagesAtEc2(report, path.join(home, "images"), aws);
    await logWriter(report, { real, simulated });
    // Before the fleet, whose log groups have the same names.
    await management(report, { real, simulated });
    await Promise.all([
      route53(report, real),
      adoption(report, path.join(home, "adoption"), aws),
      fleetLife(report, { real, simulated }, aws),
    ]);
    report.refuseUnused();
  } catch (error) {
    // What was stopped fails, of course.
    if (!stopped.signal.aborted) throw explained(error);
    await new Promise(() => undefined);
  } finally {
    await close();
  }
  if (json) console.log(JSON.stringify({ failed: report.failed, steps: report.steps }, null, 2));
  if (report.failed) process.exitCode = 1;
}

/** The first thing that can be missing is the plugin. */
function explained(error: unknown): unknown {
  if (!(error instanceof TerraformError) || error.command !== "init") return error;
  return new PolycastError(error.message, [
    {
      where: "the real AWS plugin",
      what: "Terraform cannot install it",
      remedy:
        "Fetch it where there is a registry, `terraform providers mirror DIRECTORY`, and set POLYCAST_PLUGIN_MIRROR=DIRECTORY.",
    },
  ]);
}

main(process.argv.includes("--json")).catch((error: unknown) => {
  console.error(error instanceof PolycastError ? error.message : error);
  process.exitCode = 1;
});
