import { z } from "zod";
import { findPlugin } from "../../sandbox/engine/plugin-mirror";
import type { WantedPlugin } from "./examine-environment";
import type { Finding } from "./finding";

/** https://developer.hashicorp.com/terraform/internals/provider-registry-protocol */
const REGISTRY = "https://registry.terraform.io/v1/providers/";
const versionsSchema = z.object({ versions: z.array(z.object({ version: z.string() })) });

const UNKNOWN: Finding = {
  topic: "plugins",
  verdict: "warn",
  says: "not known, since the environment cannot be synthesized",
};

/** Whether Terraform can have the plugins that it will want: from this machine, or else from the registry. */
export async function examinePlugins(
  plugins: readonly WantedPlugin[],
  env: NodeJS.ProcessEnv,
  within: () => AbortSignal,
  registry: string = REGISTRY,
): Promise<readonly Finding[]> {
  if (plugins.length === 0) return [UNKNOWN];
  return Promise.all(
    plugins.map(async ({ source, version }): Promise<Finding> => {
      const topic = `plugin ${source}`;
      if (findPlugin(source, version, env) !== undefined) {
        return { topic, verdict: "ok", says: `${version}, on this machine` };
      }
      const offered = await versionsOf(new URL(`${source}/versions`, registry), within());
      if (offered === undefined) {
        return {
          topic,
          verdict: "warn",
          says: `${version} is not on this machine, and the registry does not answer`,
          remedy:
            "If Terraform gets its plugins from a mirror of yours (provider_installation in its settings), all is well; else check the network.",
        };
      }
      return offered.includes(version)
        ? { topic, verdict: "ok", says: `${version}, in the registry` }
        : {
            topic,
            verdict: "fail",
            says: `${version} is neither on this machine nor in the registry`,
            remedy: "Put it into a filesystem mirror that Terraform's settings name.",
          };
    }),
  );
}

/** Undefined where the registry does not say. */
async function versionsOf(url: URL, signal: AbortSignal): Promise<readonly string[] | undefined> {
  try {
    const response = await fetch(url, { signal });
    if (response.status === 404) return [];
    if (!response.ok) return undefined;
    return versionsSchema.parse(await response.json()).versions.map(({ version }) => version);
  } catch {
    return undefined;
  }
}
