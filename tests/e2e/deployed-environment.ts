import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Environment } from "../../constructs/fleet/environment";
import type { ProviderSimulation } from "../../constructs/fleet/simulation";
import type { ReleaseManifest } from "../../constructs/image/release-manifest";
import { planDeployment } from "../../live/deployment";
import { fileLiveStore } from "../../live/file-live-store";
import type { LiveRecord } from "../../live/live-record";
import { updateLiveRecord, type LiveStore } from "../../live/live-store";
import { KEEP_IDENTITY, readSecrets } from "../../live/read-secrets";
import { planTraffic } from "../../live/traffic-valve";
import { CloudStore } from "../../sandbox/engine/cloud-store";
import type { Fault } from "../../sandbox/engine/fault";
import { servePlugins, type PluginServers } from "../../sandbox/engine/plugin-server";
import { simulations } from "../../sandbox/simulations";
import { buildApp } from "../../stacks/app";
import { testEnvironment } from "../environment-for-tests";
import { MANIFEST } from "../synthesize";
import { EngineTerraform, type ResourceChange } from "./engine-terraform";

/** What a test wants deployed: an environment, and what its live record says. */
export interface Wanted {
  readonly environment?: Partial<Environment>;
  readonly live?: LiveRecord["fleets"];
  /** What tells the valve of DNS more; without them it is open. */
  readonly variables?: NodeJS.ProcessEnv;
}

/** An environment whose stacks real Terraform plans and applies against the simulated clouds, step by step. */
export class DeployedEnvironment {
  public readonly store: CloudStore;
  /** What goes wrong in the clouds at this moment. */
  public faults: readonly Fault[] = [];
  private readonly home = mkdtempSync(join(tmpdir(), "polycast-fleets-"));
  private readonly before = process.env["POLYCAST_HOME"];
  private servers: PluginServers | undefined;
  private readonly terraforms = new Map<string, EngineTerraform>();

  /**
   * @param name of the file that `polycast live pin` loads, which the first apply runs.
   * @param clouds what stands in for the plugins, and the releases there are; by default those of the sandbox.
   */
  public constructor(
    private readonly name: "sandbox" | "everywhere" = "sandbox",
    private readonly clouds: {
      readonly simulations: readonly ProviderSimulation[];
      readonly manifest: ReleaseManifest;
    } = { simulations, manifest: MANIFEST },
  ) {
    this.store = CloudStore.open(join(this.home, "clouds"));
    process.env["POLYCAST_HOME"] = this.home;
  }

  public async start(): Promise<void> {
    this.servers = await servePlugins({
      simulations: this.clouds.simulations,
      store: this.store,
      faults: () => this.faults,
      struck: () => undefined,
    });
  }

  public async stop(): Promise<void> {
    await this.servers?.close();
    this.store.close();
    if (this.before === undefined) delete process.env["POLYCAST_HOME"];
    else process.env["POLYCAST_HOME"] = this.before;
    rmSync(this.home, { recursive: true, force: true });
  }

  /** The live record beside the state, as Terraform's own `polycast live pin` finds it. */
  public get live(): LiveStore {
    return fileLiveStore(this.name, join(this.home, this.name));
  }

  /** Writes the live record, if one is given, and synthesizes every stack anew. */
  public async want({ environment: changes = {}, live = {}, variables }: Wanted): Promise<void> {
    const environment = testEnvironment({ name: this.name, ...changes });
    const outdir = join(this.home, this.name, "cdktf.out");
    mkdirSync(outdir, { recursive: true });
    const record = { version: 1 as const, environment: this.name, fleets: live };
    if (Object.keys(live).length > 0) await updateLiveRecord(this.live, () => record);
    const planned = planDeployment(environment, this.clouds.manifest, record);
    const deployments = await readSecrets(planned, this.live, () => variables?.[KEEP_IDENTITY] === "1");
    const traffic = variables && (await planTraffic(environment, deployments, this.live, variables));
    buildApp(environment, deployments, { outdir }, traffic).synth();
  }

  /** Terraform in a stack's directory, initialised. */
  public async terraform(stack: string): Promise<EngineTerraform> {
    const known = this.terraforms.get(stack);
    const directory = join(this.home, this.name, "cdktf.out", "stacks", stack);
    const terraform = known ?? new EngineTerraform(this.servers?.reattach ?? {}, directory);
    this.terraforms.set(stack, terraform);
    const { status, stderr } = await terraform.run("init", "-input=false");
    if (status !== 0) throw new Error(stderr);
    return terraform;
  }

  /** Plans a stack; what it would do to each resource, but for those that it leaves alone. */
  public async plan(stack: string): Promise<Record<string, string>> {
    const { changes, errors } = await (await this.terraform(stack)).plan();
    if (errors.length > 0) throw new Error(JSON.stringify(errors, null, 2));
    return actionsOf(changes);
  }

  /** Plans and applies a stack; what it did. */
  public async apply(stack: string): Promise<Record<string, string>> {
    const actions = await this.plan(stack);
    const errors = await (await this.terraform(stack)).apply();
    if (errors.length > 0) throw new Error(JSON.stringify(errors, null, 2));
    return actions;
  }

  public async outputs(stack: string): Promise<Record<string, unknown>> {
    const { stdout } = await (await this.terraform(stack)).run("output", "-json");
    const outputs = JSON.parse(stdout) as Record<string, { value: unknown }>;
    return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
  }
}

/**
 * `type path` -> `create`, `update`, `delete`, `delete, create`: the hash that CDKTF adds is left out, and so is what no cloud
 * has: the note of the DNS stack on its traffic, which changes with it.
 */
function actionsOf(changes: readonly ResourceChange[]): Record<string, string> {
  return Object.fromEntries(
    changes
      .filter(({ actions }) => actions.join() !== "no-op" && actions.join() !== "read")
      .filter(({ address }) => !address.startsWith("terraform_data."))
      .map(({ address, actions }) => [address.replace(/_[0-9A-F]{8}$/, ""), actions.join(", ")]),
  );
}
