import { sandboxStatus } from "../../sandbox/sandbox";
import type { Finding } from "./finding";

const topic = "sandbox";

/**
 * Whether the sandbox runs, and whether this shell is attached to it.
 * @param wanted the environment is the sandbox's.
 */
export function examineSandbox(wanted: boolean, env: NodeJS.ProcessEnv): Finding {
  const attached = env["POLYCAST_SANDBOX"] !== undefined || env["TF_REATTACH_PROVIDERS"] !== undefined;
  if (!wanted) {
    if (!attached) return { topic, verdict: "ok", says: "not attached, as a real environment wants it" };
    return {
      topic,
      verdict: "fail",
      says: "attached, and the environment is a real one, which is refused then",
      remedy: "Unset POLYCAST_SANDBOX and TF_REATTACH_PROVIDERS, or run outside `polycast sandbox exec`.",
    };
  }
  const status = sandboxStatus(env);
  if (status.state === "running") {
    return {
      topic,
      verdict: "ok",
      says: `runs as process ${status.record.pid}${attached ? ", attached" : ""}`,
    };
  }
  return {
    topic,
    verdict: "warn",
    says: `does not run (${status.state})`,
    remedy: "npx polycast sandbox up, or npm start",
  };
}
