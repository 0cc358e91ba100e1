import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ns1 } from "../constructs/dns/ns1/simulation";
import type { ProviderSimulation } from "../constructs/fleet/simulation";
import { nullProvider } from "./null/simulation";

const PROVIDERS = join(__dirname, "..", "constructs", "providers");

/** Every folder in `constructs/providers/` with a simulation.ts, which exports it under the folder's name. */
function providers(): readonly ProviderSimulation[] {
  return readdirSync(PROVIDERS)
    .filter((name) => existsSync(join(PROVIDERS, name, "simulation.ts")))
    .sort()
    .map((name) => {
      // eslint-disable-next-line @typescript-eslint/no-require-imports -- found by looking, so that no list has to grow
      const exported = require(join(PROVIDERS, name, "simulation")) as Record<string, ProviderSimulation>;
      const simulation = exported[name];
      if (simulation === undefined)
        throw new Error(`constructs/providers/${name}/simulation.ts exports no "${name}"`);
      return simulation;
    });
}

/** The providers that the sandbox stands in for. */
export const simulations: readonly ProviderSimulation[] = [...providers(), ns1, nullProvider];
