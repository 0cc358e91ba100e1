import type { Environment } from "../constructs/fleet/environment";
import { refuseIfAny } from "../constructs/fleet/problem";
import { checkAwsVariables } from "../constructs/secrets/aws-credential";
import { environmentDirectory } from "./state-location";
import { fileLiveStore } from "./file-live-store";
import type { LiveStore } from "./live-store";

/**
 * The store of an environment's live record.
 * @throws PolycastError where AWS's variables cannot be credentials: the SDK would say so after 40 s, of one of them.
 */
export async function openLiveStore({
  name,
  state,
}: Pick<Environment, "name" | "state">): Promise<LiveStore> {
  if (state.kind === "local") return fileLiveStore(name, environmentDirectory(name));
  refuseIfAny(
    () => `The state in s3://${state.bucket} cannot be read; nothing was changed`,
    checkAwsVariables(process.env),
  );
  // The SDK costs a fifth of a second; environments with local state do not pay for it.
  // It would warn at every synth that Node 20 is to be dropped some day; cdktf shows that as an error.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const { s3LiveStore } = await import("./s3-live-store");
  return s3LiveStore(name, state);
}
