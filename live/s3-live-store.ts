import { liveStore, parseState, type LiveStore } from "./live-store";
import { s3ObjectStore, type S3Place } from "./s3-object-store";
import { parseStateLock } from "./state-lock";
import { stateKey } from "./state-location";

/** The live record of an environment whose state lies in S3. */
export function s3LiveStore(environment: string, place: S3Place): LiveStore {
  const objects = s3ObjectStore(environment, place);
  return liveStore(environment, {
    objects,
    async readState(stack) {
      const key = stateKey(environment, stack);
      const found = await objects.get(key);
      return found === undefined ? undefined : parseState(found.text, key);
    },
    async readLock(stack) {
      const found = await objects.get(`${stateKey(environment, stack)}.tflock`);
      return found === undefined ? undefined : parseStateLock(found.text);
    },
  });
}
