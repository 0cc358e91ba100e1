import { randomUUID } from "node:crypto";
import type { ResourceSimulation } from "../../fleet/simulation";
import { SIMULATED_DATE } from "./simulation-values";

/** A fleet has no use for it: cloud-init reads user data without. */
export const startupScript: ResourceSimulation = {
  validate: ({ script }) =>
    typeof script === "string" && !isBase64(script)
      ? [
          {
            severity: "error",
            summary: `expected "script" to be a base64 string, got ${script}`,
            path: ["script"],
          },
        ]
      : [],
  create: (planned) => ({ ...planned, id: randomUUID(), date_created: SIMULATED_DATE, date_modified: "" }),
  update: (planned) => ({ ...planned, date_modified: SIMULATED_DATE }),
};

/** As Go's decoder takes it: padded, in whole groups of four. */
function isBase64(given: string): boolean {
  return /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(given);
}
