import { refuseIfAny, type Problem } from "../constructs/fleet/problem";
import type { FleetDeployment } from "./deployment";
import type { LiveStore } from "./live-store";
import { readRotation, slotsOf } from "./rotation-record";
import { appliedSlots, identityValues } from "./applied-identity";
import { fleetStackName } from "./stack-names";

/** `1`: plans leave out the identities by which nodes write logs; `polycast deploy --keep-identity` sets it. */
export const KEEP_IDENTITY = "POLYCAST_KEEP_IDENTITY";

/**
 * Deployments with the secrets that their nodes are given now.
 * @param keepsIdentity whether a fleet's identity is to be left out. Its nodes then keep what they were given, however far a
 * rotation is recorded: its next step may need what the plan leaves out.
 * @throws PolycastError where a record would take away the secret that nodes have, or where an identity that was never
 * made is to be left out.
 */
export async function readSecrets(
  deployments: readonly FleetDeployment[],
  store: Pick<LiveStore, "objects" | "readState">,
  keepsIdentity: (fleet: string) => boolean,
): Promise<readonly FleetDeployment[]> {
  const problems: Problem[] = [];
  const read = await Promise.all(
    deployments.map(async (deployment) => {
      const { name, logs } = deployment.fleet;
      if (logs === undefined || logs.strategy === "instanceRole") return deployment;
      const state = await store.readState(fleetStackName(name));
      const applied = appliedSlots(state)?.slots;
      if (keepsIdentity(name)) {
        if (!hasIdentity(state)) problems.push(neverMade(name));
        return { ...deployment, ...(applied !== undefined && { slots: applied }), keepsIdentity: true };
      }
      if (logs.rotation === "none") return deployment;
      const slots = slotsOf((await readRotation(store, name)).step);
      if (applied !== undefined && applied.given !== slots.given && slots.other !== "usable") {
        problems.push(takenAway(name));
      }
      return { ...deployment, slots };
    }),
  );
  refuseIfAny(() => "The secrets of nodes cannot be as recorded; nothing was planned:", problems);
  return read;
}

function hasIdentity(state: unknown): boolean {
  return Object.keys(identityValues(state)).length > 0;
}

function neverMade(fleet: string): Problem {
  return {
    where: `fleets.${fleet}`,
    what: "has no identity yet that a plan could leave out",
    remedy: `Deploy it once with everything: npx polycast deploy ${fleetStackName(fleet)}`,
  };
}

/** No rotation writes this: somebody has brought an older record back, or an older state. */
function takenAway(fleet: string): Problem {
  return {
    where: `secrets/${fleet}`,
    what: "would end the secret that the nodes have, before they are given the other one",
    remedy: `Restore the newest record (the bucket's versions, or the newest file in secrets/${fleet}/), or remove it: then what is deployed counts.`,
  };
}
