import { readFileSync } from "node:fs";
import path from "node:path";
import { PolycastError } from "./constructs/fleet/problem";
import { parseManifest } from "./constructs/image/release-manifest";
import { chosenEnvironment, loadEnvironment } from "./environments/load-environment";
import { lostFleets, planDeployment } from "./live/deployment";
import { openLiveStore } from "./live/open-live-store";
import { PROJECT_ROOT } from "./live/state-location";
import { buildApp } from "./stacks/app";
import { guardOutput } from "./stacks/output-guard";
import { guardSandbox } from "./stacks/sandbox-guard";
import { synth } from "./stacks/synth";

/** Environment and live record in, stacks out. */
async function main(): Promise<void> {
  const environment = await loadEnvironment(chosenEnvironment());
  guardSandbox(environment, process.env);

  const file = path.join("images", environment.image, "manifests", `${environment.name}.json`);
  const manifest = parseManifest(readIfThere(path.join(PROJECT_ROOT, file)), file, environment.image);
  const store = await openLiveStore(environment);
  const { record } = await store.read();
  const lost = await lostFleets(environment.fleets, record, (stack) => store.readState(stack));

  const deployments = planDeployment(environment, manifest, record, lost);
  // The `cdktf` command names the directory that it wants.
  const outdir = process.env["CDKTF_OUTDIR"] ?? "cdktf.out";
  guardOutput(outdir, environment.name);
  synth(() => buildApp(environment, deployments, { outdir }));
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

main().catch((error: unknown) => {
  console.error(error instanceof PolycastError ? error.message : error);
  process.exitCode = 1;
});
