import { PolycastError } from "./constructs/fleet/problem";
import { chosenEnvironment, loadEnvironment } from "./environments/load-environment";
import { openLiveStore } from "./live/open-live-store";
import { readDeployment } from "./live/read-deployment";
import { withoutRetired } from "./live/retirement-record";
import { planTraffic } from "./live/traffic-valve";
import { buildApp } from "./stacks/app";
import { guardOutput } from "./stacks/output-guard";
import { guardSandbox } from "./stacks/sandbox-guard";
import { synth } from "./stacks/synth";

/** Environment, live record and what was last applied in, stacks out. */
async function main(): Promise<void> {
  const listed = await loadEnvironment(chosenEnvironment());
  guardSandbox(listed, process.env);

  const store = await openLiveStore(listed);
  const environment = await withoutRetired(listed, store.objects);
  const deployments = await readDeployment(environment, store);
  const traffic = await planTraffic(environment, deployments, store, process.env);
  // The `cdktf` command names the directory that it wants.
  const outdir = process.env["CDKTF_OUTDIR"] ?? "cdktf.out";
  guardOutput(outdir, environment.name);
  synth(() => buildApp(environment, deployments, { outdir }, traffic));
}

main().catch((error: unknown) => {
  console.error(error instanceof PolycastError ? error.message : error);
  process.exitCode = 1;
});
