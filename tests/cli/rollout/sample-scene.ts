import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RolloutScene } from "../../../cli/rollout/scene";
import { wantedTraffic } from "../../../constructs/dns/applied-traffic";
import type { Environment } from "../../../constructs/fleet/environment";
import { fileLiveStore } from "../../../live/file-live-store";
import { updateLiveRecord, type LiveStore } from "../../../live/live-store";
import { APPLIED_TRAFFIC, OWN_RECORDS } from "../../../live/traffic-valve";
import { EDGE_DNS } from "../../../live/stack-names";
import { testEnvironment } from "../../environment-for-tests";

/** In seconds. */
export const NOW = 1_000;

/** A scene whose clock stands still, and whose live record lies in a folder of its own. */
export function sampleScene(
  changes: Partial<Environment> = {},
): RolloutScene & { readonly directory: string } {
  const directory = mkdtempSync(join(tmpdir(), "polycast-scene-"));
  const environment = testEnvironment(changes);
  return {
    directory,
    environment,
    live: fileLiveStore(environment.name, directory),
    clock: { now: () => NOW, scale: () => 1, read: () => Promise.resolve() },
    workspace: "rollout-stacks",
    env: {},
  };
}

/** Both fleets run r1, with these shares in the live record. */
export async function recordShares(live: LiveStore, shares: Readonly<Record<string, number>>): Promise<void> {
  await updateLiveRecord(live, (record) => ({
    ...record,
    fleets: Object.fromEntries(
      Object.entries(shares).map(([name, share]) => [name, { release: "r1", share }]),
    ),
  }));
}

/** The same place, as it is after DNS was applied with these shares. */
export function withApplied(
  live: LiveStore,
  environment: Environment,
  shares: () => Readonly<Record<string, number>>,
): LiveStore {
  const value = (): string => JSON.stringify(wantedTraffic(environment, shares()));
  const resource = (name: string, input: string) => ({
    type: "terraform_data",
    name,
    instances: [{ attributes: { input: { value: input } } }],
  });
  return {
    ...live,
    readState: (stack) =>
      stack === EDGE_DNS
        ? Promise.resolve({
            lineage: "l",
            serial: 1,
            resources: [resource(APPLIED_TRAFFIC, value()), resource(OWN_RECORDS, "")],
          })
        : live.readState(stack),
  };
}
