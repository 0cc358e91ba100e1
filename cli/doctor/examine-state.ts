import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { fleetsWithSecrets } from "../../constructs/fleet/secrets-in-state";
import type { Environment } from "../../constructs/fleet/environment";
import type { ObjectStore } from "../../live/object-store";
import { openLiveStore } from "../../live/open-live-store";
import { readRetirement, retirementProblem } from "../../live/retirement-record";
import { environmentDirectory } from "../../live/state-location";
import { checkStateBucket } from "../../live/state-protection";
import { notWritable } from "../../sandbox/places";
import { unwell, type Finding } from "./finding";

/** Whether the place of Terraform's state and of the live record can be read, and guards what lies there. */
export async function examineState(environment: Environment): Promise<readonly Finding[]> {
  const { name, state } = environment;
  const topic = "state";
  const place = state.kind === "s3" ? `s3://${state.bucket}` : environmentDirectory(name);
  try {
    refuseUnwritable(environmentDirectory(name));
    const store = await openLiveStore(environment);
    const { record, version } = await store.read();
    const known = Object.keys(record.fleets);
    const says =
      version === undefined ? "nothing is deployed yet" : `fleets in the record: ${known.join(", ")}`;
    const read: Finding = { topic, verdict: "ok", says: `${place}; ${says}` };
    const near = [read, ...(await examineRetirement(store.objects))];
    if (state.kind === "local") return near;
    return [...near, ...(await examineBucket(state, fleetsWithSecrets(environment).length > 0))];
  } catch (error) {
    return unwell(topic, error);
  }
}

/** Plans and logs lie there, wherever the state does. Nothing is made to find it out: a directory that is not there yet can be. */
function refuseUnwritable(directory: string): void {
  let there = directory;
  while (!existsSync(there)) there = dirname(there);
  try {
    if (!statSync(there).isDirectory()) throw new Error(`${there} is no directory`);
    accessSync(there, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw notWritable(directory, error);
  }
}

/** A retirement that was left lying holds rollouts off. */
async function examineRetirement(objects: Pick<ObjectStore, "read">): Promise<readonly Finding[]> {
  const { record } = (await readRetirement(objects)) ?? {};
  if (record === undefined) return [];
  const { what, remedy } = retirementProblem(record);
  const says = `${record.fleet} ${what}`;
  return [{ topic: "retirement", verdict: "warn", says, ...(remedy !== undefined && { remedy }) }];
}

/** Without a secret in it, a bucket that is not guarded is no reason to refuse anything. */
async function examineBucket(
  bucket: Parameters<typeof checkStateBucket>[0],
  holdsSecrets: boolean,
): Promise<readonly Finding[]> {
  const topic = "state's bucket";
  const verdict = holdsSecrets ? "fail" : "warn";
  try {
    const problems = await checkStateBucket(bucket);
    if (problems.length === 0) {
      return [{ topic, verdict: "ok", says: "closed to the public, encrypted, old versions kept" }];
    }
    return problems.map(({ what, remedy }) => ({
      topic,
      verdict,
      says: what,
      ...(remedy === undefined ? {} : { remedy }),
    }));
  } catch (error) {
    return unwell(topic, error, verdict);
  }
}
