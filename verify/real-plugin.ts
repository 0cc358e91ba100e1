import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { findPlugin } from "../sandbox/engine/plugin-mirror";

const SOURCE = "hashicorp/aws";
/** What `@cdktf/provider-aws` binds. */
const VERSION = "5.100.0";
/** Terraform's registry and OpenTofu's: each names a plugin's source after its own. */
const REGISTRIES = ["registry.terraform.io", "registry.opentofu.org"];

export interface RealPlugin {
  /** The binary on this machine; undefined where Terraform is to fetch it. */
  readonly binary: string | undefined;
  /** Settings by which Terraform finds it. */
  readonly env: NodeJS.ProcessEnv;
}

/**
 * How Terraform gets the real AWS plugin: from a mirror of this machine (POLYCAST_PLUGIN_MIRROR, or where Terraform
 * itself would look), by a CLI configuration that is written into `directory`; else from the registry.
 */
export function realPlugin(directory: string, env: NodeJS.ProcessEnv): RealPlugin {
  const binary = findPlugin(SOURCE, VERSION, env);
  if (binary === undefined) return { binary, env: {} };
  const mirror = path.join(directory, "plugins");
  // HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/binary; a link, since the binary has 700 MB.
  const platform = path.dirname(binary);
  for (const registry of REGISTRIES) {
    const version = path.join(mirror, registry, SOURCE, VERSION);
    mkdirSync(version, { recursive: true });
    symlinkSync(platform, path.join(version, path.basename(platform)));
  }
  const sources = JSON.stringify(REGISTRIES.map((registry) => `${registry}/${SOURCE}`));
  const config = path.join(directory, "terraform.rc");
  writeFileSync(
    config,
    `provider_installation {
  filesystem_mirror {
    path    = ${JSON.stringify(mirror)}
    include = ${sources}
  }
  direct {
    exclude = ${sources}
  }
}
`,
  );
  return { binary, env: { TF_CLI_CONFIG_FILE: config } };
}
