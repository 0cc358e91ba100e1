import { spawn, type ChildProcess } from "node:child_process";
import { mkdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ProviderSimulation } from "../../constructs/fleet/simulation";
import type { ReleaseManifest } from "../../constructs/image/release-manifest";
import { openNetwork, type Network } from "../../sandbox/network/network";
import { sandboxPlaces } from "../../sandbox/places";
import { FORMAT, thisPolycast, writeJson, type SandboxRecord } from "../../sandbox/sandbox-record";
import { serveWorldApi } from "../../sandbox/world-api/server";
import { scaledClock, type ScaledClock } from "../../sandbox/world/clock";
import { withBuiltImages, type SimulatedImages } from "../../sandbox/world/images";
import { openWorld } from "../../sandbox/world/open-world";
import type { World } from "../../sandbox/world/world";
import { DeployedEnvironment, type Wanted } from "../e2e/deployed-environment";

/** World seconds per real second: Terraform's waits for a node (900 s at most) take three seconds at most. */
const SCALE = 300;

/** A deployed environment behind whose objects a world lives, as in a running sandbox, within the test's own process. */
export class LivingEnvironment extends DeployedEnvironment {
  private life: Life | undefined;

  public constructor(
    private readonly setting: {
      readonly simulations: readonly ProviderSimulation[];
      readonly manifest: ReleaseManifest;
      readonly images: SimulatedImages;
    },
  ) {
    super("sandbox", setting);
  }

  public get world(): World {
    return this.lives().world;
  }

  public get clock(): ScaledClock {
    return this.lives().clock;
  }

  public override async start(): Promise<void> {
    await super.start();
    const lives = this.setting.simulations.flatMap(({ life }) => life ?? []);
    const clock = scaledClock({ scale: SCALE, start: Date.now() });
    const world = openWorld({
      objects: this.store,
      lives,
      clock,
      images: withBuiltImages(new Map(entriesOf(this.setting.images)), lives, this.store),
      store: { read: () => undefined, write: () => undefined },
      log: () => undefined,
    });
    this.life = await showAsSandbox(world, clock);
  }

  public override async stop(): Promise<void> {
    await this.life?.close();
    await super.stop();
  }

  /** The live record is not what is judged, so nothing is asked of it: a new provider is in no environment yet. */
  public override async want(wanted: Wanted): Promise<void> {
    await super.want(wanted);
    for (const stack of wanted.environment?.fleets ?? []) {
      const file = this.stackFile(`${stack.name}-fleet`);
      const json = JSON.parse(readFileSync(file, "utf8")) as StackWithRecord;
      delete json.resource.null_resource["live-record"].provisioner;
      writeFileSync(file, JSON.stringify(json));
    }
  }

  private lives(): Life {
    if (this.life === undefined) throw new Error("it was not started");
    return this.life;
  }

  /** Where a stack was synthesized to. */
  public stackFile(stack: string): string {
    return join(sandboxPlaces(process.env).synthesized, "stacks", stack, "cdk.tf.json");
  }
}

interface StackWithRecord {
  readonly resource: { readonly null_resource: { readonly "live-record": { provisioner?: unknown } } };
}

interface Life {
  readonly world: World;
  readonly clock: ScaledClock;
  close(): Promise<void>;
}

/** Lets `polycast live await`, which Terraform starts, find the world as that of a running sandbox. */
async function showAsSandbox(world: World, clock: ScaledClock): Promise<Life> {
  const network: Network = openNetwork(world);
  const api = await serveWorldApi({ world, clock, network, zones: () => [] });
  const places = sandboxPlaces(process.env);
  mkdirSync(places.directory, { recursive: true });
  const process_ = standIn(realpathSync(places.directory));
  writeJson(places.madeBy, thisPolycast());
  const record: SandboxRecord = {
    ...thisPolycast(),
    format: FORMAT,
    pid: process_.pid ?? 0,
    started: new Date().toISOString(),
    dns: { address: "127.0.0.1", port: 1 },
    world: { port: api.port, token: api.token },
    controlPlane: { url: "http://127.0.0.1:1", token: "" },
    dnsApis: {},
    imageApis: {},
    reattach: {},
  };
  writeJson(places.record, record);
  return {
    world,
    clock,
    close: async () => {
      process_.kill();
      await Promise.all([api.close(), network.close()]);
      await world.close();
    },
  };
}

/** A sandbox is known by its process's command line, and the world is served by the test. */
function standIn(directory: string): ChildProcess {
  const forever = "setInterval(() => process.ppid === 1 && process.exit(), 1000)";
  return spawn(process.execPath, ["-e", forever, "daemon.ts", directory], { stdio: "ignore" });
}

function entriesOf(images: SimulatedImages): [string, ReturnType<SimulatedImages["get"]> & object][] {
  return [...images.values()].flatMap((image) => image.ids.map((id): [string, typeof image] => [id, image]));
}
