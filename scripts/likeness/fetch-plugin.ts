import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { findPlugin } from "../../sandbox/engine/plugin-mirror";

/** Where plugins are put that no mirror of this machine has: a directory in the layout of an unpacked mirror. */
const CACHE = path.join(__dirname, "..", "..", ".cache", "plugins");

/** How long a registry may take; AWS's plugin is a download of some 150 MB. */
const FETCH_TIMEOUT_MS = 180_000;

export type PluginBinary = { readonly binary: string } | { readonly missing: string };

/**
 * The binary of a provider's plugin: of a mirror of this machine, else of earlier downloads, else from the registry, as
 * Terraform itself gets it. Says why there is none where there is none.
 */
export function fetchPlugin(
  source: string,
  version: string,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): PluginBinary {
  const mirrors = [env["POLYCAST_PLUGIN_MIRROR"], CACHE].filter((each) => each !== undefined && each !== "");
  const find = (): string | undefined =>
    findPlugin(source, version, { ...env, POLYCAST_PLUGIN_MIRROR: mirrors.join(":") });
  const found = find();
  if (found !== undefined) return { binary: found };
  const problem = download(source, version, env);
  const binary = find();
  return binary === undefined ? { missing: problem ?? "the download left no binary" } : { binary };
}

/** Lets `terraform init` fill its plugin cache; what it says where it fails. */
function download(source: string, version: string, env: Readonly<NodeJS.ProcessEnv>): string | undefined {
  const directory = mkdtempSync(path.join(tmpdir(), "polycast-plugin-"));
  const [, name = ""] = source.split("/");
  const terraform = env["TERRAFORM_BINARY_NAME"] ?? "terraform";
  try {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(
      path.join(directory, "main.tf.json"),
      JSON.stringify({ terraform: { required_providers: { [name]: { source, version } } } }),
    );
    const { status, error, stderr } = spawnSync(terraform, ["init", "-input=false", "-no-color"], {
      cwd: directory,
      timeout: FETCH_TIMEOUT_MS,
      encoding: "utf8",
      env: {
        ...env,
        CHECKPOINT_DISABLE: "1",
        TF_IN_AUTOMATION: "1",
        TF_PLUGIN_CACHE_DIR: CACHE,
        TF_REGISTRY_DISCOVERY_RETRY: "0",
        TF_REGISTRY_CLIENT_TIMEOUT: "10",
      },
    });
    if (error !== undefined) return `${terraform}: ${error.message}`;
    return status === 0 ? undefined : reason(stderr);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The reason in Terraform's boxed errors; warnings come before it. */
function reason(stderr: string): string {
  const text = stderr
    .slice(Math.max(0, stderr.indexOf("Error:")))
    .replaceAll(/[│╷╵]/g, " ")
    .replaceAll(/\s+/g, " ")
    .trim();
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
}
