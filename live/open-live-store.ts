import type { Environment } from "../constructs/fleet/environment";
import { environmentDirectory } from "./state-location";
import { fileLiveStore } from "./file-live-store";
import type { LiveStore } from "./live-store";

/** The store of an environment's live record. */
export async function openLiveStore({
  name,
  state,
}: Pick<Environment, "name" | "state">): Promise<LiveStore> {
  if (state.kind === "local") return fileLiveStore(name, environmentDirectory(name));
  // The SDK costs a fifth of a second; environments with local state do not pay for it.
  const { s3LiveStore } = await import("./s3-live-store");
  return s3LiveStore(name, state);
}
