import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSkeleton, type Reach } from "../../cli/provider/write-skeleton";
import type { FleetProvider } from "../../constructs/fleet/fleet-provider";
import type { FleetWish } from "../../constructs/fleet/fleet-inputs";
import type { ProviderSimulation } from "../../constructs/fleet/simulation";
import { PROJECT_ROOT } from "../../live/state-location";
import { simulations } from "../../sandbox/simulations";

const FILLED = join(PROJECT_ROOT, "tests", "fixtures", "providers");

/** A project in which providers are added that nobody else is to see. */
export class ScratchProject {
  public readonly root = mkdtempSync(join(tmpdir(), "polycast-provider-"));

  public constructor() {
    const constructs = join(PROJECT_ROOT, "constructs");
    mkdirSync(join(this.root, "constructs", "providers"), { recursive: true });
    mkdirSync(join(this.root, "tests", "conformance"), { recursive: true });
    for (const room of readdirSync(constructs).filter((each) => each !== "providers")) {
      symlinkSync(join(constructs, room), join(this.root, "constructs", room));
    }
    symlinkSync(join(PROJECT_ROOT, "node_modules"), join(this.root, "node_modules"));
  }

  /** What `polycast provider new` writes, to begin with. */
  public begin(name: string, reach: Reach): void {
    writeSkeleton(this.root, name, reach);
  }

  /** What docs/add-a-provider.md leads to: the skeleton, with the files of `tests/fixtures/providers/<name>` written over it. */
  public fill(name: string, reach: Reach): void {
    this.begin(name, reach);
    const folder = join(this.root, "constructs", "providers", name);
    cpSync(join(FILLED, name), folder, { recursive: true });
    // Its images are made elsewhere.
    rmSync(join(folder, `${name}-image-source.ts`));
  }

  /** Typed classes of every schema.json. */
  public generateBindings(): void {
    this.node(join(PROJECT_ROOT, "scripts", "bindings.js"), this.root);
  }

  /** @returns what the program says. */
  public node(...args: string[]): string {
    const { status, stdout, stderr } = spawnSync(process.execPath, args, {
      cwd: this.root,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${args.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  }

  /** A provider's function, and the simulations of the sandbox with its own. */
  public load(name: string): {
    readonly make: (wish: FleetWish) => FleetProvider;
    readonly simulations: readonly ProviderSimulation[];
  } {
    const file = (which: string): unknown =>
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- it is written only now
      (require(join(this.root, "constructs", "providers", name, which)) as Record<string, unknown>)[name];
    return {
      make: file(name) as (wish: FleetWish) => FleetProvider,
      simulations: [...simulations, file("simulation") as ProviderSimulation],
    };
  }

  public remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}
