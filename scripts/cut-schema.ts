/**
 * Cuts a provider's schema to some resource types, without prose: the `schema.json` in a provider's folder.
 *
 *   npx ts-node scripts/cut-schema.ts SOURCE VERSION TYPE... > constructs/providers/NAME/schema.json
 *   npx ts-node scripts/cut-schema.ts hashicorp/aws 5.100.0 aws_vpc aws_subnet
 *
 * The form is that of `terraform providers schema -json`. It is asked of the plugin itself, which must lie in one of
 * Terraform's mirror directories on this machine, or in one that POLYCAST_PLUGIN_MIRROR names
 * (HOST/NAMESPACE/TYPE/VERSION/OS_ARCH/terraform-provider-TYPE; `terraform init` makes one in .terraform/providers).
 */
import { PolycastError, refuseIfAny, suggest } from "../constructs/fleet/problem";
import type { ProviderSchema } from "../constructs/fleet/simulation";
import { PluginClient } from "../sandbox/engine/plugin-client";
import { findPlugin } from "../sandbox/engine/plugin-mirror";

/** Starts the plugin of this source and version. Close it in the end. */
export async function startPlugin(source: string, version: string): Promise<PluginClient> {
  const binary = findPlugin(source, version);
  if (binary !== undefined) return PluginClient.start(binary);
  const name = source.split("/").at(-1) ?? source;
  const needed = `{ "terraform": { "required_providers": { "${name}": { "source": "${source}", "version": "${version}" } } } }`;
  throw new PolycastError(`there is no plugin ${source} ${version} in any mirror directory of this machine`, [
    {
      where: "POLYCAST_PLUGIN_MIRROR",
      what: "may name mirror directories, separated by colons",
      remedy: `In an empty folder write ${needed} into main.tf.json and run terraform init; then, there: export POLYCAST_PLUGIN_MIRROR=$PWD/.terraform/providers`,
    },
  ]);
}

/** The schema of these resource types and of the provider block. */
export function cutSchema(schema: ProviderSchema, types: readonly string[]): ProviderSchema {
  const known = schema.resource_schemas;
  refuseIfAny(
    () => "the provider has no such resource types",
    types
      .filter((type) => !(type in known))
      .map((type) => ({ where: type, what: suggest(type, Object.keys(known)) })),
  );
  const resources = types.flatMap((type) => {
    const resource = known[type];
    return resource === undefined ? [] : [[type, resource] as const];
  });
  return { provider: schema.provider, resource_schemas: Object.fromEntries(resources) };
}

/** The text of a `schema.json`. */
export function schemaFile(source: string, schema: ProviderSchema): string {
  const file = { format_version: "1.0", provider_schemas: { [`registry.terraform.io/${source}`]: schema } };
  return `${JSON.stringify(file, null, 1)}\n`;
}

async function main([source, version, ...types]: readonly string[]): Promise<void> {
  if (source === undefined || version === undefined || types.length === 0) {
    throw new PolycastError("usage: npx ts-node scripts/cut-schema.ts SOURCE VERSION TYPE...");
  }
  const plugin = await startPlugin(source, version);
  try {
    process.stdout.write(schemaFile(source, cutSchema(plugin.schema, types)));
  } finally {
    await plugin.close();
  }
}

if (require.main === module) {
  main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof PolycastError ? error.message : error);
    process.exitCode = 1;
  });
}
