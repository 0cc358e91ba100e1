import { PolycastError } from "./constructs/fleet/problem";
import { chosenEnvironment, loadEnvironment } from "./environments/load-environment";
import { lostAddresses, lostFleets, planDeployment } from "./live/deployment";
import { openLiveStore } from "./live/open-live-store";
import { readManifest } from "./live/read-manifest";
import { buildApp } from "./stacks/app";
import { guardOutput } from "./stacks/output-guard";
import { guardSandbox } from "./stacks/sandbox-guard";
import { synth } from "./stacks/synth";

/** Environment and live record in, stacks out. */
async function main(): Promise<void> {
  const environment = await loadEnvironment(chosenEnvironment());
  guardSandbox(environment, process.env);

  const manifest = readManifest(environment);
  const store = await openLiveStore(environment);
  const { record } = await store.read();
  const readState = (stack: string) => store.readState(stack);
  const lost = await lostFleets(environment.fleets, record, readState);
  const addresses = await lostAddresses(environment, readState);

  const deployments = planDeployment(environment, manifest, record, lost, addresses);
  // The `cdktf` command names the directory that it wants.
  const outdir = process.env["CDKTF_OUTDIR"] ?? "cdktf.out";
  guardOutput(outdir, environment.name);
  synth(() => buildApp(environment, deployments, { outdir }));
}

main().catch((error: unknown) => {
  console.error(error instanceof PolycastError ? error.message : error);
  process.exitCode = 1;
});
