import { randomInt } from "node:crypto";
import { simulationData, type ProviderSimulation } from "../../constructs/fleet/simulation";

/** hashicorp/null: an object that only exists, and is replaced when its triggers change. */
export const nullProvider: ProviderSimulation = {
  ...simulationData(__dirname, "hashicorp/null"),
  resources: {
    null_resource: {
      create: (planned) => ({ ...planned, id: String(randomInt(2 ** 47)) }),
    },
  },
};
