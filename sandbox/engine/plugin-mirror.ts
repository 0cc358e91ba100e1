import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

/** Terraform's default registry: the host of a source that names none, as in "hashicorp/aws". */
const DEFAULT_HOST = "registry.terraform.io";

/** Node's names of platforms, as Terraform's mirrors write them. */
const OS: Readonly<Record<string, string>> = { win32: "windows" };
const ARCH: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

/**
 * The binary of a real provider plugin on this machine, or undefined.
 *
 * Looks in the directories of POLYCAST_PLUGIN_MIRROR (separated by colons) first, then wherever Terraform itself
 * looks without a network: the filesystem mirrors and the plugin cache of its CLI configuration, and the implied
 * local mirrors (https://developer.hashicorp.com/terraform/cli/config/config-file#implied-local-mirror-directories).
 * Only unpacked mirrors count: HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/terraform-provider-TYPE.
 *
 * @param source the provider's source, "hashicorp/aws" or with a host in front
 * @param version the exact version, "5.100.0"
 */
export function findPlugin(
  source: string,
  version: string,
  env: Readonly<NodeJS.ProcessEnv> = process.env,
): string | undefined {
  const parts = source.split("/");
  const address = parts.length === 2 ? [DEFAULT_HOST, ...parts] : parts;
  const name = `terraform-provider-${address.at(-1) ?? ""}`;
  const folder = path.join(...address, version, platform());
  for (const mirror of pluginMirrors(env)) {
    const binary = filesOf(path.join(mirror, folder)).find((file) => path.basename(file).startsWith(name));
    if (binary !== undefined) return binary;
  }
  return undefined;
}

/** The directories that {@link findPlugin} searches, in this order. They need not exist. */
export function pluginMirrors(env: Readonly<NodeJS.ProcessEnv> = process.env): readonly string[] {
  const home = env["HOME"] ?? homedir();
  const data = [
    env["XDG_DATA_HOME"] ?? path.join(home, ".local/share"),
    ...(env["XDG_DATA_DIRS"] ?? "").split(":"),
  ];
  return [
    ...(env["POLYCAST_PLUGIN_MIRROR"] ?? "").split(":"),
    ...configuredMirrors(env["TF_CLI_CONFIG_FILE"] ?? path.join(home, ".terraformrc"), env),
    env["TF_PLUGIN_CACHE_DIR"] ?? "",
    path.join(home, ".terraform.d/plugins"),
    ...[...data, "/usr/local/share", "/usr/share"].map((dir) =>
      dir === "" ? "" : path.join(dir, "terraform/plugins"),
    ),
  ].filter((dir) => dir !== "");
}

function platform(): string {
  return `${OS[process.platform] ?? process.platform}_${ARCH[process.arch] ?? process.arch}`;
}

/** Both settings are plain strings in HCL, so reading them needs no HCL parser. */
function configuredMirrors(file: string, env: Readonly<NodeJS.ProcessEnv>): readonly string[] {
  if (!existsSync(file)) return [];
  const text = readFileSync(file, "utf8").replaceAll(/(^|\s)(#|\/\/).*$/gm, "$1");
  const mirrors = text.matchAll(/filesystem_mirror\s*\{[^}]*?\bpath\s*=\s*"([^"]+)"/g);
  const caches = text.matchAll(/\bplugin_cache_dir\s*=\s*"([^"]+)"/g);
  // Terraform itself expands $HOME and the like here.
  return [...mirrors, ...caches].map(([, dir]) =>
    (dir ?? "").replaceAll(/\$\{?(\w+)\}?/g, (_, name) => env[String(name)] ?? ""),
  );
}

function filesOf(directory: string): readonly string[] {
  if (!existsSync(directory)) return [];
  const files = readdirSync(directory).map((name) => path.join(directory, name));
  return files.filter((file) => statSync(file).isFile());
}
